package card

import (
	"fmt"
	"slices"
	"strings"

	"braid/internal/strict"
)

// Color is the order of an input's channels.
type Color string

// The orders.
const (
	BGR Color = "bgr"
	RGB Color = "rgb"
)

// Values are all orders.
func (Color) Values() []string { return []string{"bgr", "rgb"} }

// UnmarshalText refuses anything else.
func (c *Color) UnmarshalText(text []byte) error {
	*c = Color(text)
	return strict.OneOf(text, c.Values())
}

// Resize is how a picture is brought to the input's size.
type Resize string

// Letterbox keeps the aspect and fills up, Stretch does not keep it.
const (
	Letterbox Resize = "letterbox"
	Stretch   Resize = "stretch"
)

// Values are both ways.
func (Resize) Values() []string { return []string{"letterbox", "stretch"} }

// UnmarshalText refuses anything else.
func (r *Resize) UnmarshalText(text []byte) error {
	*r = Resize(text)
	return strict.OneOf(text, r.Values())
}

// Align is where a letterboxed picture lies in the input.
type Align string

// The places.
const (
	TopLeft Align = "topleft"
	Center  Align = "center"
)

// Values are both places.
func (Align) Values() []string { return []string{"topleft", "center"} }

// UnmarshalText refuses anything else.
func (a *Align) UnmarshalText(text []byte) error {
	*a = Align(text)
	return strict.OneOf(text, a.Values())
}

// HeadKind is a family of detector outputs.
type HeadKind string

// The kinds that braid decodes.
const (
	YOLOX   HeadKind = "yolox"
	Darknet HeadKind = "darknet"
	YOLOv5  HeadKind = "yolov5"
	YOLOv8  HeadKind = "yolov8"
	End2End HeadKind = "end2end"
	NanoDet HeadKind = "nanodet"
)

// planned are kinds that the card format names but nothing decodes yet.
var planned = []string{"ssd"}

// Values are the kinds that braid decodes.
func (HeadKind) Values() []string {
	return []string{"yolox", "darknet", "yolov5", "yolov8", "end2end", "nanodet"}
}

// UnmarshalText refuses anything else, and tells what is only planned from what
// is unknown.
func (k *HeadKind) UnmarshalText(text []byte) error {
	*k = HeadKind(text)
	if slices.Contains(planned, string(text)) {
		return fmt.Errorf("%s is not built yet, this version knows %s", text, strings.Join(k.Values(), ", "))
	}
	return strict.OneOf(text, k.Values())
}

// OutputType is the kind of a darknet output.
type OutputType string

// The kinds: Yolo of YOLOv3 and later, Region of YOLOv2.
const (
	Yolo   OutputType = "yolo"
	Region OutputType = "region"
)

// Values are both kinds.
func (OutputType) Values() []string { return []string{"yolo", "region"} }

// UnmarshalText refuses anything else.
func (o *OutputType) UnmarshalText(text []byte) error {
	*o = OutputType(text)
	return strict.OneOf(text, o.Values())
}

// NMSKind is a way of non-maximum suppression.
type NMSKind string

// Greedy takes the best box, removes what overlaps it, and so on. DIoU does so
// too, but counts boxes as overlapping less the farther their centres are apart.
// NoNMS keeps every box.
const (
	Greedy NMSKind = "greedy"
	DIoU   NMSKind = "diou"
	NoNMS  NMSKind = "none"
)

// Values are all ways.
func (NMSKind) Values() []string { return []string{"greedy", "diou", "none"} }

// UnmarshalText refuses anything else.
func (k *NMSKind) UnmarshalText(text []byte) error {
	*k = NMSKind(text)
	return strict.OneOf(text, k.Values())
}

// Labels are the names of the classes, in the file a list or the name of a file
// with a name on each line.
type Labels struct {
	File  string
	Names []string `rule:"list"`
}

// UnmarshalText reads the name of a file.
func (l *Labels) UnmarshalText(text []byte) error {
	l.File = string(text)
	return nil
}

// MarshalYAML writes the file's name or, where there is none, the list.
func (l Labels) MarshalYAML() (any, error) {
	if l.File != "" {
		return l.File, nil
	}
	return l.Names, nil
}

// IsZero leaves empty labels out of what is written.
func (l Labels) IsZero() bool { return l.File == "" && len(l.Names) == 0 }
