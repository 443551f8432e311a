package trt

import (
	"fmt"
	"strconv"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/trt/dla"
)

// StandIn makes a GPU stand in for a slower processor with the rules of a DLA, where
// there is none: each run of a Segment takes Factor times as long as it does, one run
// after the other whatever its stream, and layers that no DLA runs are refused.
// Engines, copies and hand-over are real; the rest is not, and everything that is said
// of the device says "stand-in".
type StandIn struct {
	GPU    int
	Factor float64 // from 1 to 1000
}

// ParseStandIns reads "gpu:1=6,gpu:2=3".
func ParseStandIns(text string) (list []StandIn, err error) {
	for part := range strings.SplitSeq(text, ",") {
		device, factor, ok := strings.Cut(strings.TrimSpace(part), "=")
		number, isGPU := strings.CutPrefix(device, "gpu:")
		s := StandIn{}
		s.GPU, err = strconv.Atoi(number)
		if err == nil {
			s.Factor, err = strconv.ParseFloat(factor, 64)
		}
		if err != nil || !ok || !isGPU || s.GPU < 0 || !(s.Factor >= 1 && s.Factor <= 1000) {
			return nil, fmt.Errorf("%q is no stand-in: want gpu:N=FACTOR, with a factor from 1 to 1000", part)
		}
		list = append(list, s)
	}
	return list, nil
}

// StandInPrefix begins the name of a device that stands in for another.
const StandInPrefix = "stand-in "

// standIn is what a GPU stands in for.
func (b *Backend) standIn(at place) (StandIn, bool) {
	for _, s := range b.options.StandIns {
		if s.GPU == at.gpu && !at.isDLA() {
			return s, true
		}
	}
	return StandIn{}, false
}

// nameOf is the maker's name of a GPU, and what it stands in for; of one that shares memory with the CPU also how
// many multiprocessors it has, since all Jetsons of a generation have one name, and power modes that switch some off.
func (b *Backend) nameOf(gpu int) string {
	g := b.gpus[gpu]
	name := g.Name
	if g.Integrated {
		name = fmt.Sprintf("%s with %d multiprocessors", name, g.Multiprocessors)
	}
	if s, ok := b.standIn(place{gpu: gpu, dla: -1}); ok {
		return fmt.Sprintf(StandInPrefix+"x%g of %s", s.Factor, name)
	}
	return name
}

// standsFor says why a DLA of an AGX Orin could not run a Segment. The tensors at its
// ends may have the host's types: a GPU beside it would convert them.
func (b *Backend) standsFor(s *accel.Segment, o accel.BuildOptions) error {
	if o.Fallback {
		return nil
	}
	n, err := network.Parse(s.ONNX)
	if err != nil {
		return err
	}
	v, err := dla.ParseVersion(b.versions.TensorRT.String())
	if err != nil {
		return err
	}
	if found := dla.Check(v, dla.Orin, o.Precision, n); len(found) > 0 {
		return fmt.Errorf("it is a stand-in for a DLA, which cannot run %v; cut elsewhere", found[0])
	}
	return nil
}

// sayStandIns warns of each: no figure of theirs is the device's.
func (b *Backend) sayStandIns() error {
	for _, s := range b.options.StandIns {
		if s.GPU >= len(b.gpus) {
			return fmt.Errorf("gpu:%d cannot be a stand-in: this machine has %s", s.GPU, count(len(b.gpus), "GPU"))
		}
		b.options.Log.Warn("a GPU is a stand-in for a slower processor", "device", fmt.Sprintf("gpu:%d", s.GPU), "slower", s.Factor, "rules", "DLA of an AGX Orin")
	}
	return nil
}
