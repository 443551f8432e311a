// Package onnxpb is the Go form of onnx.proto: the part of the ONNX file format
// that braid reads and writes.
package onnxpb

//go:generate protoc -I ../../.. --go_out=../../.. --go_opt=module=braid accel/network/onnxpb/onnx.proto
