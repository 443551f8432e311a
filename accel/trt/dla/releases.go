package dla

import "slices"

// Release is a range of TensorRT versions that treat DLA alike.
type Release struct {
	From, Before Version // Before is the first one that is not of it; zero: none yet
	Chips        []Chip
	// Typed: a network's tensor types decide the precision, Q/DQ and Cast belong
	// to it. Else Q/DQ must be stripped to dynamic ranges, and a flag decides.
	Typed     bool
	Loadables int    // that one core holds at once, over all processes
	Source    string // where this stands
}

// Releases are all versions with a DLA that are known here, the oldest first.
var Releases = []Release{
	{
		Version{8, 6, 0},
		Version{10, 0, 0},
		[]Chip{Xavier, Orin},
		false, 16,
		"TensorRT Developer Guide 8.6, Working with DLA, General Restrictions (16 loadables); NvInfer.h 8.6 speaks of both chips; " +
			"Deep-Learning-Accelerator-SW, tools/qdq-translator/README.md (no explicit quantisation)",
	},
	{
		Version{10, 0, 0},
		Version{10, 8, 0},
		[]Chip{Orin},
		false, 16,
		"TensorRT documentation 11.3, Working with DLA (10.7 is the last of the 10s); NvInfer.h 10.7 speaks of Orin alone",
	},
	{
		Version{11, 4, 1},
		Version{},
		[]Chip{Orin},
		true, 16,
		"TensorRT documentation 11.4.1, Release Notes and Working with DLA (Jetson AGX Orin from JetPack 7.2.2 on), Strongly Typed Networks for DLA",
	},
}

// The sizes that hold for every tensor of every layer.
const (
	maxBatch    = 4096    // TensorRT documentation 11.4.1, DLA Supported Layers and Restrictions, General Restrictions; the same in the guides from 8.4 on
	maxSide     = 8192    // the same place: of a dimension that is not batch
	maxInternal = 1 << 30 // bytes; NvInfer.h 8.6 and 10.7, ITensor: tensors inside of one loadable take less than 1 GB together
)

// Find is the release that a version belongs to.
func Find(v Version) (Release, bool) {
	i := slices.IndexFunc(Releases, func(r Release) bool {
		return !v.Before(r.From) && (r.Before == Version{} || v.Before(r.Before))
	})
	if i < 0 {
		return Release{}, false
	}
	return Releases[i], true
}
