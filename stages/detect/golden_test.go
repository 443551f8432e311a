package detect_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"braid/accel"
	"braid/stages"
	"braid/stages/detect"
)

// golden is what testdata/heads.py had numpy compute for one kind of head.
type golden struct {
	Size, Classes int
	Cases         []goldenCase
}

type goldenCase struct {
	Name string
	Head struct {
		Kind    string
		Strides []int
		Outputs []struct {
			Type      string
			Anchors   [][2]float32
			ScaleXY   float32 `json:"scale_xy"`
			NewCoords bool    `json:"new_coords"`
		}
	}
	NMS struct {
		Kind             string
		IoU, Score, Beta float32
		PerClass         bool `json:"per_class"`
		MultiLabel       bool `json:"multi_label"`
		Max              int
	}
	Frame      [2]int
	Scale, Off [2]float32
	Outputs    []struct {
		Shape []int64
		Type  string
		Data  []float32
	}
	Objects [][6]float64 // class, score, x, y, width, height
}

// types are numpy's names.
var types = map[string]accel.DType{"float32": accel.Float32, "int32": accel.Int32, "int64": accel.Int64}

func (c goldenCase) config(size, classes int) detect.Config {
	head := detect.Head{Kind: c.Head.Kind, Strides: c.Head.Strides}
	for _, o := range c.Head.Outputs {
		head.Outputs = append(head.Outputs, detect.Output(o))
	}
	n := c.NMS
	cfg := detect.Config{
		Head: head, Device: "cpu", Width: size, Height: size, Classes: classes,
		NMS: detect.NMS{Kind: n.Kind, IoU: n.IoU, Beta: n.Beta, Score: n.Score, PerClass: n.PerClass, MultiLabel: n.MultiLabel, Max: n.Max},
	}
	for i, o := range c.Outputs {
		cfg.Outputs = append(cfg.Outputs, accel.TensorDesc{Name: string(rune('a' + i)), Type: types[o.Type], Shape: o.Shape})
	}
	return cfg
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/heads/*.json")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files, one for each kind of head is wanted; %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g golden
		if err := json.Unmarshal(raw, &g); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range g.Cases {
			t.Run(c.Name, func(t *testing.T) { c.check(t, c.config(g.Size, g.Classes)) })
		}
	}
}

// check wants numpy's objects, and that the second frame on needs no memory.
func (c goldenCase) check(t *testing.T, cfg detect.Config) {
	j, _ := newJob(cfg)
	for i, o := range c.Outputs {
		fill(t, j, cfg.Outputs[i], o.Data)
	}
	j.Width, j.Height = c.Frame[0], c.Frame[1]
	j.Geometry = stages.Geometry{ScaleX: c.Scale[0], ScaleY: c.Scale[1], OffX: c.Off[0], OffY: c.Off[1]}
	s := newStage(t, cfg)
	got := process(t, s, j)
	if len(got) != len(c.Objects) {
		t.Fatalf("%d objects, numpy has %d", len(got), len(c.Objects))
	}
	for i, want := range c.Objects {
		near(t, got[i], want)
	}
	if n := testing.AllocsPerRun(10, func() { process(t, s, j) }); n > 0 {
		t.Errorf("%g allocations a frame", n)
	}
}

// fill writes values as an output's type has them.
func fill(t *testing.T, j *stages.Job, o accel.TensorDesc, values []float32) {
	t.Helper()
	to, ok := j.Bindings.Tensor(o.Name, "cpu")
	if !ok {
		t.Fatalf("no tensor %q", o.Name)
	}
	for i, v := range values {
		switch o.Type {
		case accel.Int32:
			binary.LittleEndian.PutUint32(to.Data[4*i:], uint32(int32(v)))
		case accel.Int64:
			binary.LittleEndian.PutUint64(to.Data[8*i:], uint64(int64(v)))
		default:
			to.Float32s()[i] = v
		}
	}
}

func near(t *testing.T, got stages.Object, want [6]float64) {
	t.Helper()
	ok := got.Class == int(want[0]) && math.Abs(float64(got.Score)-want[1]) < 1e-6
	for i, v := range got.Box {
		ok = ok && math.Abs(float64(v)-want[2+i]) < 1e-6
	}
	if !ok {
		t.Errorf("got %+v, numpy has %v", got, want)
	}
}
