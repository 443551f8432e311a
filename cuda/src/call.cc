// Calls: a network bound to tensors, run eagerly or as a CUDA graph.
#include <chrono>
#include <condition_variable>
#include <cstring>

#include "copy.h"
#include "entries.h"
#include "handles.h"
#include "stretch.h"

braid_cuda_call::~braid_cuda_call() {
  if (graph != nullptr) cudaGraphExecDestroy(graph);
  if (done != nullptr) cudaEventDestroy(done);
  cudaGetLastError();
}

namespace braid {
namespace {

enum class Which { kAll, kOutside, kCaptured };

void use(const braid_cuda_call *c) { c->exec->engine->runtime->use(c->exec->engine->gpu); }

cudaMemcpyKind kind_of(const Copy &copy) {
  if (copy.dst_gpu >= 0) return copy.src_gpu >= 0 ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice;
  return copy.src_gpu >= 0 ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost;
}

bool on_word(const void *p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

// Whether the call's GPU makes a copy from or to another one's memory by a kernel, in the order of its own stream.
// CUDA's copies from one GPU are a queue whichever stream they are in: one that waits for its stream keeps back those
// of streams that are ready.
bool by_kernel(const braid_cuda_call *c, const Copy &copy) {
  const int own = c->exec->engine->gpu;
  if (!copy.crosses() || (copy.dst_gpu != own && copy.src_gpu != own)) return false;
  if (!on_word(copy.dst) || !on_word(copy.src)) return false;
  return c->exec->engine->runtime->reaches(own, copy.dst_gpu == own ? copy.src_gpu : copy.dst_gpu);
}

void enqueue(const Copy &copy, cudaStream_t stream) {
  if (copy.by_kernel) {
    check(enqueue_copy(stream, copy.dst, copy.src, copy.bytes), "the kernel that copies from GPU to GPU");
  } else if (copy.crosses()) {
    check(cudaMemcpyPeerAsync(copy.dst, copy.dst_gpu, copy.src, copy.src_gpu, copy.bytes, stream),
          "cudaMemcpyPeerAsync");
  } else {
    check(cudaMemcpyAsync(copy.dst, copy.src, copy.bytes, kind_of(copy), stream), "cudaMemcpyAsync");
  }
}

void enqueue(const std::vector<Copy> &copies, Which which, cudaStream_t stream) {
  for (const Copy &copy : copies)
    if (which == Which::kAll || (which == Which::kCaptured) == copy.captured()) enqueue(copy, stream);
}

bool tie_tensors(const braid_cuda_call *c, nvinfer1::IExecutionContext &context) {
  const auto &tensors = c->exec->engine->tensors;
  for (size_t i = 0; i < tensors.size(); i++)
    if (!context.setTensorAddress(tensors[i].name, c->addresses[i])) return false;
  return true;
}

bool enqueue_network(braid_cuda_call *c) {
  braid_cuda_exec *x = c->exec;
  if (!tie_tensors(c, *x->context)) return false;
  if (x->line != nullptr) check(enqueue_stamp(x->stream, x->start), "the kernel that begins a stretched run");
  if (!x->context->enqueueV3(x->stream)) return false;
  if (x->line != nullptr) check(enqueue_hold(x->stream, x->start, x->factor), "the kernel that stretches a run");
  return true;
}

// Holds the line that a stretched exec shares with others.
std::unique_lock<std::mutex> in_line(const braid_cuda_exec *x) {
  return x->line == nullptr ? std::unique_lock<std::mutex>() : std::unique_lock<std::mutex>(x->line->mutex);
}

void run_eagerly(braid_cuda_call *c) {
  const cudaStream_t stream = c->exec->stream;
  enqueue(c->before, Which::kAll, stream);
  const Said said;
  if (!enqueue_network(c)) said.fail(BRAID_CUDA_INTERNAL, "TensorRT does not run this network and does not say why");
  enqueue(c->after, Which::kAll, stream);
}

struct Graph {
  cudaGraph_t graph = nullptr;
  ~Graph() {
    if (graph != nullptr) cudaGraphDestroy(graph);
  }
};

// Not every network can be captured; that is for the caller to know, not fatal. found is the code of what went
// wrong while it was captured.
[[noreturn]] void fail_capture(int found, const std::string &why, cudaError_t e) {
  cudaGetLastError();
  std::string text = "no CUDA graph for this network";
  if (!why.empty()) text += ": " + why;
  if (e != cudaSuccess) text += std::string(": ") + cudaGetErrorString(e) + " (" + cudaGetErrorName(e) + ")";
  int code = BRAID_CUDA_UNSUPPORTED;
  if (found == BRAID_CUDA_DEVICE_LOST || found == BRAID_CUDA_OUT_OF_MEMORY) code = found;
  if (lost(e)) code = BRAID_CUDA_DEVICE_LOST;
  if (e == cudaErrorMemoryAllocation) code = BRAID_CUDA_OUT_OF_MEMORY;
  fail(code, text);
}

void capture(braid_cuda_call *c) {
  const cudaStream_t stream = c->exec->stream;
  // Thread-local: other threads may allocate and build meanwhile.
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  const Said said;
  Graph g;
  std::string why;
  bool well = false;
  int found = BRAID_CUDA_OK;
  try {
    enqueue(c->before, Which::kCaptured, stream);
    well = enqueue_network(c);
    if (well) enqueue(c->after, Which::kCaptured, stream);
    if (!well) why = said.text();
  } catch (Failure &f) {
    well = false;
    found = f.code;
    why.swap(f.text);
  } catch (...) {  // no memory for a text
    well = false;
    found = BRAID_CUDA_OUT_OF_MEMORY;
  }
  // Also after a failure: the stream must leave capture mode.
  const cudaError_t ended = cudaStreamEndCapture(stream, &g.graph);
  if (!well || ended != cudaSuccess) fail_capture(found, why, ended);
  cudaGraphExec_t made = nullptr;
  const cudaError_t e = cudaGraphInstantiateWithFlags(&made, g.graph, 0);
  if (e != cudaSuccess) fail_capture(BRAID_CUDA_OK, said.text(), e);
  c->graph = made;
  check(cudaGraphUpload(made, stream), "cudaGraphUpload");
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

void check_addresses(const braid_cuda_call *c) {
  for (size_t i = 0; i < c->addresses.size(); i++) {
    if (c->addresses[i] == nullptr) {
      fail(BRAID_CUDA_INVALID, std::string("tensor \"") + c->exec->engine->tensors[i].name + "\" has no memory");
    }
  }
}

// Waits for what a failed start may have enqueued, or a failed wait has left: there is
// no event behind it that anybody waits for, and the caller uses its tensors again. Where that fails too the
// device is lost, whatever CUDA called the first error.
int drain(const braid_cuda_call *c, int rc, Error *err) {
  // Not within another call's capture on this stream, which waiting would spoil, and be refused for.
  const std::lock_guard<std::mutex> hold(c->exec->mutex);
  const auto turn = in_line(c->exec);
  const cudaError_t e = cudaStreamSynchronize(c->exec->stream);
  cudaGetLastError();
  if (e != cudaSuccess) err->code = rc = BRAID_CUDA_DEVICE_LOST;
  return rc;
}

}  // namespace

int call_new(braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, Error *err) {
  return entry(err, [&] {
    auto c = std::make_unique<braid_cuda_call>();
    c->exec = x;
    c->addresses.resize(x->engine->tensors.size());
    use(c.get());
    const unsigned flags = cudaEventDisableTiming | (spin != 0 ? 0U : cudaEventBlockingSync);
    check(cudaEventCreateWithFlags(&c->done, flags), "cudaEventCreateWithFlags");
    *out = c.release();
  });
}

int call_tensor(braid_cuda_call *c, const char *name, void *p, Error *err) {
  return entry(err, [&] {
    if (c->ready) fail(BRAID_CUDA_INVALID, "this call is bound already");
    const auto &tensors = c->exec->engine->tensors;
    for (size_t i = 0; i < tensors.size(); i++) {
      if (std::strcmp(tensors[i].name, name) == 0) {
        c->addresses[i] = p;
        return;
      }
    }
    fail(BRAID_CUDA_INVALID, std::string("the engine has no tensor \"") + name + "\"");
  });
}

int call_copy(braid_cuda_call *c, int32_t when, void *dst, int32_t dst_gpu, const void *src, int32_t src_gpu,
              uint64_t bytes, Error *err) {
  return entry(err, [&] {
    if (c->ready) fail(BRAID_CUDA_INVALID, "this call is bound already");
    for (const int gpu : {dst_gpu, src_gpu}) {
      if (gpu != BRAID_CUDA_HOST && (gpu < 0 || gpu >= c->exec->engine->runtime->gpus))
        fail(BRAID_CUDA_INVALID, "a copy from or to GPU " + std::to_string(gpu) + ", which there is not");
    }
    if (dst == nullptr || src == nullptr) fail(BRAID_CUDA_INVALID, "a copy from or to nowhere");
    Copy copy{dst, dst_gpu, src, src_gpu, bytes, false};
    copy.by_kernel = by_kernel(c, copy);
    switch (when) {
      case BRAID_CUDA_BEFORE: c->before.push_back(copy); break;
      case BRAID_CUDA_AFTER: c->after.push_back(copy); break;
      case BRAID_CUDA_ON_DEMAND:
        if (c->on_demand.size() == 64) fail(BRAID_CUDA_INVALID, "a call has at most 64 copies on demand");
        c->on_demand.push_back(copy);
        break;
      default: fail(BRAID_CUDA_INVALID, "a copy at no time that there is");
    }
  });
}

int call_ready(braid_cuda_call *c, int32_t graph, Error *err) {
  return entry(err, [&] {
    use(c);
    check_addresses(c);
    const std::lock_guard<std::mutex> hold(c->exec->mutex);
    const auto turn = in_line(c->exec);
    if (c->graph != nullptr) {
      cudaGraphExecDestroy(c->graph);
      c->graph = nullptr;
    }
    // Once without capture: TensorRT and CUDA load and set up what they must not
    // within a capture.
    run_eagerly(c);
    check(cudaStreamSynchronize(c->exec->stream), "cudaStreamSynchronize");
    check(cudaEventRecord(c->done, c->exec->stream), "cudaEventRecord");
    c->ready = true;  // without a graph too: the caller may go on eagerly
    if (graph != 0) capture(c);
  });
}

int call_start(braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, Error *err) {
  const int rc = entry(err, [&] {
    if (!c->ready) fail(BRAID_CUDA_INVALID, "this call is not ready");
    use(c);
    const std::lock_guard<std::mutex> hold(c->exec->mutex);
    const auto turn = in_line(c->exec);
    const cudaStream_t stream = c->exec->stream;
    // What is on the same stream is in order anyway.
    if (after != nullptr && after->exec->stream != stream)
      check(cudaStreamWaitEvent(stream, after->done, 0), "cudaStreamWaitEvent");
    for (size_t i = 0; i < c->on_demand.size(); i++)
      if ((wanted >> i & 1) != 0) enqueue(c->on_demand[i], stream);
    if (c->graph != nullptr) {
      enqueue(c->before, Which::kOutside, stream);
      check(cudaGraphLaunch(c->graph, stream), "cudaGraphLaunch");
      enqueue(c->after, Which::kOutside, stream);
    } else {
      run_eagerly(c);
    }
    check(cudaEventRecord(c->done, stream), "cudaEventRecord");
  });
  return rc == BRAID_CUDA_OK ? rc : drain(c, rc, err);
}

namespace {

// What TensorRT reports of each layer, as JSON.
class Times : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(const char *layer, float ms) noexcept override {
    try {
      text_ += text_.empty() ? "[" : ",";
      text_ += "{\"layer\":" + quoted(layer) + ",\"ms\":" + std::to_string(ms) + "}";
    } catch (...) {
      whole_ = false;
    }
  }
  std::string json() const {
    if (!whole_) fail(BRAID_CUDA_OUT_OF_MEMORY, "no memory for the times of the layers");
    if (text_.empty()) fail(BRAID_CUDA_UNSUPPORTED, "TensorRT reports no time of any layer");
    return text_ + "]";
  }

 private:
  std::string text_;
  bool whole_ = true;
};

// A context that a profiler is told the runs of, beside the exec's own: TensorRT 8.6 takes no profiler off a context
// again (setProfiler refuses null), and would have told one that is gone of each later run.
class Profiled {
 public:
  explicit Profiled(const braid_cuda_exec *x) : exec_(x), context_(make_context(x->engine)) {
    context_->setProfiler(&times_);
    context_->setEnqueueEmitsProfile(false);  // which would wait for the run behind enqueueing it
  }
  ~Profiled() {
    cudaStreamSynchronize(exec_->stream);  // the context's memory outlives what still runs
    const std::lock_guard<std::mutex> hold(exec_->engine->runtime->mutex);
    context_.reset();
  }
  Profiled(const Profiled &) = delete;
  Profiled &operator=(const Profiled &) = delete;

  nvinfer1::IExecutionContext &context() { return *context_; }

  // The times of the last run, which was waited for.
  std::string json() {
    const Said said;
    if (!context_->reportToProfiler())
      said.fail(BRAID_CUDA_INTERNAL, "TensorRT does not tell the times of layers and does not say why");
    return times_.json();
  }

 private:
  const braid_cuda_exec *exec_;
  Times times_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

// Holds a stream back until it is opened: what is enqueued meanwhile then runs kernel behind kernel. Else a small
// kernel takes as long as launching the next, and the first as long as TensorRT needs to begin.
class Gate {
 public:
  explicit Gate(cudaStream_t stream) : shared_(std::make_shared<Shared>()) {
    auto own = std::make_unique<std::shared_ptr<Shared>>(shared_);  // which a stream that fails never takes
    check(cudaLaunchHostFunc(stream, wait, own.get()), "cudaLaunchHostFunc");
    own.release();
  }
  ~Gate() { open(); }
  Gate(const Gate &) = delete;
  Gate &operator=(const Gate &) = delete;

  // Whether the stream was held until now.
  bool open() {
    const std::lock_guard<std::mutex> hold(shared_->mutex);
    shared_->open = true;
    shared_->changed.notify_one();
    return !shared_->late;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false, late = false;
  };

  // Then it goes on: a full queue of launches keeps the thread that launches waiting for the stream.
  static constexpr std::chrono::milliseconds kLongest{100};

  static void CUDART_CB wait(void *p) {
    const std::unique_ptr<std::shared_ptr<Shared>> own(static_cast<std::shared_ptr<Shared> *>(p));
    Shared &s = **own;
    std::unique_lock<std::mutex> hold(s.mutex);
    s.late = !s.changed.wait_for(hold, kLongest, [&s] { return s.open; });
  }

  std::shared_ptr<Shared> shared_;
};

struct Timer {
  cudaEvent_t event = nullptr;
  Timer() { check(cudaEventCreate(&event), "cudaEventCreate"); }
  ~Timer() { cudaEventDestroy(event); }
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;
};

// Enqueues the network without its copies.
void enqueue_alone(const braid_cuda_call *c, nvinfer1::IExecutionContext &context) {
  const Said said;
  if (!tie_tensors(c, context) || !context.enqueueV3(c->exec->stream))
    said.fail(BRAID_CUDA_INTERNAL, "TensorRT does not run this network and does not say why");
}

// Runs the network without its copies and gives the time that took on the device, ms. All of it is enqueued before
// it begins; at_once is false where it was not.
float run_alone(const braid_cuda_call *c, nvinfer1::IExecutionContext &context, bool &at_once) {
  const cudaStream_t stream = c->exec->stream;
  const Timer begin, end;
  Gate gate(stream);
  check(cudaEventRecord(begin.event, stream), "cudaEventRecord");
  enqueue_alone(c, context);
  check(cudaEventRecord(end.event, stream), "cudaEventRecord");
  at_once = gate.open();
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  float ms = 0;
  check(cudaEventElapsedTime(&ms, begin.event, end.event), "cudaEventElapsedTime");
  return ms;
}

}  // namespace

int call_profile(braid_cuda_call *c, braid_cuda_blob **out, Error *err) {
  const int rc = entry(err, [&] {
    if (!c->ready) fail(BRAID_CUDA_INVALID, "this call is not ready");
    use(c);
    const std::lock_guard<std::mutex> hold(c->exec->mutex);
    const auto turn = in_line(c->exec);
    enqueue(c->before, Which::kAll, c->exec->stream);
    bool plain = false, timed = false;
    const float ms = run_alone(c, *c->exec->context, plain);
    Profiled layers(c->exec);
    enqueue_alone(c, layers.context());  // once before: a context sets itself up in its first run
    check(cudaStreamSynchronize(c->exec->stream), "cudaStreamSynchronize");
    run_alone(c, layers.context(), timed);
    auto blob = std::make_unique<braid_cuda_blob>();
    blob->text = "{\"run_ms\":" + std::to_string(ms) + ",\"at_once\":" + (plain && timed ? "true" : "false") +
                 ",\"layers\":" + layers.json() + "}";
    *out = blob.release();
  });
  return rc == BRAID_CUDA_OK ? rc : drain(c, rc, err);
}

int call_wait(braid_cuda_call *c, Error *err) {
  const int rc = entry(err, [&] {
    use(c);
    check(cudaEventSynchronize(c->done), "cudaEventSynchronize");
  });
  return rc == BRAID_CUDA_OK ? rc : drain(c, rc, err);
}

int call_close(braid_cuda_call *c, Error *err) {
  return entry(err, [&] {
    if (c == nullptr) return;
    std::unique_ptr<braid_cuda_call> owned(c);
    use(c);
    // The graph and the caller's memory may still be in use.
    const cudaError_t e = cudaEventSynchronize(c->done);
    owned.reset();
    check(e, "cudaEventSynchronize");
  });
}

}  // namespace braid
