package infer

import (
	"math"

	"braid/accel"
)

// rules has one entry for each operator that is understood. What is not here is
// asked of the file or of a runtime.
var rules = map[string]rule{
	// Windows over pictures.
	"Conv": conv(0, 1), "ConvInteger": as(conv(0, 1), accel.Int32, 0), "QLinearConv": as(conv(0, 3), 0, 7),
	"ConvTranspose": convTranspose,
	"MaxPool":       pool, "AveragePool": pool, "LpPool": pool,
	"GlobalMaxPool": globalPool, "GlobalAveragePool": globalPool, "GlobalLpPool": globalPool,
	"Resize": resize, "Upsample": resize,

	// Matrices.
	"MatMul": matMul(0, 1), "MatMulInteger": as(matMul(0, 1), accel.Int32, 0), "QLinearMatMul": as(matMul(0, 3), 0, 7),
	"Gemm": gemm,

	// Element by element.
	"Abs": unary(math.Abs), "Ceil": unary(math.Ceil), "Floor": unary(math.Floor), "Neg": unary(func(v float64) float64 { return -v }),
	"Sqrt": unary(math.Sqrt), "Round": unary(math.RoundToEven), "Relu": unary(func(v float64) float64 { return max(v, 0) }),
	"Acos": like, "Acosh": like, "Asin": like, "Asinh": like, "Atan": like, "Atanh": like, "BitwiseNot": like, "Celu": like,
	"Clip": like, "Cos": like, "Cosh": like, "Elu": like, "Erf": like, "Exp": like, "Gelu": like, "HardSigmoid": like,
	"HardSwish": like, "LeakyRelu": like, "Log": like, "Mish": like, "PRelu": like, "Reciprocal": like, "Selu": like,
	"Shrink": like, "Sigmoid": like, "Sign": like, "Sin": like, "Sinh": like, "Softplus": like, "Softsign": like, "Swish": like,
	"Tan": like, "Tanh": like, "ThresholdedRelu": like,
	"Identity": pass, "Dropout": dropout, "Not": typed(accel.Bool), "IsNaN": typed(accel.Bool), "IsInf": typed(accel.Bool),
	"Cast": cast, "CastLike": castLike,

	// Element by element, of several tensors.
	"Add": merge(func(a, b int64) (int64, bool) { return a + b, true }, func(a, b float64) float64 { return a + b }),
	"Sub": merge(func(a, b int64) (int64, bool) { return a - b, true }, func(a, b float64) float64 { return a - b }),
	"Mul": merge(func(a, b int64) (int64, bool) { return a * b, true }, func(a, b float64) float64 { return a * b }),
	"Div": merge(divide, func(a, b float64) float64 { return a / b }),
	"Min": merge(func(a, b int64) (int64, bool) { return min(a, b), true }, math.Min),
	"Max": merge(func(a, b int64) (int64, bool) { return max(a, b), true }, math.Max),
	"Mod": mod, "Pow": merge(nil, nil), "Mean": merge(nil, nil), "Sum": merge(nil, nil),
	"BitShift": merge(nil, nil), "BitwiseAnd": merge(nil, nil), "BitwiseOr": merge(nil, nil), "BitwiseXor": merge(nil, nil),
	"Equal": compare(func(a, b int64) bool { return a == b }), "Greater": compare(func(a, b int64) bool { return a > b }),
	"Less": compare(func(a, b int64) bool { return a < b }), "GreaterOrEqual": compare(func(a, b int64) bool { return a >= b }),
	"LessOrEqual": compare(func(a, b int64) bool { return a <= b }),
	"And":         compare(func(a, b int64) bool { return a&b != 0 }), "Or": compare(func(a, b int64) bool { return a|b != 0 }),
	"Xor": compare(func(a, b int64) bool { return a != b }), "Where": where,

	// Over an axis, or over all.
	"BatchNormalization": like, "InstanceNormalization": like, "LayerNormalization": like, "GroupNormalization": like,
	"LRN": like, "Softmax": like, "LogSoftmax": like,
	"ReduceMax": reduce(18), "ReduceMean": reduce(18), "ReduceMin": reduce(18), "ReduceProd": reduce(18), "ReduceSum": reduce(13),
	"ReduceL1": reduce(18), "ReduceL2": reduce(18), "ReduceLogSum": reduce(18), "ReduceLogSumExp": reduce(18), "ReduceSumSquare": reduce(18),
	"ArgMax": argBest, "ArgMin": argBest, "TopK": topK,

	// Moving elements.
	"Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
	"Expand": expand, "Tile": tile, "DepthToSpace": depthToSpace, "SpaceToDepth": spaceToDepth,
	"Concat": concat, "Split": split, "Slice": slice, "Pad": pad,
	"Gather": gather, "GatherElements": gatherElements, "GatherND": gatherND,
	"ScatterElements": like, "ScatterND": like, "Scatter": like,

	// Making tensors.
	"Shape": shapeOf, "Size": size, "Constant": constant, "ConstantOfShape": constantOfShape, "Range": span,
	"RandomNormal": random, "RandomUniform": random,

	// Whole numbers for real ones.
	"QuantizeLinear": quantize, "DequantizeLinear": dequantize, "DynamicQuantizeLinear": dynamicQuantize,

	// As large as the data wants it.
	"NonZero": nonZero, "NonMaxSuppression": nonMaxSuppression, "Compress": compress, "Unique": unique,
}
