package testnet

import (
	"crypto/sha256"
	"fmt"
	"math"

	"braid/accel/network"
)

// The ball detector looks at a picture of ballSide pixels in cells of ballCell.
// It measures in cells, so that all values are small.
const (
	ballSide  = 320
	ballCell  = 8
	ballCells = ballSide / ballCell
	ballReach = 3 // cells around a cell whose light it gathers
)

// Ball is the detector that ships as models/ball.onnx: it finds white discs of
// 3 to 20 pixels radius on black, such as the one of GStreamer's videotestsrc
// pattern=ball. Its weights are set by hand, there is nothing learned in it.
//
// Every cell gathers the light (0 to 1 a pixel) of the 7x7 cells around it: its
// area A, its centroid, its second moment about the centroid V. A disc of radius
// r has A = pi r^2 and V = r^2/2, and no other shape of area A has so small a V:
// A / (2 pi V) is 1 for a disc and smaller for the rest. A cell reports a ball
// where that holds, the ring of cells around the window is dark, and the
// centroid lies in the cell.
//
// Input "images" [1,3,320,320], 0..255, any colour order. Output "output"
// [1,1600,6], a yolox head of stride 8 with one class.
func Ball() ([]byte, error) {
	b := &ballNet{newSketch("ball", 0)}
	light := b.light(b.input("images", 1, 3, ballSide, ballSide))
	cells := b.cells(light)
	ring := b.point("ring", cells, b.ring(), []float32{0}, 2*(ballReach+1)+1)
	moments := b.point("moments", cells, gather(), make([]float32, 4), 2*ballReach+1)
	b.Node("Split", []string{moments, b.Ints("parts", []int64{2}, []int64{1, 3})}, []string{"area", "sums"}, network.AttrInt("axis", 1))
	b.state("area", []int64{1, 1, ballCells, ballCells})
	b.state("sums", []int64{1, 3, ballCells, ballCells})
	grid := b.concat("grid", b.box(), b.score(ring))
	rows := []int64{1, 6, ballCells * ballCells}
	b.node("Reshape", "rows", rows, []string{grid, b.Ints("rows.shape", []int64{3}, rows)})
	b.node("Transpose", "output", []int64{1, rows[2], rows[1]}, []string{"rows"}, network.AttrInts("perm", 0, 2, 1))
	b.outputs("output")
	return b.Bytes()
}

// BallCard is the card of the detector, for the ONNX file's bytes.
func BallCard(onnx []byte) []byte {
	return fmt.Appendf(nil, `# Finds white discs on black, such as GStreamer's videotestsrc pattern=ball.
# Made by accel/network/testnet with weights set by hand: a model for trying braid.
name: ball
file: ball.onnx
sha256: "%x"
input: {width: %d, height: %d, color: rgb, scale: 1.0, mean: [0, 0, 0], std: [1, 1, 1], resize: letterbox, pad: 0, align: topleft}
head: {kind: yolox, strides: [%d]}
labels: [ball]
nms: {kind: greedy, iou: 0.65, score: 0.25, per_class: true, multi_label: false, max: 300}
`, sha256.Sum256(onnx), ballSide, ballSide, ballCell)
}

type ballNet struct{ *sketch }

// point adds a k x k convolution that keeps the size; w is [out][in][k][k].
func (b *ballNet) point(out, in string, w, bias []float32, k int64) string {
	n, from := int64(len(bias)), b.shapes[in]
	return b.node("Conv", out, []int64{1, n, from[2], from[3]}, []string{
		in, b.Floats(out+".w", []int64{n, int64(len(w)) / (n * k * k), k, k}, w), b.Floats(out+".b", []int64{n}, bias),
	}, window(k, 1)...)
}

// light is 2 y - 0.5 cut to 0..1 where y is the brightness: that takes away a
// noisy black and keeps the area of a disc with a soft edge.
func (b *ballNet) light(in string) string {
	w := float32(2. / 3 / 255)
	y := b.point("brightness", in, []float32{w, w, w}, []float32{-0.5}, 1)
	y = b.same("Relu", "above", y)
	y = b.point("headroom", y, []float32{-1}, []float32{1}, 1)
	y = b.same("Relu", "dark", y)
	return b.point("light", y, []float32{-1}, []float32{1}, 1)
}

