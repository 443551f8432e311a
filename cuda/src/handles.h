// What the handles of the ABI are.
#ifndef BRAID_HANDLES_H
#define BRAID_HANDLES_H

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support.h"

struct braid_cuda_runtime {
  int gpus = 0;

  // Guards what is private here, and the making of engines and contexts: TensorRT promises
  // concurrency only for running different contexts.
  std::mutex mutex;

  braid_cuda_runtime() = default;
  braid_cuda_runtime(const braid_cuda_runtime &) = delete;
  braid_cuda_runtime &operator=(const braid_cuda_runtime &) = delete;
  ~braid_cuda_runtime();

  // Fails where there is no such GPU.
  void known(int gpu) const;
  // Makes gpu current.
  void use(int gpu) const;
  // Makes the GPU current that was last, or one that works.
  void use_any() const;

  // Notes that gpu may use the memory of other, and has the kernel for that.
  void reach(int gpu, int other);
  // Whether that was noted.
  bool reaches(int gpu, int other);

  // The stream that all stretched execs of a GPU share. gpu is current.
  struct Line {
    cudaStream_t stream = nullptr;
    std::mutex mutex;  // a run is several operations, which are not to be mixed with another's
  };
  Line &line(int gpu);

  // The IRuntime of a GPU or a DLA core, made when first asked for. A DLA core is
  // a setting of an IRuntime, hence one for each. mutex is held, gpu is current.
  nvinfer1::IRuntime &runtime(int gpu, int dla_core);

 private:
  mutable std::atomic<int> last_{-1};
  std::map<std::pair<int, int>, std::unique_ptr<nvinfer1::IRuntime>> runtimes_;
  std::map<int, Line> lines_;
  std::set<std::pair<int, int>> reached_;
};

struct braid_cuda_blob {
  std::unique_ptr<nvinfer1::IHostMemory> memory;  // or text
  std::string text;
};

struct braid_cuda_builder {
  braid_cuda_runtime *runtime = nullptr;
  int gpu = 0;
  // Destroyed in the opposite order. The parser keeps weights that the network
  // refers to, the configuration refers to the caches.
  std::unique_ptr<nvinfer1::IBuilder> builder;
  std::vector<std::unique_ptr<nvinfer1::ITimingCache>> caches;
  std::unique_ptr<nvinfer1::IBuilderConfig> config;
  std::unique_ptr<nvinfer1::INetworkDefinition> network;
  std::unique_ptr<nvonnxparser::IParser> parser;
  std::unordered_map<std::string, nvinfer1::ITensor *> tensors;  // all of the network, once asked for
  bool parsed = false;
};

struct braid_cuda_engine {
  braid_cuda_runtime *runtime = nullptr;
  int gpu = 0;
  std::unique_ptr<nvinfer1::ICudaEngine> engine;
  std::vector<braid_cuda_tensor> tensors;
};

struct braid_cuda_exec {
  braid_cuda_engine *engine = nullptr;
  std::unique_ptr<nvinfer1::IExecutionContext> context;
  cudaStream_t stream = nullptr;
  braid_cuda_runtime::Line *line = nullptr;  // stretched: the stream is the line's
  unsigned long long *start = nullptr;       // in the GPU's memory
  double factor = 1;
  // Calls share the context: what one sets and enqueues, or captures, is not to be
  // mixed with another's.
  std::mutex mutex;

  braid_cuda_exec() = default;
  braid_cuda_exec(const braid_cuda_exec &) = delete;
  braid_cuda_exec &operator=(const braid_cuda_exec &) = delete;
  ~braid_cuda_exec();
};

namespace braid {

// A context of the engine's, whose GPU is current. The runtime's mutex is not held.
std::unique_ptr<nvinfer1::IExecutionContext> make_context(const braid_cuda_engine *e);

struct Copy {
  void *dst;
  int dst_gpu;
  const void *src;
  int src_gpu;
  size_t bytes;
  bool by_kernel;  // of the GPU that the call runs on, which reaches the other

  // From one GPU to another.
  bool crosses() const { return dst_gpu >= 0 && src_gpu >= 0 && dst_gpu != src_gpu; }
  // Whether it may be part of a CUDA graph: not every version can capture CUDA's own copies between GPUs.
  bool captured() const { return by_kernel || !crosses(); }
};

}  // namespace braid

struct braid_cuda_call {
  braid_cuda_exec *exec = nullptr;
  cudaEvent_t done = nullptr;
  std::vector<void *> addresses;  // as the engine's tensors
  std::vector<braid::Copy> before, after, on_demand;
  bool ready = false;
  cudaGraphExec_t graph = nullptr;

  braid_cuda_call() = default;
  braid_cuda_call(const braid_cuda_call &) = delete;
  braid_cuda_call &operator=(const braid_cuda_call &) = delete;
  ~braid_cuda_call();
};

#endif
