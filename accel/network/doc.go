// Package network reads, writes and cuts ONNX networks.
//
// A cut is a prefix of the canonical node order (the file's order where that is
// topological, else a stable sort of it), named by the first output of the
// prefix's last node. Split makes one complete ONNX file per Segment between
// cuts; the Segments find their tensors by name.
//
// What a runtime could fold never crosses a cut: initialisers, nodes that compute
// from initialisers only, and nodes whose results follow from the shapes of the
// inputs, such as the Shape that exporters write in front of a Reshape. Every
// Segment gets its own copy of those that it reads; of the last kind it gets the
// results. Nodes that draw random numbers are not folded, and neither are nodes of
// other domains, whose meaning only the runtime knows.
//
// Types and shapes are worked out by accel/network/infer from those of the inputs.
// What does not follow is taken from the file, and from a runtime by a Probe.
package network