// cells sums the light of each cell: 1, x, y, x^2+y^2, with x and y in cells
// from the cell's centre.
func (b *ballNet) cells(light string) string {
	const n = ballCell * ballCell
	w := make([]float32, 4*n)
	for i := range n {
		x, y := (float32(i%ballCell)+0.5)/ballCell-0.5, (float32(i/ballCell)+0.5)/ballCell-0.5
		w[i], w[n+i], w[2*n+i], w[3*n+i] = 1./n, x/n, y/n, (x*x+y*y)/n
	}
	return b.node("Conv", "cells", []int64{1, 4, ballCells, ballCells}, []string{
		light, b.Floats("cells.w", []int64{4, 1, ballCell, ballCell}, w), b.Floats("cells.b", []int64{4}, make([]float32, 4)),
	}, network.AttrInts("kernel_shape", ballCell, ballCell), network.AttrInts("strides", ballCell, ballCell))
}

// gather moves the sums of the cells around to the centre of the middle one:
// the sum of (X+x) is X A + Sx, and so on.
func gather() []float32 {
	const k = 2*ballReach + 1
	w := make([]float32, 4*4*k*k)
	for i := range k * k {
		x, y := float32(i%k-ballReach), float32(i/k-ballReach)
		set := func(out, in int, v float32) { w[(out*4+in)*k*k+i] = v }
		set(0, 0, 1)
		set(1, 0, x)
		set(1, 1, 1)
		set(2, 0, y)
		set(2, 2, 1)
		set(3, 0, x*x+y*y)
		set(3, 1, 2*x)
		set(3, 2, 2*y)
		set(3, 3, 1)
	}
	return w
}

// ring sums the light of the cells just outside of the window.
func (b *ballNet) ring() []float32 {
	const r = ballReach + 1
	const k = 2*r + 1
	w := make([]float32, 4*k*k)
	for i := range k * k {
		if x, y := i%k, i/k; x == 0 || y == 0 || x == k-1 || y == k-1 {
			w[i] = 1
		}
	}
	return w
}

// box turns area and sums into the head's x, y, w, h: the centroid in the cell,
// and the logarithm of the diameter, 2 sqrt(A/pi).
func (b *ballNet) box() string {
	some := b.point("some", "area", []float32{1}, []float32{1e-3}, 1)
	b.same("Div", "means", "sums", some)
	xy := b.point("xy", "means", []float32{1, 0, 0, 0, 1, 0}, []float32{0.5, 0.5}, 1)
	d := b.point("diameter.squared", "area", []float32{4 / math.Pi}, []float32{1e-6}, 1)
	d = b.same("Log", "diameter.log", d)
	wh := b.point("wh", d, []float32{0.5, 0.5}, []float32{0, 0}, 1)
	return b.concat("box", xy, wh)
}

// score gives objectness (a light thing alone in the window, centred in the
// cell) and the class (a disc), each 1 less its faults.
func (b *ballNet) score(ring string) string {
	b.same("Mul", "squares", "means", "means")
	b.concat("seconds", "means", "squares")
	spread := b.point("spread", "seconds", []float32{0, 0, 2 * math.Pi, -2 * math.Pi, -2 * math.Pi, 0}, []float32{1e-3}, 1)
	round := b.same("Div", "roundness", "area", spread)
	far := b.same("Abs", "offset", "means")
	b.concat("features", far, "area", round)
	faults := b.point("faults", "features", []float32{
		4, 0, 0, 0, 0, // centroid right or left of the cell
		0, 4, 0, 0, 0, // above or below it
		0, 0, 0, -10, 0, // too small
		0, 0, 0, 0, -10, // no disc
	}, []float32{-2.2, -2.2, 3, 8.5}, 1)
	faults = b.same("Relu", "faults.relu", faults)
	b.concat("all", faults, ring)
	s := b.point("score.raw", "all", []float32{-1, -1, -1, 0, -8, 0, 0, 0, -1, 0}, []float32{1, 1}, 1)
	return b.same("Relu", "score", s)
}
