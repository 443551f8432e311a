//go:build e2e

package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/sink/wire"
)

// The networks of this file have inputs of 64x64 pixels and a grid of 8x8 cells.
const gridSide, gridCells = 8, 64

// thing is what a network finds: a box of 16x16 pixels around a cell's centre.
type thing struct {
	x, y           int // cell
	class          int // 0 or 1
	object, chance float64
}

// things are three; the third overlaps the second by a third.
var things = []thing{{3, 4, 1, 0.9, 0.9}, {5, 3, 0, 0.8, 0.75}, {6, 3, 0, 0.625, 0.8}}

func (d thing) cell() int         { return d.y*gridSide + d.x }
func (d thing) score() float32    { return float32(d.object * d.chance) }
func (d thing) middle() []float32 { return []float32{float32(8*d.x) + 4, float32(8*d.y) + 4, 16, 16} }

func (d thing) corners() []float32 {
	m := d.middle()
	return []float32{m[0] - 8, m[1] - 8, m[0] + 8, m[1] + 8}
}

func logit(p float64) float32 { return float32(math.Log(p / (1 - p))) }

// answer is an output of a network: these values, whatever white picture it sees.
type answer struct {
	accel.TensorDesc
	values []float32
}

// respond makes an output of a shape with fill in it, and lets set write the things.
func respond(fill float32, set func(values []float32, d thing, row int), shape ...int64) answer {
	a := answer{TensorDesc: accel.TensorDesc{Type: accel.Float32, Shape: shape}}
	a.values = make([]float32, a.Elems())
	for i := range a.values {
		a.values[i] = fill
	}
	for row, d := range things {
		set(a.values, d, row)
	}
	return a
}

// ofType is the answer in whole numbers.
func (a answer) ofType(t accel.DType) answer {
	a.Type = t
	return a
}

