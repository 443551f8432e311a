// Package quantize writes a float32 ONNX network as one that computes in int8:
// with pairs of QuantizeLinear and DequantizeLinear (Q/DQ) around what a runtime is
// to run so, and the weights as int8 with a scale for each channel of output.
//
// A Quantizer says which tensors are rounded, watches them while the float network
// runs on calibration pictures, and then writes. It runs nothing itself: whoever
// has a runtime does, and hands it the values.
//
// Where pairs belong and what a scale may be differs from runtime to runtime; a
// Recipe has what each computes fastest.
package quantize
