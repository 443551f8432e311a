package subscribe

import (
	"slices"

	"braid/sink/wire"
)

// Filter keeps the objects of the classes (none: all) with at least minScore.
// It returns f itself where all stay, else a copy without the others; f is never
// changed. The second result is whether the frame is worth showing: always where
// nothing is filtered, else where an object is left.
func Filter(f *wire.Frame, classes []string, minScore float32) (*wire.Frame, bool) {
	if len(classes) == 0 && minScore <= 0 {
		return f, true
	}
	unwanted := func(o wire.Object) bool {
		return o.Score < minScore || len(classes) > 0 && !slices.Contains(classes, o.Label)
	}
	if !slices.ContainsFunc(f.Objects, unwanted) {
		return f, len(f.Objects) > 0
	}
	kept := *f
	kept.Objects = slices.DeleteFunc(slices.Clone(f.Objects), unwanted)
	return &kept, len(kept.Objects) > 0
}
