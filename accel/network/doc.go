// Package network reads, writes and cuts ONNX networks.
//
// A cut is a prefix of the canonical node order (the file's order where that is
// topological, else a stable sort of it), named by the first output of the
// prefix's last node. Split makes one complete ONNX file per Segment between
// cuts; the Segments find their tensors by name.
//
// What a runtime could fold never crosses a cut: initialisers, and nodes that
// compute from initialisers only. Every Segment gets its own copy of those that
// it reads. Nodes that draw random numbers are not folded, and neither are nodes
// of other domains, whose meaning only the runtime knows.
package network
