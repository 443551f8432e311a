package detect_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/stages"
	"braid/stages/detect"
)

// side is the input of these tests and the frame. Corners are whole pixels and the
// side is a power of two, so that nothing is rounded on the way to an Object.
const side = 64

// maxRows is below 4+manyClasses, so that no shape of yolov8 has two readings.
const (
	maxRows     = 24
	manyClasses = 21
)

// drawn is a row with one class.
type drawn struct {
	box   [4]float32 // corners
	class int
	score float32
}

// drawRows draws boxes with scores that differ.
func drawRows(rt *rapid.T, classes int) []drawn {
	corner := rapid.IntRange(0, side-9)
	size := rapid.IntRange(1, 8)
	rows := make([]drawn, rapid.IntRange(1, maxRows).Draw(rt, "rows"))
	for i := range rows {
		x, y := float32(corner.Draw(rt, "x")/4), float32(corner.Draw(rt, "y")/4)
		w, h := float32(size.Draw(rt, "w")), float32(size.Draw(rt, "h"))
		rows[i] = drawn{[4]float32{x, y, x + w, y + h}, rapid.IntRange(0, classes-1).Draw(rt, "class"), float32(i+1) / 32}
	}
	return rows
}

// written are the forms that rows can have in outputs.
var written = map[string]struct {
	kind  string
	shape func(rows, classes int64) []int64
	put   func(data []float32, rows, classes, row int, d drawn)
}{
	"yolov5": {"yolov5", func(n, k int64) []int64 { return []int64{1, n, 5 + k} }, func(data []float32, _, classes, row int, d drawn) {
		at := data[row*(5+classes):]
		copy(at, middle(d.box))
		at[4], at[5+d.class] = 1, d.score
	}},
	"yolov8": {"yolov8", func(n, k int64) []int64 { return []int64{1, 4 + k, n} }, func(data []float32, rows, _, row int, d drawn) {
		for i, v := range middle(d.box) {
			data[i*rows+row] = v
		}
		data[(4+d.class)*rows+row] = d.score
	}},
	"yolov8, transposed": {"yolov8", func(n, k int64) []int64 { return []int64{1, n, 4 + k} }, func(data []float32, _, classes, row int, d drawn) {
		at := data[row*(4+classes):]
		copy(at, middle(d.box))
		at[4+d.class] = d.score
	}},
	"end2end": {"end2end", func(n, _ int64) []int64 { return []int64{1, n, 6} }, func(data []float32, _, _, row int, d drawn) {
		at := data[row*6:]
		copy(at, d.box[:])
		at[4], at[5] = d.score, float32(d.class)
	}},
}

func middle(b [4]float32) []float32 {
	return []float32{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]}
}

// run writes rows in a form and detects.
func run(t testing.TB, form string, rows []drawn, classes int, nms detect.NMS) []stages.Object {
	t.Helper()
	f := written[form]
	c := detect.Config{
		Head: detect.Head{Kind: f.kind}, Device: "cpu", Width: side, Height: side, Classes: classes, NMS: nms,
	}
	c.Outputs = append(c.Outputs, desc("output", f.shape(int64(len(rows)), int64(classes))...))
	j, data := newJob(c)
	for i, d := range rows {
		f.put(data[0], len(rows), classes, i, d)
	}
	return slices.Clone(process(t, newStage(t, c), j))
}

func drawNMS(rt *rapid.T) detect.NMS {
	return detect.NMS{
		Kind: rapid.SampledFrom([]string{"greedy", "diou"}).Draw(rt, "nms"), Beta: rapid.SampledFrom([]float32{0.6, 1, 2}).Draw(rt, "beta"),
		IoU: rapid.SampledFrom([]float32{0, 0.2, 0.5, 0.8, 1}).Draw(rt, "iou"), Score: 0.1,
		PerClass: rapid.Bool().Draw(rt, "per class"), Max: 300,
	}
}

// TestEveryFormAndOrder: the same rows in every form, in any order, are the same
// objects.
func TestEveryFormAndOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows, nms := drawRows(rt, manyClasses), drawNMS(rt)
		want := run(t, "end2end", rows, manyClasses, nms)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		rng.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
		for form := range written {
			if got := run(t, form, rows, manyClasses, nms); !slices.Equal(got, want) {
				rt.Fatalf("%s: got %v, want %v", form, got, want)
			}
		}
	})
}

// TestSuppression: what stays does not overlap too much, what goes overlaps
// something better, and suppression changes nothing the second time.
func TestSuppression(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const classes = 3
		rows, nms := drawRows(rt, classes), drawNMS(rt)
		kept := run(t, "end2end", rows, classes, nms)
		all := nms
		all.Kind = "none"
		every := run(t, "end2end", rows, classes, all)
		if want := countAbove(rows, nms.Score); len(every) != want {
			rt.Fatalf("nms none keeps %d of %d", len(every), want)
		}
		for _, o := range every {
			rivals := 0
			for _, k := range kept {
				if k.Score > o.Score && (k.Class == o.Class || !nms.PerClass) && clash(k, o, nms) {
					rivals++
				}
			}
			if stays := slices.Contains(kept, o); stays != (rivals == 0) {
				rt.Fatalf("%+v stays: %v, but %d better ones overlap it", o, stays, rivals)
			}
		}
		if again := run(t, "end2end", redraw(kept), classes, nms); !slices.Equal(again, kept) {
			rt.Fatalf("the second time %v are left of %v", again, kept)
		}
	})
}

func countAbove(rows []drawn, score float32) (n int) {
	for _, r := range rows {
		if r.score > score {
			n++
		}
	}
	return n
}

// redraw makes rows of objects, worst first; at least one, which is nothing.
func redraw(objects []stages.Object) []drawn {
	rows := []drawn{{}}
	for _, o := range objects {
		b := o.Box
		rows = append(rows, drawn{[4]float32{b[0] * side, b[1] * side, (b[0] + b[2]) * side, (b[1] + b[3]) * side}, o.Class, o.Score})
	}
	slices.SortFunc(rows, func(a, b drawn) int { return cmp.Compare(a.score, b.score) })
	return rows
}

// clash is the overlap of two boxes against the limit, in the words of the papers.
func clash(a, b stages.Object, n detect.NMS) bool {
	p, q := cornersOf(a), cornersOf(b)
	both := iou(p, q)
	if n.Kind == "diou" {
		dx, dy := (p[0]+p[2]-q[0]-q[2])/2, (p[1]+p[3]-q[1]-q[3])/2
		w, h := math.Max(p[2], q[2])-math.Min(p[0], q[0]), math.Max(p[3], q[3])-math.Min(p[1], q[1])
		both -= math.Pow((dx*dx+dy*dy)/(w*w+h*h), float64(n.Beta))
	}
	return both > float64(n.IoU)
}

func cornersOf(o stages.Object) (c [4]float64) {
	for i := range 2 {
		c[i] = float64(o.Box[i]) * side
		c[2+i] = float64(o.Box[i]+o.Box[2+i]) * side
	}
	return c
}
