// Copies that a kernel makes, where the GPU reaches the memory itself.
#ifndef BRAID_COPY_H
#define BRAID_COPY_H

#include <cuda_runtime_api.h>

#include <cstddef>

namespace braid {

// Weak: a compiler without CUDA's leaves the kernel out.

// Whether the current GPU can run the kernel: not where the library was built for others, or by a compiler that is newer
// than the driver.
__attribute__((weak)) bool can_copy();

// Copies bytes within the stream. Both addresses are multiples of 16 that the current GPU reaches.
__attribute__((weak)) cudaError_t enqueue_copy(cudaStream_t stream, void *dst, const void *src, size_t bytes);

}  // namespace braid

#endif
