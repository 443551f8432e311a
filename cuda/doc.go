// Package cuda is the door to CUDA and TensorRT: it opens the shared library that
// `make cuda` builds (include/braid_cuda.h is its C ABI) at run time and gives its
// functions Go's types and errors. It owns the library, and knows neither networks
// nor plans. Where there is no NVIDIA software, or no cgo, Open says so.
//
// Nothing is left to finalizers: whoever opens, allocates or loads also closes, in
// the order Call, Exec, Engine, memory, Library. The native side keeps no Go
// pointer. Closing twice does nothing. But for Library.Close, a Close that fails
// has closed all the same.
//
// A Library and an Engine may be used by many goroutines, everything else by one
// at a time; none of them may be used while it is being closed.
package cuda

import _ "embed" // see abiHeader

// abiHeader is here for the go command, which does not see that cgo reads a header
// of another folder: an embedded file makes it compile the package anew.
//
//go:embed include/braid_cuda.h
var abiHeader string
