package jedi

import (
	"fmt"
	"strings"

	"braid/accel/plan"
)

// cuts reads where the stages end and names the tensors there.
func (c *conversion) cuts(layers []string, segments []plan.Segment) []Cut {
	if !c.tkdnn() || !c.required("cut_points", "…, the last layer of each stage") {
		return nil
	}
	entries, note := c.perStage("cut_points", "")
	ids := c.numbers("cut_points", entries, 0, 1<<20)
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			c.bad("cut_points", "stage %d ends at layer %d, not behind layer %d where stage %d does", i+1, ids[i], ids[i-1], i)
		}
	}
	if len(c.errs) > 0 {
		return nil
	}
	if layers == nil {
		if c.stages > 1 {
			c.bad("cut_points", "its layers are numbers: give the network that they count by --cfg%s", c.cfgHint())
		} else {
			c.report("cut_points", "no cut", note)
		}
		return nil
	}
	note = join(note, c.checkLast(ids[c.stages-1], len(layers)-1))
	var cuts []Cut
	var said []string
	for i, id := range ids[:c.stages-1] {
		cut := Cut{id, c.tensor(layers, id)}
		if i > 0 && cut.At != "" && cut.At == cuts[i-1].At {
			c.bad("cut_points", "nothing is computed between layer %d and layer %d", ids[i-1], id)
		}
		cuts = append(cuts, cut)
		segments[i].Until = cut.At
		said = append(said, cut.At)
	}
	becomes := "no cut"
	if len(said) > 0 {
		becomes = "until " + strings.Join(said, ", ")
	}
	c.report("cut_points", becomes, note)
	return cuts
}

// tkdnn refuses cut points that count something else than tkDNN's layers.
func (c *conversion) tkdnn() bool {
	if !c.has("model_type") {
		return true
	}
	kind := c.in.texts["model_type"].value.text
	c.oneOf("model_type", kind, "TkdnnModel", "OnnxModel")
	if kind == "OnnxModel" && c.stages > 1 {
		c.bad("model_type", "cut_points of an OnnxModel count the layers of TensorRT's parser, which no file tells: write a plan with the tensors that 'braid model cuts' lists")
		return false
	}
	c.report("model_type", "cut_points count tkDNN's layers", "")
	return true
}

func (c *conversion) cfgHint() string {
	if s, ok := c.in.texts["cfg_path"]; ok {
		return fmt.Sprintf(" (cfg_path is %.80q)", s.value.text)
	}
	return ""
}

// checkLast holds the end of the last stage against that of the network. One
// behind it, as in the configuration of yolov2 that JEDI comes with, is the end.
func (c *conversion) checkLast(id, last int) (note string) {
	switch {
	case id < last:
		c.bad("cut_points", "the last stage ends at layer %d and leaves out the rest: the network's last layer is %d", id, last)
	case id > last:
		return fmt.Sprintf("layer %d is behind the network's last, %d: taken as its end", id, last)
	}
	return ""
}

func (c *conversion) tensor(layers []string, id int) string {
	switch {
	case id >= len(layers):
		c.bad("cut_points", "there is no layer %d: the network's last layer is %d", id, len(layers)-1)
	case layers[id] == "":
		c.bad("cut_points", "nothing is computed up to layer %d", id)
	default:
		return layers[id]
	}
	return ""
}
