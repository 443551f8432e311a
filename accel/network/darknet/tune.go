package darknet

import "math"

// Affine changes the values of a channel: x becomes Scale·(x + Σ Mix[k]·xₖ) +
// Shift, with xₖ the channels of the same tensor before the change.
type Affine struct {
	Scale, Shift float64
	Mix          []float64 // nil: none
}

// The standard deviations that a head's logits have in trained networks, about.
const (
	placeDeviation  = 0.5 // x and y in a cell
	sizeDeviation   = 0.3 // logarithm of width and height over the anchor's
	objectDeviation = 1.5
	classDeviation  = 1.0
	// With a softmax over many classes a lesser one leaves every class improbable.
	regionClassDeviation = 4.0

	// mostScale bounds how much a channel that hardly varies is stretched.
	mostScale = 100
)

// Standardise is the change of each channel that gives a head's logits the spread
// of a trained network's: outputs are what a network of random weights makes of
// some pictures, each as Head describes it. Without it the objectness of such a
// network differs more between its channels, and between pictures, than within a
// picture: the smallest anchor's is therefore mixed with the other channels so
// that its mean is the same in all pictures.
func (h *Head) Standardise(outputs [][]float32) []Affine {
	each := 5 + h.Classes
	changes := make([]Affine, len(h.Anchors)*each)
	object := h.smallest()*each + 4
	for c := range changes {
		a := Affine{Scale: 1}
		if c == object {
			a.Mix = steady(h.means(outputs, len(changes)), c)
		}
		mean, deviation := h.moments(outputs, c, len(changes), a)
		a.Scale = math.Min(mostScale, h.deviation(c%each)/math.Max(deviation, 1e-9))
		a.Shift = -mean * a.Scale
		changes[c] = a
	}
	return changes
}

// silent is added to the objectness of the anchors that are not to find anything.
const silent = -15

// Objectness moves the objectness of the smallest anchor by a number and silences
// the others. A random network's logits grow and shrink with the contrast of the
// picture: few rows, of which a fair part passes, make the number of boxes depend
// on it less than a thin tail of many rows would.
func (h *Head) Objectness(changes []Affine, by float64) {
	for a := range h.Anchors {
		shift := float64(silent)
		if a == h.smallest() {
			shift = by
		}
		changes[a*(5+h.Classes)+4].Shift += shift
	}
}

// Silence lets no anchor find anything.
func (h *Head) Silence(changes []Affine) {
	for a := range h.Anchors {
		changes[a*(5+h.Classes)+4].Shift += silent
	}
}

// smallest is the anchor of the smallest area.
func (h *Head) smallest() int {
	area := func(a [2]float32) float32 { return a[0] * a[1] }
	least := 0
	for i, a := range h.Anchors {
		if area(a) < area(h.Anchors[least]) {
			least = i
		}
	}
	return least
}

// Apply writes to out what the head's output would be with the changes made, from
// what it is.
func (h *Head) Apply(out, output []float32, changes []Affine) {
	cells := len(output) / len(changes)
	for c, a := range changes {
		for cell := range cells {
			x := float64(a.Scale*h.mixed(output, c, cell, cells, a)) + a.Shift
			if h.NewCoords {
				x = logistics(x)
			}
			out[c*cells+cell] = float32(x)
		}
	}
}

// mixed is channel c's logit in a cell, with a's mix.
func (h *Head) mixed(output []float32, c, cell, cells int, a Affine) float64 {
	x := h.logit(output[c*cells+cell])
	for k, m := range a.Mix {
		if m != 0 {
			x += float64(m * h.logit(output[k*cells+cell]))
		}
	}
	return x
}

// moments are the mean and the standard deviation of channel c's logits, mixed.
func (h *Head) moments(outputs [][]float32, c, channels int, a Affine) (mean, deviation float64) {
	var sum, squares float64
	count := 0
	for _, o := range outputs {
		cells := len(o) / channels
		for cell := range cells {
			x := h.mixed(o, c, cell, cells, a)
			sum += x
			squares += float64(x * x)
			count++
		}
	}
	mean = sum / float64(count)
	return mean, math.Sqrt(math.Max(0, squares/float64(count)-float64(mean*mean)))
}

// means are those of each channel's logits in each picture.
func (h *Head) means(outputs [][]float32, channels int) [][]float64 {
	all := make([][]float64, len(outputs))
	for p := range outputs {
		for c := range channels {
			mean, _ := h.moments(outputs[p:p+1], c, channels, Affine{})
			all[p] = append(all[p], mean)
		}
	}
	return all
}

// logit is an output's value before the activation of new_coords.
func (h *Head) logit(v float32) float64 {
	if !h.NewCoords {
		return float64(v)
	}
	const least = 1e-7
	p := math.Min(math.Max(float64(v), least), 1-least)
	return math.Log(p / (1 - p))
}

// deviation is the wanted one of a channel of an anchor.
func (h *Head) deviation(channel int) float64 {
	switch {
	case channel < 2:
		return placeDeviation
	case channel < 4:
		return sizeDeviation
	case channel == 4:
		return objectDeviation
	case h.Region:
		return regionClassDeviation
	}
	return classDeviation
}
