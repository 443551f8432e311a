package trt

import (
	"fmt"

	"braid/accel/enginecache"
	"braid/cuda"
)

// identity is all that an engine depends on; a change of any of it makes another.
func (w *work) identity() enginecache.Engine {
	e := enginecache.Engine{
		Segment: enginecache.HashOf(w.segment.ONNX), Inputs: w.segment.Inputs, Outputs: w.segment.Outputs,
		Precision: w.precision, Device: w.device.Kind(), Chip: w.gpus[w.at.gpu].Name, Compute: w.compute(),
		Runtime: "TensorRT " + w.versions.TensorRT.String(), Driver: w.versions.Driver.String(),
		Flags: []string{magic, "cuda " + w.versions.CUDA.String(), fmt.Sprintf("level %d", w.recipe.level), fmt.Sprintf("sms %d", w.gpus[w.at.gpu].Multiprocessors)},
	}
	for _, f := range w.recipe.flags {
		e.Flags = append(e.Flags, fmt.Sprintf("flag %d %v", f.flag, f.on))
	}
	for _, p := range w.recipe.pools {
		e.Flags = append(e.Flags, fmt.Sprintf("pool %d %d", p.pool, p.bytes))
	}
	return e
}

// compute is the GPU's compute capability, "9.0".
func (w *work) compute() string {
	c := w.gpus[w.at.gpu].ComputeCapability
	return fmt.Sprintf("%d.%d", c/10, c%10)
}

// chip is what kernels are timed on. The maker's name alone does not tell how many multiprocessors there are: a
// Jetson's power mode switches some off.
func (w *work) chip() string {
	g := w.gpus[w.at.gpu]
	return fmt.Sprintf("%s, compute capability %s, %d multiprocessors", g.Name, w.compute(), g.Multiprocessors)
}

// offerTimings gives the builder the times of earlier builds. Without them it only
// takes longer.
func (w *work) offerTimings(b *cuda.Builder) {
	if w.options.Cache == nil {
		return
	}
	data, _ := w.options.Cache.Timings(w.versions.TensorRT.String(), w.chip())
	err := b.TimingCache(data)
	if err != nil && len(data) > 0 {
		w.options.Log.Warn("the kept timings of kernels are of no use: they are measured again", "error", err)
		err = b.TimingCache(nil)
	}
	if err != nil {
		w.options.Log.Debug("timings of kernels are not kept", "error", err)
	}
}

// keepTimings keeps what the builder has measured.
func (w *work) keepTimings(b *cuda.Builder) {
	if w.options.Cache == nil {
		return
	}
	data, err := b.Timings()
	if err != nil {
		w.options.Log.Debug("timings of kernels are not kept", "error", err)
		return
	}
	w.options.Cache.PutTimings(w.versions.TensorRT.String(), w.chip(), data)
}
