// Package card is the model card: the YAML file that says what an ONNX detector
// takes, what its outputs mean and what it is called. It finds cards in the model
// folders and holds them against the file they describe.
package card

import (
	"encoding/json"
	"path/filepath"
	"strconv"

	"braid/internal/strict"
)

// Card is a model card. Find and Load have filled in the defaults, read the
// labels and, where the model's file is there, its hash.
type Card struct {
	Name    string `yaml:"name" rule:"required" doc:"what --model and messages call it; no @ or /"`
	File    string `yaml:"file" rule:"required" doc:"the ONNX file, relative to the card, or absolute"`
	SHA256  string `yaml:"sha256,omitempty" doc:"of the file, 64 hex digits; another file is refused"`
	License string `yaml:"license,omitempty" doc:"of the weights"`
	Source  string `yaml:"source,omitempty" doc:"URL where the file can be had"`
	Input   Input  `yaml:"input"`
	Head    Head   `yaml:"head"`
	Labels  Labels `yaml:"labels,omitempty" doc:"file with a class name on each line, relative to the card, or a list of names. Empty: classes are called by their number"`
	NMS     NMS    `yaml:"nms"`

	dir   string // of the card
	from  string // the card's file, "" where it has none
	model string // the ONNX file where Find was given it
}

// Input says how a picture becomes the input tensor, float32 [1,3,height,width]:
// value = (raw*scale - mean) / std, for each channel in the order of Color.
type Input struct {
	Width  int        `yaml:"width" rule:"required,min=8,max=8192" doc:"pixels"`
	Height int        `yaml:"height" rule:"required,min=8,max=8192" doc:"pixels"`
	Color  Color      `yaml:"color" doc:"order of the channels"`
	Scale  float32    `yaml:"scale" rule:"above=0,max=1000" doc:"factor on raw values 0 to 255"`
	Mean   [3]float32 `yaml:"mean,flow" rule:"min=-1000,max=1000" doc:"subtracted after scale, for each channel in the order of color"`
	Std    [3]float32 `yaml:"std,flow" rule:"above=0,max=1000" doc:"divisor after that"`
	Resize Resize     `yaml:"resize" doc:"letterbox keeps the aspect, stretch does not; both bilinear"`
	Pad    float32    `yaml:"pad" rule:"min=0,max=255" doc:"raw value of all channels beside a letterboxed picture"`
	Align  Align      `yaml:"align" doc:"where a letterboxed picture lies"`
}

// Head says what the network's outputs mean.
type Head struct {
	Kind    HeadKind `yaml:"kind" rule:"required" doc:"yolox: one raw tensor [1,rows,5+classes]. darknet: raw yolo and region outputs. yolov5: one decoded tensor [1,rows,5+classes], or, with outputs, raw ones. yolov8: [1,4+classes,rows], YOLO11 too. end2end: the graph ends in its own suppression. nanodet: distributions"`
	Strides []int    `yaml:"strides,omitempty,flow" rule:"min=1,max=1024" doc:"yolox, nanodet: pixels between grid points, in the order of the rows. Default [8, 16, 32]"`
	Outputs []Output `yaml:"outputs,omitempty" doc:"darknet, raw yolov5: one entry for each output tensor"`
}

// Output is one raw output: of darknet [1, anchors*(5+classes), h, w], of yolov5
// [1, anchors, h, w, 5+classes].
type Output struct {
	Name      string       `yaml:"name,omitempty" doc:"of the tensor; where no entry has one they are taken in the graph's order"`
	Type      OutputType   `yaml:"type" doc:"yolo: sigmoid classes. region (YOLOv2): softmax over classes"`
	Anchors   [][2]float32 `yaml:"anchors,flow" rule:"required,above=0,max=8192" doc:"[width, height] of the anchors of this output, after mask: pixels of the input for yolo, grid cells for region"`
	ScaleXY   float32      `yaml:"scale_xy" rule:"above=0,max=4" doc:"darknet's scale_x_y"`
	NewCoords bool         `yaml:"new_coords" doc:"darknet's new_coords: outputs are activated already, sizes are (2x)² times the anchor"`
	Stride    int          `yaml:"stride,omitempty" rule:"min=0,max=1024" doc:"pixels between grid points. Default: from the tensor's shape"`
}

// NMS is non-maximum suppression: of boxes that overlap the best stays.
type NMS struct {
	Kind       NMSKind `yaml:"kind" doc:"greedy: best score first. diou: the same, but boxes whose centres are apart overlap less. none: every box stays, as end2end always has it"`
	IOU        float32 `yaml:"iou" rule:"above=0,max=1" doc:"boxes that overlap more are one object"`
	Score      float32 `yaml:"score" rule:"min=0,max=1" doc:"boxes must score more"`
	Beta       float32 `yaml:"beta" json:",omitempty" rule:"above=0,max=10" doc:"diou: exponent of the centres' distance, darknet's beta_nms"`
	PerClass   bool    `yaml:"per_class" doc:"boxes of different classes do not suppress each other"`
	MultiLabel bool    `yaml:"multi_label" doc:"false: only the best class of a box; true: every class that scores enough"`
	Max        int     `yaml:"max" rule:"min=1,max=10000" doc:"objects of one frame, the best"`
}

// Default is a Card with the defaults of all optional keys.
func Default() Card {
	return Card{
		Input: Input{Color: BGR, Scale: 1, Std: [3]float32{1, 1, 1}, Resize: Letterbox, Pad: 114, Align: TopLeft},
		NMS:   NMS{Kind: Greedy, IOU: 0.65, Score: 0.25, Beta: 1, PerClass: true, Max: 300},
	}
}

// SetDefaults is a yolo output without scaling.
func (o *Output) SetDefaults() { o.Type, o.ScaleXY = Yolo, 1 }

// Path is where the model's ONNX file is.
func (c *Card) Path() string {
	if c.model != "" {
		return c.model
	}
	if filepath.IsAbs(c.File) {
		return c.File
	}
	return filepath.Join(c.dir, filepath.FromSlash(c.File))
}

// Files are the files that the model is made of: the card, the ONNX file and the labels, as far as they
// are files.
func (c *Card) Files() (list []string) {
	if c.from != "" {
		list = append(list, c.from)
	}
	if c.Labels.File != "" {
		list = append(list, c.labelsPath())
	}
	return append(list, c.Path())
}

// ID is the name, "@" and the first 8 hex digits of the file's SHA-256, as
// messages carry it; the name alone where the hash is not known.
func (c *Card) ID() string {
	if len(c.SHA256) < 8 {
		return c.Name
	}
	return c.Name + "@" + c.SHA256[:8]
}

// Label is the name of a class: its number where the card has no name for it.
func (c *Card) Label(class int) string {
	if class >= 0 && class < len(c.Labels.Names) {
		return c.Labels.Names[class]
	}
	return strconv.Itoa(class)
}

// Canonical are bytes that are the same for two cards exactly where a model
// gives the same messages under both: compact JSON of name, hash, input, head,
// labels and nms, in fixed order. Where the files lie, source and license are
// left out.
func (c *Card) Canonical() []byte {
	nms := c.NMS
	if nms.Kind != DIoU {
		nms.Beta = 0 // nobody reads it
	}
	data, _ := json.Marshal(struct { // text and finite numbers: cannot fail
		Name   string
		SHA256 string
		Input  Input
		Head   Head
		Labels []string
		NMS    NMS
	}{c.Name, c.SHA256, c.Input, c.Head, c.Labels.Names, nms})
	return data
}

var _ strict.Defaulter = (*Output)(nil)
