// Memory of devices and of the host, and bytes on their way to the caller.
#include <algorithm>
#include <cstring>

#include "entries.h"
#include "handles.h"

namespace braid {

int alloc_device(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, Error *err) {
  return entry(err, [&] {
    r->use(gpu);
    const size_t size = std::max<uint64_t>(bytes, 1);
    void *p = nullptr;
    check(cudaMalloc(&p, size), ("cudaMalloc of " + std::to_string(bytes) + " bytes").c_str());
    try {
      check(cudaMemset(p, 0, size), "cudaMemset");
      // Streams that wait for nothing would not wait for the zeros either.
      check(cudaStreamSynchronize(cudaStreamLegacy), "cudaStreamSynchronize");
    } catch (...) {
      cudaFree(p);
      cudaGetLastError();
      throw;
    }
    *out = p;
  });
}

int free_device(braid_cuda_runtime *r, int32_t gpu, void *p, Error *err) {
  return entry(err, [&] {
    r->use(gpu);
    check(cudaFree(p), "cudaFree");
  });
}

int alloc_host(braid_cuda_runtime *r, uint64_t bytes, void **out, Error *err) {
  return entry(err, [&] {
    r->use_any();  // portable: pinned for all
    const size_t size = std::max<uint64_t>(bytes, 1);
    void *p = nullptr;
    check(cudaHostAlloc(&p, size, cudaHostAllocPortable), ("cudaHostAlloc of " + std::to_string(bytes) + " bytes").c_str());
    std::memset(p, 0, size);
    *out = p;
  });
}

int free_host(braid_cuda_runtime *r, void *p, Error *err) {
  return entry(err, [&] {
    r->use_any();
    check(cudaFreeHost(p), "cudaFreeHost");
  });
}

int blob_data(braid_cuda_blob *b, const void **data, uint64_t *size, Error *err) {
  return entry(err, [&] {
    *data = b->memory ? b->memory->data() : b->text.data();
    *size = b->memory ? b->memory->size() : b->text.size();
  });
}

int blob_close(braid_cuda_blob *b, Error *err) {
  return entry(err, [&] { delete b; });
}

}  // namespace braid
