package trt

import (
	"fmt"
	"maps"
	"slices"

	"braid/accel"
	"braid/cuda"
)

// recipe is all that is decided about an engine before TensorRT builds it: what
// it is applied to is the same for a real builder and for one that records.
type recipe struct {
	gpu, dla int
	flags    []setting
	pools    []pool
	level    int
	io       []accel.TensorDesc
	ranges   map[string]float32 // of tensors, -r to r, for INT8 without Q/DQ
}

type setting struct {
	flag cuda.Flag
	on   bool
}

type pool struct {
	pool  cuda.Pool
	bytes int64
}

// workspace bounds the scratch memory of one engine. Detectors of today stay far
// below; without a bound TensorRT may try kernels that take all of the device.
const workspace = 1 << 30

// What a DLA may use: TensorRT's own defaults, said here because a loadable that is
// built with more does not load beside others. All must be powers of two.
const (
	dlaSRAM       = 1 << 20
	dlaLocalDRAM  = 1 << 30
	dlaGlobalDRAM = 512 << 20
)

// newRecipe decides for a Segment.
func newRecipe(s *accel.Segment, at place, o accel.BuildOptions, level int) recipe {
	r := recipe{gpu: at.gpu, dla: at.dla, level: level}
	r.io = append(append(r.io, s.Inputs...), s.Outputs...)
	switch o.Precision {
	case "fp16":
		r.flags = append(r.flags, setting{cuda.FlagFP16, true})
	case "int8":
		// FP16 beside it is for the layers that have no INT8 kernel.
		r.flags = append(r.flags, setting{cuda.FlagINT8, true}, setting{cuda.FlagFP16, true})
	default:
		// TF32 has FP16's mantissa: who asks for FP32 wants FP32.
		r.flags = append(r.flags, setting{cuda.FlagTF32, false})
	}
	r.pools = append(r.pools, pool{cuda.PoolWorkspace, workspace})
	if at.isDLA() {
		if o.Fallback {
			r.flags = append(r.flags, setting{cuda.FlagGPUFallback, true})
		}
		r.pools = append(r.pools, pool{cuda.PoolDLASRAM, dlaSRAM}, pool{cuda.PoolDLALocalDRAM, dlaLocalDRAM}, pool{cuda.PoolDLAGlobalDRAM, dlaGlobalDRAM})
	}
	return r
}

// apply makes the decisions known to a builder that has parsed the network.
func (r recipe) apply(b *cuda.Builder) error {
	for _, f := range r.flags {
		if err := b.Flag(f.flag, f.on); err != nil {
			return err
		}
	}
	if err := r.chooseDevice(b); err != nil {
		return err
	}
	for _, p := range r.pools {
		if err := b.Pool(p.pool, p.bytes); err != nil {
			return err
		}
	}
	if err := b.Level(r.level); err != nil {
		return err
	}
	for _, t := range r.io {
		if err := b.IO(t.Name, cuda.Type(t.Type), formats[t.Layout]); err != nil {
			return fmt.Errorf("tensor %q as %v %s: %w", t.Name, t.Type, t.Layout, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.ranges)) {
		if err := b.Range(name, r.ranges[name]); err != nil {
			return fmt.Errorf("range of tensor %q: %w", name, err)
		}
	}
	return nil
}

func (r recipe) chooseDevice(b *cuda.Builder) error {
	if r.dla == cuda.NoDLA {
		return b.GPU()
	}
	return b.DLA(r.dla)
}

// has says whether a flag is on.
func (r recipe) has(f cuda.Flag) bool { return slices.Contains(r.flags, setting{f, true}) }

var formats = map[accel.Layout]cuda.Format{accel.Linear: cuda.Linear, accel.HWC8: cuda.HWC8, accel.CHW16: cuda.CHW16, accel.CHW32: cuda.CHW32}
