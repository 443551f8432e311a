package profile

import (
	"math"
	"slices"
	"testing"
	"time"

	"braid/accel"
)

// exported are nodes as PyTorch names them, and as older exporters and darknet's
// importer do.
var exported = []Node{
	{Name: "/model.0/conv/Conv", Outputs: []string{"/model.0/conv/Conv_output_0"}, Cost: 100},
	{Name: "/model.0/act/Sigmoid", Outputs: []string{"/model.0/act/Sigmoid_output_0"}, Cost: 5},
	{Name: "/model.0/act/Mul", Outputs: []string{"/model.0/act/Mul_output_0"}, Cost: 5},
	{Name: "Conv_3", Outputs: []string{"403"}, Cost: 50},
	{Name: "LeakyRelu_4", Outputs: []string{"404"}, Cost: 4},
	{Name: "Conv_31", Outputs: []string{"431"}, Cost: 80},
	{Name: "Concat_6", Outputs: []string{"406"}, Cost: 6},
	{Name: "conv_7", Outputs: []string{"conv_7_out"}, Cost: 70},
	{Name: "conv_7_bn", Outputs: []string{"conv_7_bn_out"}, Cost: 2},
	{Name: "Resize_9", Outputs: []string{"409"}, Cost: 9},
	{Name: "Conv_10", Outputs: []string{"410"}, Cost: 60},
}

func TestFindNode(t *testing.T) {
	n := newNames(exported)
	for layer, want := range map[string]string{
		"Conv_3":  "Conv_3",
		"Conv_31": "Conv_31",
		"/model.0/conv/Conv + PWN(PWN(/model.0/act/Sigmoid), /model.0/act/Mul)": "/model.0/conv/Conv",
		"PWN(PWN(/model.0/act/Sigmoid), /model.0/act/Mul)":                      "/model.0/act/Sigmoid",
		"PWN(/model.0/act/Sigmoid, /model.0/act/Mul)":                           "/model.0/act/Sigmoid",
		"Conv_3 + LeakyRelu_4":                                                  "Conv_3",
		"Conv_3 || Conv_31":                                                     "Conv_31",
		"conv_7 + conv_7_bn":                                                    "conv_7",
		"conv_7_bn":                                                             "conv_7_bn",
		"404 copy":                                                              "LeakyRelu_4",
		"Concat_6":                                                              "Concat_6",
		"Concat_6_2":                                                            "Concat_6",
		"Resize_9_clone_1":                                                      "Resize_9",
		"/model.0/act/Mul_output_0 copy":                                        "/model.0/act/Mul",
		"{ForeignNode[Conv_3...Conv_31]}":                                       "Conv_31",
		"Reformatting CopyNode for Input Tensor 0 to Conv_3 + LeakyRelu_4":                 "Conv_3",
		"Reformatting CopyNode for Output Tensor 0 to {ForeignNode[Conv_3...LeakyRelu_4]}": "Conv_3",
		"(Unnamed Layer* 12) [Shuffle]":                                                    "",
		"__myl_Fc_myl0_3":                                                                  "",
		"Reformatting CopyNode for Network Input images":                                   "",
		"Conv_99": "",
		"":        "",
	} {
		got := ""
		if i := n.find(layer); i >= 0 {
			got = exported[i].Name
		}
		if got != want {
			t.Errorf("layer %q is of node %q, want %q", layer, got, want)
		}
	}
}

// TestSpread puts layers into three units: nodes 0 to 2, 3 to 6, 7 to 10.
func TestSpread(t *testing.T) {
	unitOf := func(node int) int {
		return map[bool]int{true: 0}[node <= 2] + map[bool]int{true: 1}[node > 2 && node <= 6] + map[bool]int{true: 2}[node > 6]
	}
	list := func(of ...any) (l []accel.LayerTime) {
		for i := 0; i < len(of); i += 2 {
			l = append(l, accel.LayerTime{Name: of[i].(string), Time: time.Duration(of[i+1].(int)) * time.Microsecond})
		}
		return l
	}
	for name, c := range map[string]struct {
		layers []accel.LayerTime
		shares []float64
		lost   float64
	}{
		"all known": {list(
			"Reformatting CopyNode for Input Tensor 0 to /model.0/conv/Conv", 10,
			"/model.0/conv/Conv + PWN(PWN(/model.0/act/Sigmoid), /model.0/act/Mul)", 40,
			"Conv_3 + LeakyRelu_4", 20, "Conv_31", 20, "404 copy", 5, "conv_7 + conv_7_bn", 50, "Resize_9", 5, "Conv_10", 50), []float64{.25, .225, .525}, 0},
		"a fused layer across a border is its costliest node's": {list("Conv_31 + Concat_6 + conv_7_bn", 60, "Conv_10", 40), []float64{0, .6, .4}, 0},
		"one without a name is with the one before":             {list("Conv_3", 50, "(Unnamed Layer* 5) [Shuffle]", 10, "Conv_10", 40), []float64{0, .6, .4}, .1},
		"the first without a name":                              {list("(Unnamed Layer* 0) [Constant]", 10, "Conv_3", 50, "Conv_10", 40), []float64{0, .6, .4}, .1},
		"none known":                                            {list("{ForeignNode[x...y]}", 100), []float64{0, 0, 0}, 1},
		"nothing":                                               {nil, []float64{0, 0, 0}, 1},
	} {
		shares, lost := newNames(exported).spread(c.layers, unitOf, 3)
		if !slices.EqualFunc(shares, c.shares, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) || math.Abs(lost-c.lost) > 1e-9 {
			t.Errorf("%s: shares %v, lost %v, want %v and %v", name, shares, lost, c.shares, c.lost)
		}
	}
}
