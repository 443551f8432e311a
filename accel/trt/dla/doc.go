// Package dla holds what NVIDIA publishes of the layers that its Deep Learning
// Accelerator runs, as tables by TensorRT version, and judges a network by them:
// Check. It needs neither TensorRT nor a DLA, so that a plan can be refused, with
// the layer's name, on any machine and before anything is built.
//
// The tables are in releases.go (which versions have a DLA at all), operators.go
// (which operators it runs) and limits.go (what it asks of each). Every line says
// where the fact stands. A network that passes can still be refused by the builder:
// its compiler knows more than is published.
package dla
