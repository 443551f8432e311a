package bench

// Sample is a row measured once, in one round. What is of a frame is divided by
// Frames; times are of the steady state between the first and the last of them.
type Sample struct {
	Round    int       `json:"round"` // from 1
	Rejected bool      `json:"rejected,omitempty"`
	Frames   int       `json:"frames"`
	Seconds  float64   `json:"seconds"`
	FPS      float64   `json:"fps"`
	Windows  []float64 `json:"windows_fps"` // of equal parts of the time
	P50      float64   `json:"p50_ms"`
	P99      float64   `json:"p99_ms"`

	HostWaits int64              `json:"host_waits,omitempty"`
	CPU       float64            `json:"cpu_s"` // of the process, user and system
	Allocs    float64            `json:"allocs"`
	Bytes     float64            `json:"bytes"`
	Joules    *float64           `json:"joules,omitempty"`    // of what energy_of lists, others' work included
	EnergyOf  []string           `json:"energy_of,omitempty"` // "packages (RAPL)", "gpu:0 (NVML)"
	Nodes     []Share            `json:"nodes"`
	Cores     []float64          `json:"cores,omitempty"` // of the machine, others' work included
	Busy      map[string]float64 `json:"busy,omitempty"`  // of the plan's GPUs by device, others' work included
	// Of the limit's plan only: CPU time of its one thread without publishing, and
	// CPU time of decoding a frame, measured beside.
	Thread float64 `json:"thread_s,omitempty"`
	Decode float64 `json:"decode_ms,omitempty"`
	Check  Check   `json:"check"`
}

// Share is what part of its workers' time a node was busy, 0 to 1, and the time
// of one frame in it.
type Share struct {
	Name string    `json:"name"`
	Busy float64   `json:"busy"`
	MS   float64   `json:"ms_per_frame"`
	By   []float64 `json:"by_worker,omitempty"` // the part of the frames that each took, device after device; nil: there is one
}

// Subject is a row's samples before they are summed up.
type Subject struct {
	Name      string
	Plan      string
	Predicted float64 // frames/s, 0: unknown
	Samples   []Sample
	Timeline  []Piece
	Sweep     string // what is varied, "" for a row
	N         int    // its value
}

// Reject marks the samples of all subjects that were taken on a disturbed machine.
// more are checks of the run that belong to no sample.
func Reject(subjects []*Subject, more ...Check) {
	var checks []Check
	for _, s := range subjects {
		for _, x := range s.Samples {
			checks = append(checks, x.Check)
		}
	}
	disturbed := Disturbed(append(checks, more...))
	i := 0
	for _, s := range subjects {
		for k := range s.Samples {
			s.Samples[k].Rejected = disturbed[i]
			i++
		}
	}
}

// fewest are the quiet samples that a subject is judged by: one or two say nothing of how
// far they are to be believed, and may be those of an odd moment.
const fewest = 3

// used are the samples that count: those that are not rejected or, where these are too
// few, all, of a disturbed machine then.
func (s *Subject) used() (list []Sample, disturbed bool) {
	for _, x := range s.Samples {
		if !x.Rejected {
			list = append(list, x)
		}
	}
	if len(list) < min(fewest, len(s.Samples)) {
		return s.Samples, true
	}
	return list, false
}

// Width is half of the interval of the subject's rate, as a part of the rate: 1
// where that is not known to 95 %.
func (s *Subject) Width() float64 {
	used, disturbed := s.used()
	fps, lo, hi, _ := rates(used)
	if fps == 0 || len(used) < enough || disturbed {
		return 1
	}
	return max(hi-fps, fps-lo) / fps
}

// Widest is the subject with the widest interval; those of a sweep do not count.
func Widest(subjects []*Subject) (name string, width float64) {
	for _, s := range subjects {
		if w := s.Width(); s.Sweep == "" && w >= width {
			name, width = s.Name, w
		}
	}
	return name, width
}
