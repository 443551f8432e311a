// A run that takes longer than it does: a GPU that stands in for a slower processor.
#ifndef BRAID_STRETCH_H
#define BRAID_STRETCH_H

#include <cuda_runtime_api.h>

namespace braid {

// Weak: a compiler without CUDA's leaves the kernels out.

// Writes the GPU's time to start, in its memory.
__attribute__((weak)) cudaError_t enqueue_stamp(cudaStream_t stream, unsigned long long *start);

// Keeps the stream busy until factor times as long has passed since *start as had
// passed before.
__attribute__((weak)) cudaError_t enqueue_hold(cudaStream_t stream, const unsigned long long *start, double factor);

}  // namespace braid

#endif
