// Package jedi reads the configurations of JEDI (github.com/cap-lab/jedi), which
// runs a TensorRT network in stages over a GPU and two DLAs, and makes plans of
// them. It knows the knobs of its master branch, of onnx_support, and those that
// came in 2024; each of them becomes a part of the plan or is named with the reason
// why it does not. It knows no network: who calls it says which tensor a layer
// number stands for.
package jedi
