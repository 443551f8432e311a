// Package darknet brings detectors of darknet's format, a cfg file with or
// without a weights file, into ONNX. It knows the sections of YOLOv2 to YOLOv4
// and their kin as both lines of darknet compute them (github.com/pjreddie and
// github.com/AlexeyAB), and leaves the heads raw: what they mean is in Heads, for
// a model card. It opens no files.
//
// Tensors are named after their section's index, counted from 0 behind [net]:
// conv_12, then its activation leaky_12. Inner tensors of a layer that takes
// several nodes are called NAME/PART. Plans rely on these names.
package darknet
