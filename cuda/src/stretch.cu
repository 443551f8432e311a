// The two kernels, of one thread each, that make a run take longer.
#include "stretch.h"

namespace {

// Nanoseconds of the GPU's own clock.
__device__ unsigned long long now() {
  unsigned long long ns;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(ns));
  return ns;
}

__global__ void stamp(unsigned long long *start) { *start = now(); }

__global__ void hold(const unsigned long long *start, double factor) {
  const unsigned long long begin = *start;
  const unsigned long long end = begin + static_cast<unsigned long long>(static_cast<double>(now() - begin) * factor);
  while (now() < end) {
  }
}

}  // namespace

namespace braid {

cudaError_t enqueue_stamp(cudaStream_t stream, unsigned long long *start) {
  stamp<<<1, 1, 0, stream>>>(start);
  return cudaGetLastError();
}

cudaError_t enqueue_hold(cudaStream_t stream, const unsigned long long *start, double factor) {
  hold<<<1, 1, 0, stream>>>(start, factor);
  return cudaGetLastError();
}

}  // namespace braid
