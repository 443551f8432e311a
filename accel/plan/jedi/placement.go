package jedi

import (
	"fmt"
	"strings"

	"braid/accel"
	"braid/accel/plan"
)

// bothCores is the value of dla_cores that loads a stage on both DLAs.
const bothCores = 2

// defaultStreams is what JEDI takes for an entry of streams that is missing.
const defaultStreams = "2"

// placements reads on which devices the stages run, and with how many streams.
func (c *conversion) placements(segments []plan.Segment) {
	if !c.required("devices", "GPU") {
		return
	}
	devices, devicesNote := c.perStage("devices", "")
	for _, d := range devices {
		c.oneOf("devices", d, "GPU", "DLA")
	}
	cores, coresNote := c.cores()
	list, streamsNote := c.perStage("streams", defaultStreams)
	streams := c.numbers("streams", list, 1, maxStreams)
	if len(c.errs) > 0 {
		return
	}
	var where []string
	for i := range segments {
		var note string
		segments[i].Devices, segments[i].Streams, note = stagePlacement(devices[i], cores[i], streams[i])
		if note != "" {
			coresNote = join(coresNote, fmt.Sprintf("stage %d: %s", i+1, note))
		}
		where = append(where, describe(segments[i]))
	}
	c.report("devices", strings.Join(where, ", "), devicesNote)
	c.report("dla_cores", "the numbers of the DLAs", coresNote)
	c.report("streams", "streams, half of them on each of two DLAs", streamsNote)
}

// stagePlacement is where one stage runs. On both cores of the DLA, JEDI deals its
// streams out to the cores in turn: partial network duplication.
func stagePlacement(device string, core, streams int) (on []plan.Placement, each int, note string) {
	switch {
	case device == "GPU":
		if core == bothCores {
			note = "on a GPU JEDI loads the same engine twice for 2; the streams share one here"
		}
		return []plan.Placement{{ID: "gpu:0"}}, streams, note
	case core < bothCores:
		return []plan.Placement{{ID: accel.DeviceID(fmt.Sprintf("dla:%d", core))}}, streams, ""
	case streams == 1:
		return []plan.Placement{{ID: "dla:0"}}, 1, "with one stream the second core would idle: give it two for both cores"
	case streams%2 == 0:
		return []plan.Placement{{ID: "dla:0"}, {ID: "dla:1"}}, streams / 2, ""
	}
	return []plan.Placement{{ID: "dla:0", Streams: streams/2 + 1}, {ID: "dla:1", Streams: streams / 2}}, 1, ""
}

// describe says in a few words where a segment runs.
func describe(s plan.Segment) string {
	var parts []string
	for _, d := range s.Devices {
		parts = append(parts, fmt.Sprintf("%s x%d", d.ID, max(d.Streams, s.Streams)))
	}
	return strings.Join(parts, " + ")
}

// cores is dla_cores, which master reads past the end of where it is too short and
// the branch for ONNX fills up with core 0.
func (c *conversion) cores() ([]int, string) {
	pad := ""
	if c.in.branch == onnx {
		pad = "0"
	} else if !c.required("dla_cores", "0, one for each stage, GPU stages too") {
		return nil, ""
	}
	list, note := c.perStage("dla_cores", pad)
	return c.numbers("dla_cores", list, 0, bothCores), note
}
