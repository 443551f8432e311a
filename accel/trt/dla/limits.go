package dla

// Limit is what DLA asks of an operator that it runs, beside the sizes that hold
// for all (releases.go).
type Limit struct {
	Ops    []string
	Chip   Chip // "" where all are so
	Check  check
	Source string
}

// check says what is wrong with a layer, "" where nothing is.
type check func(l *layer) string

var (
	convolutions = []string{"Conv"}
	connected    = []string{"Gemm", "MatMul"}
	transposed   = []string{"ConvTranspose"}
	pools        = []string{"MaxPool", "AveragePool"}
	elementwise  = []string{"Add", "Sum", "Sub", "Mul", "Max", "Min", "Div", "Pow"}
	compared     = []string{"Equal", "Greater", "Less"}
	resized      = []string{"Resize", "Upsample"}
	reduced      = []string{"ReduceMax", "GlobalMaxPool"}
	shuffled     = []string{"Reshape", "Transpose"}
	sliced       = []string{"Slice", "Split"}
)

// Limits are what is asked, in the order in which it is looked at.
var Limits = []Limit{
	{convolutions, "", constant(1, "weights"), guide + "Convolution and Fully Connected"},
	{convolutions, "", kernel(1, 32), header + "IConvolutionLayer::setKernelSizeNd"},
	{convolutions, "", padding(0, 31), header + "IConvolutionLayer::setPaddingNd"},
	{convolutions, "", paddingBelowKernel, "NvInfer.h 8.6, IConvolutionLayer::setPadding; " + guide + "Convolution and Fully Connected"},
	{convolutions, "", stride(1, 8), header + "IConvolutionLayer::setStrideNd"},
	{convolutions, "", dilation(1, 32), header + "IConvolutionLayer::setDilationNd"},
	{convolutions, "", groups(1, 8192), header + "IConvolutionLayer::setNbGroups"},
	{convolutions, "", outputChannels(1, 8192), header + "IConvolutionLayer::setNbOutputMaps"},
	{convolutions, "", buffer(16), guide + "Convolution and Fully Connected, CBUF; Deep-Learning-Accelerator-SW, FAQ, CBUF validation"},
	{connected, "", constant(1, "weights"), matrix + "Gemm and MatMul"},
	{connected, "", lastSide(1, 8192), "NvInfer.h 8.6, IFullyConnectedLayer::setNbOutputChannels"},

	{transposed, "", constant(1, "weights"), guide + "Deconvolution"},
	{transposed, "", kernelOrLine(1, 32, 64, 96, 128), header + "IDeconvolutionLayer::setKernelSizeNd"},
	{transposed, "", strideOrLine(1, 32, 64, 96, 128), header + "IDeconvolutionLayer::setStrideNd"},
	{transposed, "", notSquare(23, 32), guide + "Deconvolution: off, since it takes the compiler too long"},
	{transposed, "", padding(0, 0), header + "IDeconvolutionLayer::setPaddingNd"},
	{transposed, "", dilation(1, 1), guide + "Deconvolution"},
	{transposed, "", groups(1, 1), header + "IDeconvolutionLayer::setNbGroups"},
	{transposed, "", outputChannels(1, 8192), header + "IDeconvolutionLayer::setNbOutputMaps"},

	{pools, "", kernel(1, 8), header + "IPoolingLayer::setWindowSizeNd"},
	{pools, "", padding(0, 7), header + "IPoolingLayer::setPaddingNd"},
	{pools, "", stride(1, 16), header + "IPoolingLayer::setStrideNd"},
	{pools, "", dilation(1, 1), header + "IPoolingLayer, which has no dilation"},
	{[]string{"AveragePool"}, Xavier, paddingCounts, "NvInfer.h 8.6, IPoolingLayer::setAverageCountExcludesPadding"},

	{[]string{"Clip"}, "", clip(1, 127), guide + "Activation"},
	{[]string{"PRelu"}, "", constant(1, "slope"), header + "IParametricReLULayer"},
	{elementwise, "", broadcast, guide + "ElementWise: NCHW, NC11 or N111, and Scale: uniform, per channel, elementwise"},
	{[]string{"Pow"}, "", constant(1, "exponent"), guide + "ElementWise"},
	{[]string{"Pow"}, "", uniform(1), guide + "ElementWise"},
	{compared, "", castBehind, guide + "Comparison: its output is cast at once"},
	{[]string{"Cast"}, "", castOfComparison, guide + "Comparison"},
	{[]string{"BatchNormalization"}, "", constant(1, "scale"), guide + "Scale"},
	{[]string{"LRN"}, "", window(3, 5, 7, 9), header + "ILRNLayer::setWindowSize"},

	{[]string{"Concat"}, "", onChannels, header + "IConcatenationLayer::setAxis"},
	{[]string{"Concat"}, "", atLeastTwo, guide + "Concatenation"},
	{resized, "", resizeMode, header + "IResizeLayer"},
	{resized, "", resizeFactors(32, 4), header + "IResizeLayer::setScales"},
	{sliced, "", sliceAxes, header + "ISliceLayer"},
	{[]string{"Slice"}, "", sliceStatic, header + "ISliceLayer"},
	{[]string{"Softmax"}, Xavier, never("Xavier's DLA has no softmax"), "NvInfer.h 8.6, ISoftMaxLayer"},
	{[]string{"Softmax"}, "", softmaxAxis(8192, 1024), header + "ISoftMaxLayer"},
	{shuffled, "", batchStays, guide + "Shuffle"},
	{reduced, "", reduceAxes, guide + "Reduce"},
}
