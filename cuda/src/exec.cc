// Execution contexts, each with a stream of its own.
#include <algorithm>

#include "entries.h"
#include "handles.h"
#include "stretch.h"

braid_cuda_exec::~braid_cuda_exec() {
  context.reset();
  if (start != nullptr) cudaFree(start);
  if (stream != nullptr && line == nullptr) cudaStreamDestroy(stream);
  cudaGetLastError();
}

namespace braid {

std::unique_ptr<nvinfer1::IExecutionContext> make_context(const braid_cuda_engine *e) {
  const std::lock_guard<std::mutex> hold(e->runtime->mutex);
  const Said said;
  std::unique_ptr<nvinfer1::IExecutionContext> made(e->engine->createExecutionContext());
  if (!made) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no execution context and does not say why");
  // The builder kept all details for the inspector; marking them in each run is slow.
  made->setNvtxVerbosity(nvinfer1::ProfilingVerbosity::kNONE);
  return made;
}

int exec_new(braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, Error *err) {
  return entry(err, [&] {
    if (rank < 0) fail(BRAID_CUDA_INVALID, "rank " + std::to_string(rank) + " is below 0");
    e->runtime->use(e->gpu);
    auto x = std::make_unique<braid_cuda_exec>();
    x->engine = e;
    x->context = make_context(e);
    int last = 0, first = 0;  // numbers of priorities; the first is the smaller one
    check(cudaDeviceGetStreamPriorityRange(&last, &first), "cudaDeviceGetStreamPriorityRange");
    // Non-blocking: it shall not wait for what others do on the default stream.
    check(cudaStreamCreateWithPriority(&x->stream, cudaStreamNonBlocking, last - std::min(rank, last - first)),
          "cudaStreamCreateWithPriority");
    *out = x.release();
  });
}

int exec_stretch(braid_cuda_exec *x, double factor, Error *err) {
  return entry(err, [&] {
    if (!(factor >= 1 && factor <= 1000)) fail(BRAID_CUDA_INVALID, "a run cannot take " + std::to_string(factor) + " times as long");
    if (x->line != nullptr) fail(BRAID_CUDA_INVALID, "this exec is stretched already");
    if (enqueue_stamp == nullptr) fail(BRAID_CUDA_UNSUPPORTED, "this library was built without nvcc: run make cuda where CUDA's compiler is");
    braid_cuda_runtime *r = x->engine->runtime;
    r->use(x->engine->gpu);
    check(cudaMalloc(reinterpret_cast<void **>(&x->start), sizeof *x->start), "cudaMalloc");
    braid_cuda_runtime::Line &line = r->line(x->engine->gpu);
    check(cudaStreamDestroy(x->stream), "cudaStreamDestroy");
    x->stream = line.stream;
    x->line = &line;
    x->factor = factor;
  });
}

int exec_close(braid_cuda_exec *x, Error *err) {
  return entry(err, [&] {
    if (x == nullptr) return;
    std::unique_ptr<braid_cuda_exec> owned(x);
    braid_cuda_runtime *r = x->engine->runtime;
    r->use(x->engine->gpu);
    // The context's memory must outlive what still runs; a dead stream does not. A stream that is shared may be
    // in the middle of another's capture, which waiting for it would spoil.
    cudaError_t e = cudaSuccess;
    {
      const auto turn = x->line == nullptr ? std::unique_lock<std::mutex>() : std::unique_lock<std::mutex>(x->line->mutex);
      e = cudaStreamSynchronize(x->stream);
    }
    {
      const std::lock_guard<std::mutex> hold(r->mutex);
      owned.reset();
    }
    check(e, "cudaStreamSynchronize");
  });
}

}  // namespace braid
