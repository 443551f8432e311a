package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// span is a range that a dice draws from.
type span struct{ lo, hi float64 }

func (s span) draw(d *dice.Dice) float64 { return d.Range(s.lo, s.hi) }

// carStyle is a kind of car. Distances are shares of its length from the front
// bumper, heights shares of its height unless they say metres.
type carStyle struct {
	weight                            float64 // how often it is seen
	length, width, height             span    // metres
	sill, wheel                       span    // metres
	frontAxle, rearAxle               float64
	cowl, header, roofEnd, base       float64
	cowlZ, noseZ, beltZ, baseZ, tailZ float64
	glassEnd                          float64
	tumble                            float64
	doors                             []float64 // pillars between the side windows
	headZ                             float64   // of the windscreen's upper edge; 0 means close to the roof
	clad                              bool      // unpainted sills and arches
	panel                             bool      // the rear side windows may be panels
}

var (
	hatchback = carStyle{
		weight: 30, length: span{3.65, 4.35}, width: span{1.68, 1.80}, height: span{1.43, 1.54}, sill: span{0.19, 0.23}, wheel: span{0.29, 0.32},
		frontAxle: 0.195, rearAxle: 0.815, cowl: 0.255, header: 0.43, roofEnd: 0.90, base: 0.972,
		cowlZ: 0.675, noseZ: 0.50, beltZ: 0.62, baseZ: 0.68, tailZ: 0.60, glassEnd: 0.86, tumble: 0.80, doors: []float64{0.57},
	}
	saloon = carStyle{
		weight: 22, length: span{4.3, 5.0}, width: span{1.75, 1.88}, height: span{1.41, 1.49}, sill: span{0.18, 0.22}, wheel: span{0.31, 0.34},
		frontAxle: 0.185, rearAxle: 0.775, cowl: 0.275, header: 0.425, roofEnd: 0.71, base: 0.855,
		cowlZ: 0.675, noseZ: 0.50, beltZ: 0.63, baseZ: 0.725, tailZ: 0.68, glassEnd: 0.735, tumble: 0.77, doors: []float64{0.55},
	}
	estate = carStyle{
		weight: 13, length: span{4.45, 4.95}, width: span{1.76, 1.88}, height: span{1.43, 1.52}, sill: span{0.18, 0.22}, wheel: span{0.31, 0.34},
		frontAxle: 0.185, rearAxle: 0.775, cowl: 0.265, header: 0.415, roofEnd: 0.915, base: 0.975,
		cowlZ: 0.675, noseZ: 0.50, beltZ: 0.62, baseZ: 0.67, tailZ: 0.60, glassEnd: 0.89, tumble: 0.79, doors: []float64{0.53, 0.72},
	}
	suv = carStyle{
		weight: 22, length: span{4.2, 4.95}, width: span{1.80, 1.98}, height: span{1.60, 1.80}, sill: span{0.25, 0.31}, wheel: span{0.34, 0.38},
		frontAxle: 0.19, rearAxle: 0.80, cowl: 0.265, header: 0.41, roofEnd: 0.905, base: 0.968,
		cowlZ: 0.675, noseZ: 0.545, beltZ: 0.63, baseZ: 0.68, tailZ: 0.61, glassEnd: 0.87, tumble: 0.80, doors: []float64{0.54, 0.73}, clad: true,
	}
	minivan = carStyle{
		weight: 8, length: span{4.3, 5.1}, width: span{1.80, 1.95}, height: span{1.66, 1.95}, sill: span{0.20, 0.25}, wheel: span{0.31, 0.34},
		frontAxle: 0.19, rearAxle: 0.80, cowl: 0.17, header: 0.345, roofEnd: 0.94, base: 0.98,
		cowlZ: 0.585, noseZ: 0.45, beltZ: 0.56, baseZ: 0.57, tailZ: 0.52, glassEnd: 0.91, tumble: 0.84, doors: []float64{0.48, 0.69}, panel: true,
	}
	coupe = carStyle{
		weight: 5, length: span{4.0, 4.6}, width: span{1.78, 1.92}, height: span{1.25, 1.37}, sill: span{0.15, 0.18}, wheel: span{0.32, 0.35},
		frontAxle: 0.205, rearAxle: 0.80, cowl: 0.325, header: 0.475, roofEnd: 0.68, base: 0.90,
		cowlZ: 0.69, noseZ: 0.51, beltZ: 0.65, baseZ: 0.73, tailZ: 0.70, glassEnd: 0.73, tumble: 0.75, doors: []float64{0.66},
	}
)

