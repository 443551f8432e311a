package quantize

import (
	"fmt"
	"strings"
)

// Coding is how an activation is coded in 8 bits.
type Coding int

const (
	// Affine is uint8 with any zero point: the range begins at the least value.
	Affine Coding = iota
	// Symmetric is int8 with zero point 0.
	Symmetric
)

// Recipe is the form of int8 network that a runtime computes fastest.
type Recipe struct {
	Runtime    string
	Coding     Coding
	Everywhere bool // pairs behind each operator that has an int8 kernel too, not only in front of layers with weights
	Bits       int  // of weights, 7 or 8
	FloatPairs bool // weights stay float32 in the file, with a pair of their own; else int8 with DequantizeLinear
	IntBias    bool // biases as int32 with DequantizeLinear; else float32
}

// recipes has one for each runtime, with the reasons.
var recipes = []Recipe{
	// ONNX Runtime fuses a node only where all that it reads and writes is quantised.
	// Its kernels for int8 activations are slower than those for uint8 on x86-64, and
	// without VNNI those add pairs of products in 16 bits, which 8-bit weights overflow.
	{Runtime: "ort", Coding: Affine, Everywhere: true, Bits: 7, IntBias: true},
	// OpenVINO computes what lies between two layers in float32 inside of the first
	// one's kernel. With int8 activations around a Concat it computes something else
	// (2026.4 on AVX2: yolox_nano's results were of no use).
	{Runtime: "openvino", Coding: Affine, Bits: 7},
	// TensorRT wants int8 with zero point 0, weights as float32 with a pair, and biases
	// as float32. Its sums are int32.
	{Runtime: "trt", Coding: Symmetric, Bits: 8, FloatPairs: true},
}

// For is the recipe of a runtime.
func For(runtime string) (Recipe, error) {
	for _, r := range recipes {
		if r.Runtime == runtime {
			return r, nil
		}
	}
	return Recipe{}, fmt.Errorf("no form of int8 is known for the runtime %q: want one of %s", runtime, strings.Join(Runtimes(), ", "))
}

// Runtimes are those that have a recipe.
func Runtimes() []string {
	names := make([]string, len(recipes))
	for i, r := range recipes {
		names[i] = r.Runtime
	}
	return names
}
