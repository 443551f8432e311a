package trt

import (
	"encoding/json"
	"strings"
)

// layout is what became of a Segment's layers in an engine, as TensorRT's inspector
// tells: it fuses some and adds reformats.
type layout struct {
	Layers    int // kernels and loadables, reformats counted in
	OnDLA     int
	Reformats int
}

// readLayout reads the inspector's JSON. Layers are objects, or names alone where
// the engine was built without details.
func readLayout(text []byte) (l layout, err error) {
	var all struct{ Layers []json.RawMessage }
	if err := json.Unmarshal(text, &all); err != nil {
		return layout{}, err
	}
	for _, raw := range all.Layers {
		var details struct{ Name, LayerType string }
		if json.Unmarshal(raw, &details) != nil {
			_ = json.Unmarshal(raw, &details.Name) // neither: an unknown layer is still one
		}
		l.Layers++
		switch {
		case strings.EqualFold(details.LayerType, "dla") || details.LayerType == "" && strings.Contains(details.Name, "{ForeignNode"):
			l.OnDLA++
		case strings.EqualFold(details.LayerType, "reformat") || strings.HasPrefix(details.Name, "Reformatting"):
			l.Reformats++
		}
	}
	return l, nil
}