// answering is a network that multiplies its answers by its input's mean: they are
// right where prep made 1 of white.
func answering(t *testing.T, answers []answer) []byte {
	t.Helper()
	b := network.NewBuilder("answering", 13)
	b.Input(accel.TensorDesc{Name: "images", Type: accel.Float32, Shape: []int64{1, 3, 64, 64}})
	b.Node("ReduceMean", []string{"images"}, []string{"mean"}, network.AttrInt("keepdims", 0))
	half := b.Floats("half", nil, []float32{0.5})
	for i, a := range answers {
		a.Name = fmt.Sprintf("output%d", i)
		values := b.Floats(a.Name+".values", a.Shape, a.values)
		if a.Type == accel.Float32 {
			b.Node("Mul", []string{values, "mean"}, []string{a.Name})
		} else { // rounded, not cut
			b.Node("Mul", []string{values, "mean"}, []string{a.Name + ".product"})
			b.Node("Add", []string{a.Name + ".product", half}, []string{a.Name + ".rounded"})
			b.Node("Cast", []string{a.Name + ".rounded"}, []string{a.Name}, network.AttrInt("to", onnxType[a.Type]))
		}
		b.Output(a.TensorDesc)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// onnxType are ONNX's numbers of the types of whole numbers.
var onnxType = map[accel.DType]int64{accel.Int32: 6, accel.Int64: 7}

// white writes a white picture into a folder of its own.
func white(t *testing.T, width, height int) string {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "white.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	return dir
}

// found runs a model over the one picture of a folder.
func found(t *testing.T, model, pictures string) []wire.Object {
	t.Helper()
	lines := filepath.Join(t.TempDir(), "lines.jsonl")
	mustRun(t, "batch", pictures, "--model", model, "--out", lines)
	all := frames(t, lines)
	if len(all) != 1 {
		t.Fatalf("%d frames of one picture", len(all))
	}
	return all[0].Objects
}

// wantThings compares with the first n things. In the picture the input's pixels
// from the row top on are scaled up to its height.
func wantThings(t *testing.T, got []wire.Object, n int, top, height float64) {
	t.Helper()
	if len(got) != n {
		t.Fatalf("%d objects, want %d: %+v", len(got), n, got)
	}
	for i, d := range things[:n] {
		c := d.corners()
		box := [4]float64{float64(c[0]) / 64, (float64(c[1]) - top) / height, 16. / 64, 16 / height}
		ok := got[i].Class == d.class && got[i].Label == []string{"cat", "dog"}[d.class] && math.Abs(float64(got[i].Score-d.score())) < 1e-4
		for k, v := range got[i].Box {
			ok = ok && math.Abs(float64(v)-box[k]) < 1e-3
		}
		if !ok {
			t.Errorf("object %d is %+v, want class %d, score %g at %v", i, got[i], d.class, d.score(), box)
		}
	}
}

// planes writes values of a darknet output: x, y, width, height, objectness, classes.
func planes(xy, wh float32, score func(float64) float32) func([]float32, thing, int) {
	return func(v []float32, d thing, _ int) {
		for k, value := range []float32{xy, xy, wh, wh, score(d.object)} {
			v[k*gridCells+d.cell()] = value
		}
		v[(5+d.class)*gridCells+d.cell()] = score(d.chance)
	}
}

// line writes a row at the place that of says, with class scores behind.
func line(columns int, of func(thing, int) (at int, values []float32), chance func(thing) float32) func([]float32, thing, int) {
	return func(v []float32, d thing, row int) {
		at, values := of(d, row)
		copy(v[at*columns:], values)
		v[at*columns+len(values)+d.class] = chance(d)
	}
}

func TestEveryHeadThroughBatch(t *testing.T) {
	t.Parallel()
	just := func(p float64) float32 { return float32(p) }
	chance := func(d thing) float32 { return float32(d.chance) }
	score := func(d thing) float32 { return d.score() }
	raw := func(d thing) float32 { return logit(d.chance) }
	region := planes(0, 0, logit)
	decoded := line(7, func(d thing, row int) (int, []float32) { return row, append(d.middle(), float32(d.object)) }, chance)
	// sides are distributions that peak at one stride, or half a stride less left and above.
	sides := func(v []float32, first bool) {
		for side := range 4 {
			switch bins := v[side*8:]; {
			case first:
				bins[1] = 40
			case side < 2:
				bins[0], bins[1] = 40, 40
			default:
				bins[1], bins[2] = 40, 40
			}
		}
	}
	six := func(v []float32, d thing, row int) {
		copy(v[row*6:], append(d.corners(), d.score(), float32(d.class)))
	}
	seven := func(v []float32, d thing, row int) {
		copy(v[row*7+1:], append(d.corners(), float32(d.class), d.score()))
	}
	four := []answer{
		respond(3, func([]float32, thing, int) {}, 1, 1).ofType(accel.Int32),
		respond(0, func(v []float32, d thing, row int) { copy(v[row*4:], d.corners()) }, 1, 9, 4),
		respond(0, func(v []float32, d thing, row int) { v[row] = d.score() }, 1, 9),
		respond(0, func(v []float32, d thing, row int) { v[row] = float32(d.class) }, 1, 9).ofType(accel.Int64),
	}
	for _, c := range []struct {
		name, head string
		answers    []answer
		nms        string
		objects    int
	}{
		{"yolox", "{kind: yolox, strides: [8]}", []answer{respond(0, line(7, func(d thing, _ int) (int, []float32) {
			return d.cell(), []float32{0.5, 0.5, math.Ln2, math.Ln2, float32(d.object)}
		}, chance), 1, gridCells, 7)}, "iou: 0.3", 2},
		{"yolo", "{kind: darknet, outputs: [{anchors: [[16, 16]]}]}", []answer{respond(-20, planes(0, 0, logit), 1, 7, 8, 8)}, "iou: 0.3", 2},
		{"yolo, diou", "{kind: darknet, outputs: [{anchors: [[16, 16]]}]}", []answer{respond(-20, planes(0, 0, logit), 1, 7, 8, 8)}, "kind: diou, iou: 0.3", 3},
		{"yolo, none", "{kind: darknet, outputs: [{anchors: [[16, 16]]}]}", []answer{respond(-20, planes(0, 0, logit), 1, 7, 8, 8)}, "kind: none", 3},
		{"yolo, new_coords", "{kind: darknet, outputs: [{anchors: [[16, 16]], new_coords: true, scale_xy: 2}]}", []answer{respond(0, planes(0.5, 0.5, just), 1, 7, 8, 8)}, "iou: 0.3", 2},
		{"region", "{kind: darknet, outputs: [{type: region, anchors: [[2, 2]]}]}", []answer{respond(-20, func(v []float32, d thing, row int) {
			v[5*gridCells+d.cell()], v[6*gridCells+d.cell()] = 0, 0
			region(v, d, row)
		}, 1, 7, 8, 8)}, "iou: 0.3", 2},
		{"yolov5", "{kind: yolov5}", []answer{respond(0, decoded, 1, 30, 7)}, "iou: 0.3", 2},
		{"yolov5, raw", "{kind: yolov5, outputs: [{anchors: [[16, 16]]}]}", []answer{respond(-20, line(7, func(d thing, _ int) (int, []float32) {
			return d.cell(), []float32{0, 0, 0, 0, logit(d.object)}
		}, raw), 1, 1, 8, 8, 7)}, "iou: 0.3", 2},
		{"yolov8", "{kind: yolov8}", []answer{respond(0, func(v []float32, d thing, row int) {
			for k, value := range d.middle() {
				v[k*30+row] = value
			}
			v[(4+d.class)*30+row] = d.score()
		}, 1, 6, 30)}, "iou: 0.3", 2},
		{"yolov8, transposed", "{kind: yolov8}", []answer{respond(0, line(6, func(d thing, row int) (int, []float32) { return row, d.middle() }, score), 1, 30, 6)}, "iou: 0.3", 2},
		{"end2end, six columns", "{kind: end2end}", []answer{respond(0, six, 1, 30, 6)}, "", 3},
		{"end2end, seven columns", "{kind: end2end}", []answer{respond(0, seven, 30, 7)}, "", 3},
		{"end2end, four outputs", "{kind: end2end}", four, "", 3},
		{"nanodet", "{kind: nanodet, strides: [8]}", []answer{
			respond(0, func(v []float32, d thing, _ int) { v[d.cell()*2+d.class] = d.score() }, 1, gridCells, 2),
			respond(0, func(v []float32, d thing, _ int) { sides(v[d.cell()*32:], true) }, 1, gridCells, 32),
		}, "iou: 0.3", 2},
		{"nanodet-plus", "{kind: nanodet, strides: [8]}", []answer{respond(0, func(v []float32, d thing, _ int) {
			v[d.cell()*34+d.class] = d.score()
			sides(v[d.cell()*34+2:], false)
		}, 1, gridCells, 34)}, "iou: 0.3", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			model := filepath.Join(dir, "m.yaml")
			text := fmt.Sprintf(`name: m
file: m.onnx
input: {width: 64, height: 64, color: rgb, scale: 0.00392156862745098, align: center, pad: 255}
head: %s
labels: [cat, dog]
nms: {%s}
`, c.head, c.nms)
			for name, data := range map[string][]byte{"m.onnx": answering(t, c.answers), "m.yaml": []byte(text)} {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			wantThings(t, found(t, model, white(t, 128, 64)), c.objects, 16, 32)
		})
	}
}
