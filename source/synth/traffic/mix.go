package traffic

import "braid/source/synth/dice"

// kind is what sort of body somebody is.
type kind uint8

const (
	car kind = iota
	bus
	truck
	motorcyclist
	cyclist
	parkedMotorcycle
	parkedBicycle
	pedestrian
)

// mix says who uses a street, and how much of everything there is.
type mix struct {
	name    string
	flow    float64    // motor vehicles a minute in each lane
	motors  [4]float64 // weights of car, bus, truck, motorcyclist
	cycles  float64    // cyclists a minute each way
	people  float64    // walking, for 100 m of pavement
	waiting float64    // standing about, for 100 m of pavement
	filled  float64    // part of the parking bands that is taken
	parked  [3]float64 // weights of car, truck, motorcycles
	racks   float64    // groups of parked bicycles on each pavement
	speed   float64    // that most drive, m/s
	signals float64    // chance that crossings have signals
	stops   float64    // chance of a bus stop on each side
	joggers float64    // part of the people
}

// mixes are the sorts of streets, and their weights in the seeds. Together
// they hold enough of each class to learn from.
var mixes = [...]struct {
	weight float64
	mix
}{
	{1, mix{
		name: "quiet", flow: 4, motors: [4]float64{6.2, 2.6, 2.6, 2}, cycles: 1.5, people: 3, waiting: 0.6,
		filled: 0.4, parked: [3]float64{5, 2, 1}, racks: 0.4, speed: 9, signals: 0.1, stops: 0.2, joggers: 0.2,
	}},
	{3, mix{
		name: "residential", flow: 7, motors: [4]float64{7.5, 3.1, 3, 2.2}, cycles: 4, people: 9, waiting: 2,
		filled: 0.65, parked: [3]float64{5, 2, 0.9}, racks: 0.9, speed: 8.5, signals: 0.2, stops: 0.3, joggers: 0.12,
	}},
	{3, mix{
		name: "busy", flow: 13, motors: [4]float64{8.1, 4.7, 4, 2.6}, cycles: 5, people: 20, waiting: 5,
		filled: 0.7, parked: [3]float64{5, 2, 1}, racks: 1.2, speed: 10.5, signals: 0.6, stops: 0.5, joggers: 0.03,
	}},
	{2, mix{
		name: "lorry route", flow: 10, motors: [4]float64{3.1, 2.6, 7, 1.3}, cycles: 2, people: 5, waiting: 1.5,
		filled: 0.5, parked: [3]float64{2, 4, 0.6}, racks: 0.4, speed: 11.5, signals: 0.4, stops: 0.3, joggers: 0.04,
	}},
	{2, mix{
		name: "bus street", flow: 9, motors: [4]float64{3.8, 9.4, 1.6, 1.5}, cycles: 4, people: 16, waiting: 8,
		filled: 0.4, parked: [3]float64{3, 1.5, 1}, racks: 1, speed: 9, signals: 0.5, stops: 0.95, joggers: 0.03,
	}},
	{2.5, mix{
		name: "cycle street", flow: 5, motors: [4]float64{5, 2.6, 2.2, 1.5}, cycles: 15, people: 10, waiting: 2.5,
		filled: 0.5, parked: [3]float64{4, 1.4, 0.8}, racks: 2.6, speed: 7, signals: 0.25, stops: 0.2, joggers: 0.1,
	}},
	{2, mix{
		name: "scooters", flow: 11, motors: [4]float64{5, 2.6, 2, 7}, cycles: 4, people: 13, waiting: 4,
		filled: 0.7, parked: [3]float64{2, 0.8, 3.5}, racks: 0.8, speed: 9.5, signals: 0.5, stops: 0.35, joggers: 0.02,
	}},
	{1.5, mix{
		name: "market", flow: 4.5, motors: [4]float64{4, 2.6, 4, 1.8}, cycles: 6, people: 42, waiting: 13,
		filled: 0.6, parked: [3]float64{3, 3, 1}, racks: 2, speed: 6.5, signals: 0.1, stops: 0.3, joggers: 0,
	}},
	{1.5, mix{
		name: "rush hour", flow: 18, motors: [4]float64{8.1, 4.2, 3.6, 2.2}, cycles: 9, people: 24, waiting: 5,
		filled: 0.8, parked: [3]float64{5, 2, 1}, racks: 1, speed: 10, signals: 0.9, stops: 0.5, joggers: 0.02,
	}},
	{1, mix{
		name: "night", flow: 2, motors: [4]float64{5, 2.1, 1.8, 1.5}, cycles: 0.8, people: 1.2, waiting: 0.3,
		filled: 0.25, parked: [3]float64{5, 1.5, 0.8}, racks: 0.3, speed: 11, signals: 0.3, stops: 0.2, joggers: 0.1,
	}},
}

// choose returns the mix of a seed.
func choose(seed uint64) mix {
	d := dice.New(seed, streamMix)
	var weights [len(mixes)]float64
	for i, m := range mixes {
		weights[i] = m.weight
	}
	m := mixes[d.Pick(weights[:]...)].mix
	m.flow *= d.Range(0.9, 2.3)
	m.cycles *= d.Range(0.5, 1.5)
	m.people *= d.Range(0.5, 1.4)
	m.waiting *= d.Range(0.4, 1.5)
	m.filled *= d.Range(0.6, 1.25)
	m.racks *= d.Range(0.5, 1.5)
	m.speed *= d.Range(0.9, 1.15)
	return m
}
