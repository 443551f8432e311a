package dla

// Operator is an ONNX operator that DLA runs.
type Operator struct {
	Op         string
	Since      Version // the first TensorRT version that gives it to DLA; zero: all of Releases
	Precisions string  // "fp16 int8", or one of the two
	Source     string
}

// Where the facts stand. NVIDIA's text is not repeated here.
const (
	// guide is the list by layers, which has been in every TensorRT Developer Guide;
	// the section is added. It was read in the guide of 8.4 (translated) and of
	// 11.4.1 (its summary table), between which the headers bridge.
	guide = "TensorRT Developer Guide, Working with DLA, Layer Support and Restrictions, "
	// matrix says it by ONNX operators, for Orin and TensorRT 8.5 to 8.6.12.
	matrix = "Deep-Learning-Accelerator-SW, operators/README.md, "
	header = "NvInfer.h 8.6 and 10.7, "
)

const both = "fp16 int8"

// Operators are all operators that DLA runs. What is not here it does not run.
var Operators = []Operator{
	{"Conv", Version{}, both, guide + "Convolution and Fully Connected"},
	{"Gemm", Version{}, both, guide + "Convolution and Fully Connected; " + matrix + "Gemm"},
	{"MatMul", Version{}, both, guide + "Convolution and Fully Connected; " + matrix + "MatMul"},
	{"ConvTranspose", Version{}, both, guide + "Deconvolution"},
	{"MaxPool", Version{}, both, guide + "Pooling"},
	{"AveragePool", Version{}, both, guide + "Pooling"},
	{"Relu", Version{}, both, guide + "Activation"},
	{"Sigmoid", Version{}, both, guide + "Activation; int8 is done in fp16"},
	{"Tanh", Version{}, both, guide + "Activation; int8 is done in fp16"},
	{"Clip", Version{}, both, guide + "Activation; Clipped ReLU"},
	{"LeakyRelu", Version{}, both, guide + "Activation; " + matrix + "LeakyRelu"},
	{"PRelu", Version{}, both, guide + "Parametric ReLU"},
	{"Add", Version{}, both, guide + "ElementWise and Scale"},
	{"Sum", Version{}, both, guide + "ElementWise"},
	{"Sub", Version{}, both, guide + "ElementWise and Scale"},
	{"Mul", Version{}, both, guide + "ElementWise and Scale"},
	{"Max", Version{}, both, guide + "ElementWise"},
	{"Min", Version{}, both, guide + "ElementWise"},
	{"Div", Version{8, 6, 12}, both, guide + "ElementWise; " + matrix + "Div (from 8.6.12 on)"},
	{"Pow", Version{10, 0, 0}, both, guide + "ElementWise, as of 11.4.1; the matrix of 8.6 does not have it"},
	{"Equal", Version{}, "int8", guide + "Comparison; " + matrix + "Equal"},
	{"Greater", Version{8, 6, 12}, "int8", guide + "Comparison; " + matrix + "Greater (from 8.6.12 on)"},
	{"Less", Version{8, 6, 12}, "int8", guide + "Comparison; " + matrix + "Less (from 8.6.12 on)"},
	{"BatchNormalization", Version{}, both, guide + "Scale; " + matrix + "BatchNormalization"},
	{"LRN", Version{}, both, guide + "LRN; int8 is done in fp16"},
	{"Concat", Version{}, both, guide + "Concatenation"},
	{"Resize", Version{}, both, guide + "Resize"},
	{"Upsample", Version{}, both, guide + "Resize; " + matrix + "Upsample"},
	{"Slice", Version{}, both, guide + "Slice"},
	{"Split", Version{}, both, guide + "Slice; " + matrix + "Split"},
	{"Softmax", Version{}, both, guide + "SoftMax"},
	{"Reshape", Version{}, both, guide + "Shuffle; " + matrix + "Reshape"},
	{"Transpose", Version{}, both, guide + "Shuffle; " + matrix + "Transpose"},
	{"Abs", Version{}, both, guide + "Unary; " + header + "IUnaryLayer::setOperation"},
	{"Sin", Version{8, 6, 12}, "int8", guide + "Unary; " + matrix + "Sin (from 8.6.12 on)"},
	{"Cos", Version{8, 6, 12}, "int8", guide + "Unary; " + matrix + "Cos (from 8.6.12 on)"},
	{"ReduceMax", Version{8, 6, 12}, both, guide + "Reduce; " + matrix + "GlobalMaxPool (from 8.6.12 on)"},
	{"GlobalMaxPool", Version{8, 6, 12}, both, guide + "Reduce; " + matrix + "GlobalMaxPool (from 8.6.12 on)"},
	{"Cast", Version{}, both, guide + "Comparison"},
	{"QuantizeLinear", Version{11, 4, 1}, "int8", "TensorRT documentation 11.4.1, Strongly Typed Networks for DLA"},
	{"DequantizeLinear", Version{11, 4, 1}, "int8", "TensorRT documentation 11.4.1, Strongly Typed Networks for DLA"},
}