// NewCar makes a car: one of the common body styles, of its own size, paint
// and details.
func NewCar(d *dice.Dice) Actor {
	styles := [...]*carStyle{&hatchback, &saloon, &estate, &suv, &minivan, &coupe}
	weights := make([]float64, len(styles))
	for i, s := range styles {
		weights[i] = s.weight
	}
	style := styles[d.Pick(weights...)]
	paint := carPaint(d)
	taxi := (style == &saloon || style == &estate || style == &minivan) && d.Chance(0.12)
	if taxi {
		paint = dice.Of(d,
			mesh.Color{R: 0.72, G: 0.47, B: 0.02}, mesh.Color{R: 0.66, G: 0.60, B: 0.44},
			grey(0.015), grey(0.75))
	}
	v := &vehicle{class: Car}
	var body mesh.Mesh
	c := style.shape(d)
	t := newTrim(&body, d, paint)
	v.brakes = []int32{t.tail}
	buildCar(&body, c, t, d, style.clad && d.Chance(0.6))
	if taxi {
		taxiSign(&body, c)
	}
	v.wheelsOf(c, newWheelStyle(d, c.wheel, c.tyre))
	return v.finish(&body)
}

// shape draws a car of the style.
func (s *carStyle) shape(d *dice.Dice) *carShape {
	l, h := s.length.draw(d), s.height.draw(d)
	shift := d.Range(-0.012, 0.012)
	c := &carShape{
		length: l, width: s.width.draw(d), height: h, sill: s.sill.draw(d), wheel: s.wheel.draw(d), tyre: d.Range(0.19, 0.23),
		frontAxle: (s.frontAxle + d.Range(-0.01, 0.01)) * l, rearAxle: (s.rearAxle + d.Range(-0.01, 0.01)) * l,
		cowl: (s.cowl + shift) * l, header: (s.header + shift + d.Range(-0.01, 0.01)) * l,
		roofEnd: (s.roofEnd + d.Range(-0.015, 0.01)) * l, base: s.base * l,
		cowlZ: s.cowlZ * h, noseZ: (s.noseZ + d.Range(-0.015, 0.02)) * h, beltZ: (s.beltZ + d.Range(-0.012, 0.012)) * h,
		baseZ: s.baseZ * h, tailZ: s.tailZ * h, beltRise: d.Range(0, 0.06),
		headZ: 0.965 * h, glassEnd: s.glassEnd * l, blind: l, tumble: s.tumble + d.Range(-0.02, 0.02),
	}
	if s.headZ > 0 {
		c.headZ = s.headZ * h
	}
	c.frontAxle = max(c.frontAxle, float64(c.wheel*1.13)+0.30)
	c.rearAxle = min(c.rearAxle, l-float64(c.wheel*1.13)-0.25)
	for _, p := range s.doors {
		at := (p + shift/2) * l
		c.pillars = append(c.pillars, at-0.045, at+0.045)
	}
	if s.panel && d.Chance(0.35) {
		c.blind = c.pillars[0]
	}
	return c
}

// wheelsOf mounts a car's four wheels.
func (v *vehicle) wheelsOf(c *carShape, s wheelStyle) {
	w := newWheel(s)
	half := c.length / 2
	for i, at := range [2]float64{c.frontAxle, c.rearAxle} {
		y := float64(c.width/2*c.plan(at)) - 0.02 - c.tyre/2
		v.axle(w, half-at, y, c.wheel, i == 0)
	}
}
