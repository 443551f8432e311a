package trt

import (
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/trt/dla"
)

// Supports knows the rules that NVIDIA publishes for DLAs, and names the layer that
// breaks one. What a GPU cannot do only Build can tell.
func (b *Backend) Supports(s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) error {
	at, err := b.find(d)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", "fp32", "fp16", "int8"}, o.Precision) {
		return fmt.Errorf("trt builds fp32, fp16 and int8, not %s", o.Precision)
	}
	if _, ok := b.standIn(at); ok {
		return b.standsFor(s, o)
	}
	if !at.isDLA() {
		return nil
	}
	if o.Fallback {
		if o.Precision != "fp16" && o.Precision != "int8" {
			return errors.New("a DLA computes in fp16 and int8: give the segment one of them as its precision")
		}
		return nil
	}
	return b.dlaRuns(s, o)
}

// dlaRuns says why a DLA alone cannot run a Segment.
func (b *Backend) dlaRuns(s *accel.Segment, o accel.BuildOptions) error {
	for _, t := range slices.Concat(s.Inputs, s.Outputs) {
		if t.Type == accel.Float32 {
			return fmt.Errorf("tensor %q is float32, as the host has it, and a DLA has no float32: begin and end the network on a gpu, or write fallback: allow", t.Name)
		}
	}
	n, err := network.Parse(s.ONNX)
	if err != nil {
		return err
	}
	v, err := dla.ParseVersion(b.versions.TensorRT.String())
	if err != nil {
		return err
	}
	if found := dla.Check(v, b.chip(), o.Precision, n); len(found) > 0 {
		return fmt.Errorf("a DLA cannot run %v; write fallback: allow to let the GPU have what it cannot run, or cut elsewhere", found[0])
	}
	return nil
}

// chip is what the DLAs are part of, by the GPU beside them.
func (b *Backend) chip() dla.Chip {
	if b.gpus[0].ComputeCapability < 80 {
		return dla.Xavier
	}
	return dla.Orin
}
