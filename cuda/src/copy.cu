// The kernel that copies from one GPU's memory to another's.
#include "copy.h"

#include <algorithm>

namespace {

constexpr int kThreads = 512;
constexpr int kWords = 4;    // of 16 bytes, that each thread has under way at once: the way there is long
constexpr int kBlocks = 16;  // at most: half a megabyte under way fills the way, and leaves the GPU to others

__global__ void __launch_bounds__(kThreads) copy(uint4 *dst, const uint4 *src, size_t words, size_t rest) {
  const size_t threads = static_cast<size_t>(gridDim.x) * kThreads;
  const size_t first = static_cast<size_t>(blockIdx.x) * kThreads + threadIdx.x;
  for (size_t i = first; i < words; i += kWords * threads) {
    uint4 under_way[kWords];
#pragma unroll
    for (int k = 0; k < kWords; k++)
      if (i + k * threads < words) under_way[k] = src[i + k * threads];
#pragma unroll
    for (int k = 0; k < kWords; k++)
      if (i + k * threads < words) dst[i + k * threads] = under_way[k];
  }
  // Bytes behind the last word, fewer than 16.
  if (first < rest) reinterpret_cast<char *>(dst + words)[first] = reinterpret_cast<const char *>(src + words)[first];
}

}  // namespace

namespace braid {

bool can_copy() {
  cudaFuncAttributes unused;
  const bool can = cudaFuncGetAttributes(&unused, copy) == cudaSuccess;
  cudaGetLastError();
  return can;
}

cudaError_t enqueue_copy(cudaStream_t stream, void *dst, const void *src, size_t bytes) {
  const size_t words = bytes / sizeof(uint4), each = static_cast<size_t>(kThreads) * kWords;
  const size_t blocks = std::min<size_t>(std::max<size_t>((words + each - 1) / each, 1), kBlocks);
  copy<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(static_cast<uint4 *>(dst), static_cast<const uint4 *>(src),
                                                               words, bytes % sizeof(uint4));
  return cudaGetLastError();
}

}  // namespace braid
