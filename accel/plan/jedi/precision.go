package jedi

import (
	"strings"

	"braid/accel/plan"
)

var precisions = map[string]plan.Precision{"FP32": plan.FP32, "FP16": plan.FP16, "INT8": plan.INT8}

// precisions reads data_type: one for all stages, or, in the branch for ONNX, one for
// each, a short list being filled up with its first entry.
func (c *conversion) precisions(p *plan.Plan) {
	entries := c.entries("data_type")
	note := ""
	if len(entries) == 0 {
		entries, note = []string{"FP16"}, "not set: JEDI takes FP16"
	}
	before := len(c.errs)
	for _, e := range entries {
		c.oneOf("data_type", e, "FP32", "FP16", "INT8")
	}
	if len(c.errs) > before {
		return
	}
	if len(entries) > 1 {
		entries, note = c.perStage("data_type", entries[0])
	}
	p.Precision = precisions[entries[0]]
	becomes := []string{string(p.Precision)}
	for i, e := range entries[1:] {
		segment := &p.Segments[i+1]
		if segment.Precision = precisions[e]; segment.Precision == p.Precision {
			segment.Precision = ""
		}
		becomes = append(becomes, string(precisions[e]))
	}
	if c.stages > 1 && strings.Contains(strings.Join(entries, " "), "FP32") {
		note = join(note, "JEDI hands tensors over in fp16 at each cut even so; braid does not narrow them")
	}
	c.report("data_type", "precision "+strings.Join(becomes, ", "), note)
}
