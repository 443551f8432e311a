package trt

import (
	"errors"
	"maps"
	"slices"

	"braid/accel"
	"braid/cuda"
)

var _ accel.BuildKeeper = (*Backend)(nil)

// builders are one of each GPU that has built, open and of no other use: TensorRT loads the kernels that it chooses
// among with the first builder, which takes 7 to 14 s, and unloads them with the last, while three convolutions are
// built in 0.4 s (TensorRT 8.6 on an H200, docs/results.md).
type builders map[int]*cuda.Builder

// keepBuilder keeps one more builder of the GPU, beside one that is open. Without it the next build only takes
// longer.
func (w *work) keepBuilder() {
	if w.builders[w.at.gpu] != nil {
		return
	}
	kept, err := w.lib.NewBuilder(w.at.gpu)
	if err != nil {
		w.options.Log.Debug("the next build loads TensorRT's kernels again", "device", w.device, "error", err)
		return
	}
	if w.builders == nil {
		w.builders = builders{}
	}
	w.builders[w.at.gpu] = kept
}

// roomy does what takes memory, and once more without what builds have in common where there is none left.
func (b *Backend) roomy(take func() error) error {
	closings := b.closings.Load()
	err := take()
	if !errors.Is(err, cuda.ErrOutOfMemory) {
		return err
	}
	b.builds.Lock()
	defer b.builds.Unlock()
	if b.builders == nil && b.closings.Load() == closings {
		return err
	}
	b.options.Log.Debug("what builds have in common makes room", "for", err)
	if err := b.closeBuilders(); err != nil {
		b.options.Log.Warn("what builds have in common is not unloaded", "error", err)
	}
	return take()
}

// EndBuilds closes the builders that are kept.
func (b *Backend) EndBuilds() error {
	b.builds.Lock()
	defer b.builds.Unlock()
	return b.closeBuilders()
}

func (b *Backend) closeBuilders() error {
	if b.builders != nil {
		b.closings.Add(1)
	}
	var errs []error
	for _, gpu := range slices.Sorted(maps.Keys(b.builders)) {
		errs = append(errs, closing(b.builders[gpu].Close()))
	}
	b.builders = nil
	return explain(errors.Join(errs...))
}
