package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"braid/accel"
	"braid/internal/strict"
)

var (
	deviceForm = regexp.MustCompile(`^(cpu|(gpu|dla|npu):[0-9]{1,3}|sim:[A-Za-z0-9_.-]{1,48})(/[a-z0-9_-]{1,32})?$`)
	modelForm  = regexp.MustCompile(`^[^@]+(@sha256:[0-9a-f]{8,64})?$`)
)

// Validate says everything that is wrong with the plan as such. It cannot know
// whether the cut points exist and whether the devices do.
func (p Plan) Validate() error { return p.problems().Err() }

func (p Plan) problems() strict.Errors {
	errs := strict.Check(p)
	if p.Version != Version && p.Version != 0 {
		errs.Addf("version", "this braid reads version %d, not %d", Version, p.Version)
	}
	if p.Model != "" && !modelForm.MatchString(p.Model) {
		errs.Addf("model", "want name or name@sha256:hash with 8 to 64 hex digits")
	}
	if p.Batch > 1 {
		errs.Addf("batch", "more than 1 is reserved for a later version")
	}
	errs.Under("prep", p.Prep.problems())
	errs.Under("detect", p.Detect.problems())
	until := map[string]int{}
	for i, s := range p.Segments {
		at := fmt.Sprintf("segments[%d]", i)
		errs.Under(at, s.problems())
		switch first, dup := until[s.Until]; {
		case i == len(p.Segments)-1:
			if s.Until != "" {
				errs.Addf(at+".until", "the last segment goes to the end of the network and has none")
			}
		case s.Until == "":
			errs.Addf(at+".until", "is required in all segments but the last")
		case dup:
			errs.Addf(at+".until", "segment %d ends at %q too", first, s.Until)
		}
		until[s.Until] = i
	}
	if p.Serial {
		p.serialProblems(&errs)
	}
	if p.Predicted != nil {
		errs.Under("predicted", p.Predicted.problems(p.StageNames()))
	}
	return errs
}

// StageNames are the nodes of the graph that a plan makes, in the order of the data.
func (p Plan) StageNames() []string {
	names := []string{"prep"}
	for i := range p.Segments {
		names = append(names, fmt.Sprintf("infer.%d", i))
	}
	return append(names, "detect")
}

func (p Predicted) problems(stages []string) (errs strict.Errors) {
	for _, name := range slices.Sorted(maps.Keys(p.StagesMS)) {
		if !slices.Contains(stages, name) {
			errs.Addf("stages_ms."+name, "is no stage of this plan%s", strict.Suggest(name, stages))
		}
	}
	return errs
}

func (p Pool) problems() (errs strict.Errors) {
	if p.Device != "cpu" {
		errs.Addf("device", "%q: only cpu in this version", p.Device)
	}
	return errs
}

func (s Segment) problems() (errs strict.Errors) {
	seen := map[accel.DeviceID]bool{}
	for i, d := range s.Devices {
		at := fmt.Sprintf("devices[%d]", i)
		switch {
		case d.ID == "": // Check has said it
		case !deviceForm.MatchString(string(d.ID)):
			errs.Addf(at, "%q is no device: want cpu, gpu:N, dla:N, npu:N or sim:NAME", d.ID)
		case seen[d.ID]:
			errs.Addf(at, "%s is listed twice: give it more streams instead", d.ID)
		case d.Threads > 0 && d.ID.Kind() != "cpu":
			errs.Addf(at+".threads", "only a cpu has threads")
		case d.Depth > 0 && d.ID.Kind() == "cpu":
			errs.Addf(at+".depth", "a cpu has one frame at a time for each stream")
		case len(d.Cores) > 0 && d.ID.Kind() != "cpu":
			errs.Addf(at+".cores", "only a cpu has cores")
		}
		for k, c := range d.Cores {
			if slices.Contains(d.Cores[:k], c) {
				errs.Addf(fmt.Sprintf("%s.cores[%d]", at, k), "core %d is listed twice", c)
			}
		}
		seen[d.ID] = true
	}
	if len(s.Devices) > 0 && !slices.ContainsFunc(s.Devices, func(d Placement) bool { return !d.Spare }) {
		errs.Addf("devices", "all are spare: one that is not must take the frames")
	}
	return errs
}

func (p Plan) serialProblems(errs *strict.Errors) {
	switch {
	case len(p.Segments) != 1 || len(p.Segments[0].Devices) != 1 || len(p.Replicas(0)) != 1:
		errs.Addf("serial", "needs one segment on one device with one stream")
	case p.Prep.Workers != 1 || p.Detect.Workers != 1 || p.InFlight != 1:
		errs.Addf("serial", "needs prep.workers, detect.workers and in_flight 1")
	}
}
