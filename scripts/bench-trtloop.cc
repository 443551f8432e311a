// A plain loop over TensorRT, to compare braid with: nothing of braid is in it.
//
//   trtloop ENGINE STREAMS SECONDS GRAPH
//   trtloop --build MODEL.onnx --out ENGINE [--fp16] [--level L] [--timing-cache FILE]
//
// Each stream is a thread with an execution context, a CUDA stream and page-locked
// inputs and outputs. An inference is: copy the inputs to the device, run, copy the
// outputs back, wait for an event without spinning. GRAPH 1 captures all but the
// wait in a CUDA graph.
#include <NvInferVersion.h>
#if NV_TENSORRT_MAJOR >= 11 || NV_TENSORRT_MAJOR < 8 || (NV_TENSORRT_MAJOR == 8 && NV_TENSORRT_MINOR < 6)
#error "trtloop needs TensorRT 8.6 to 10.x"
#else
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // kFP16 in 10.12 and later

#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

class Log : public nvinfer1::ILogger {
  void log(Severity severity, const char *message) noexcept override {
    if (severity <= Severity::kERROR) std::fprintf(stderr, "trtloop: %s\n", message);
  }
} logger;

[[noreturn]] void die(const std::string &text) {
  std::fprintf(stderr, "trtloop: %s\n", text.c_str());
  std::_Exit(1);
}

void check(cudaError_t e, const char *what) {
  if (e != cudaSuccess) die(std::string(what) + ": " + cudaGetErrorString(e));
}

std::vector<char> read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) die("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::string &path, const void *data, size_t size) {
  std::ofstream out(path, std::ios::binary);
  out.write(static_cast<const char *>(data), static_cast<std::streamsize>(size));
  if (!out.flush()) die("cannot write " + path);
}

size_t element_bytes(nvinfer1::DataType type) {
  switch (type) {
    case nvinfer1::DataType::kFLOAT:
    case nvinfer1::DataType::kINT32:
      return 4;
    case nvinfer1::DataType::kHALF:
      return 2;
#if NV_TENSORRT_MAJOR >= 10
    case nvinfer1::DataType::kINT64:
      return 8;
    case nvinfer1::DataType::kBF16:
      return 2;
#endif
    default:
      return 1;
  }
}

struct Buffer {
  const char *name;
  bool input;
  size_t bytes;
  void *host = nullptr, *device = nullptr;
};

std::vector<Buffer> make_buffers(const nvinfer1::ICudaEngine &engine) {
  std::vector<Buffer> all;
  for (int i = 0; i < engine.getNbIOTensors(); i++) {
    Buffer b = {};
    b.name = engine.getIOTensorName(i);
    b.input = engine.getTensorIOMode(b.name) == nvinfer1::TensorIOMode::kINPUT;
    const auto type = engine.getTensorDataType(b.name);
    const nvinfer1::Dims shape = engine.getTensorShape(b.name);
    const int vectorised = engine.getTensorVectorizedDim(b.name);
    const int components = engine.getTensorComponentsPerElement(b.name);
    b.bytes = element_bytes(type);
    for (int k = 0; k < shape.nbDims; k++) {
      if (shape.d[k] < 0) die(std::string(b.name) + " has no fixed shape");
      auto n = static_cast<size_t>(shape.d[k]);
      if (k == vectorised && components > 1) n = (n + components - 1) / components * components;
      b.bytes *= n;
    }
    check(cudaMalloc(&b.device, b.bytes), "cudaMalloc");
    check(cudaHostAlloc(&b.host, b.bytes, cudaHostAllocDefault), "cudaHostAlloc");
    std::memset(b.host, 0, b.bytes);
    if (b.input && type == nvinfer1::DataType::kFLOAT) {
      uint32_t state = 1;
      for (size_t k = 0; k < b.bytes / sizeof(float); k++) {
        state = state * 1664525U + 1013904223U;
        static_cast<float *>(b.host)[k] = static_cast<float>(state >> 8) / 16777216.0F;
      }
    }
    all.push_back(b);
  }
  return all;
}

class Stream {
 public:
  Stream(nvinfer1::ICudaEngine &engine, bool graph) : buffers_(make_buffers(engine)) {
    context_.reset(engine.createExecutionContext());
    if (!context_) die("no execution context");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    check(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming | cudaEventBlockingSync), "cudaEventCreateWithFlags");
    for (const Buffer &b : buffers_)
      if (!context_->setTensorAddress(b.name, b.device)) die(std::string("no address for ") + b.name);
    enqueue();
    check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    if (!graph) return;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    enqueue();
    cudaGraph_t captured = nullptr;
    check(cudaStreamEndCapture(stream_, &captured), "cudaStreamEndCapture");
    check(cudaGraphInstantiateWithFlags(&graph_, captured, 0), "cudaGraphInstantiateWithFlags");
    check(cudaGraphDestroy(captured), "cudaGraphDestroy");
    check(cudaGraphUpload(graph_, stream_), "cudaGraphUpload");
  }

  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  ~Stream() {
    if (graph_ != nullptr) cudaGraphExecDestroy(graph_);
    context_.reset();
    cudaEventDestroy(done_);
    cudaStreamDestroy(stream_);
    for (const Buffer &b : buffers_) {
      cudaFree(b.device);
      cudaFreeHost(b.host);
    }
  }

  void infer() {
    if (graph_ != nullptr)
      check(cudaGraphLaunch(graph_, stream_), "cudaGraphLaunch");
    else
      enqueue();
    check(cudaEventRecord(done_, stream_), "cudaEventRecord");
    check(cudaEventSynchronize(done_), "cudaEventSynchronize");
  }

 private:
  void enqueue() {
    for (const Buffer &b : buffers_)
      if (b.input) check(cudaMemcpyAsync(b.device, b.host, b.bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync");
    if (!context_->enqueueV3(stream_)) die("enqueueV3 failed");
    for (const Buffer &b : buffers_)
      if (!b.input) check(cudaMemcpyAsync(b.host, b.device, b.bytes, cudaMemcpyDeviceToHost, stream_), "cudaMemcpyAsync");
  }

  std::vector<Buffer> buffers_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t done_ = nullptr;
  cudaGraphExec_t graph_ = nullptr;
};

int measure(const std::string &path, int streams, double seconds, bool graph) {
  const std::vector<char> blob = read_file(path);
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  if (!runtime) die("no runtime");
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(blob.data(), blob.size()));
  if (!engine) die("no engine in " + path);

  std::mutex making;
  std::atomic<int> ready{0};
  std::atomic<bool> go{false}, stop{false};
  std::atomic<int64_t> total{0};
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(streams));
  for (int i = 0; i < streams; i++) {
    threads.emplace_back([&] {
      check(cudaSetDevice(0), "cudaSetDevice");
      std::unique_ptr<Stream> s;
      {
        const std::lock_guard<std::mutex> hold(making);
        s = std::make_unique<Stream>(*engine, graph);
      }
      for (int k = 0; k < 20; k++) s->infer();
      ready++;
      while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      int64_t n = 0;
      while (!stop) {
        s->infer();
        n++;
      }
      total += n;
    });
  }
  while (ready < streams) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = std::chrono::steady_clock::now();
  go = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread &t : threads) t.join();  // each ends its last inference, which counts
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"streams\":%d,\"graph\":%d,\"inferences_per_s\":%.1f}\n", streams, graph ? 1 : 0,
              static_cast<double>(total) / took.count());
  return 0;
}

struct BuildOptions {
  std::string model, out, timing_cache;
  bool fp16 = false;
  int level = 3;
};

int build(const BuildOptions &o) {
  const std::vector<char> onnx = read_file(o.model);
  const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
  if (!builder) die("no builder");
  uint32_t flags = 0;
#if NV_TENSORRT_MAJOR < 10
  flags = 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(flags));
  const std::unique_ptr<nvonnxparser::IParser> parser(nvonnxparser::createParser(*network, logger));
  if (!parser->parse(onnx.data(), onnx.size())) die("cannot parse " + o.model);
  std::unique_ptr<nvinfer1::ITimingCache> cache;  // outlives the configuration
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  if (o.fp16) config->setFlag(nvinfer1::BuilderFlag::kFP16);
  config->setBuilderOptimizationLevel(o.level);
  if (!o.timing_cache.empty()) {
    std::vector<char> data;
    if (std::ifstream(o.timing_cache).good()) data = read_file(o.timing_cache);
    cache.reset(config->createTimingCache(data.data(), data.size()));
    if (!cache || !config->setTimingCache(*cache, false)) die("the timing cache does not fit: remove " + o.timing_cache);
  }
  const std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) die("no engine was built");
  write_file(o.out, plan->data(), plan->size());
  if (cache) {
    const std::unique_ptr<nvinfer1::IHostMemory> times(config->getTimingCache()->serialize());
    if (times) write_file(o.timing_cache, times->data(), times->size());
  }
  return 0;
}

[[noreturn]] void usage() {
  die("usage: trtloop ENGINE STREAMS SECONDS GRAPH | "
      "trtloop --build MODEL.onnx --out ENGINE [--fp16] [--level L] [--timing-cache FILE]");
}

}  // namespace

int main(int argc, char **argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() == 4 && args[0].compare(0, 2, "--") != 0) {
    const int streams = std::atoi(args[1].c_str());
    const double seconds = std::atof(args[2].c_str());
    if (streams < 1 || seconds <= 0 || (args[3] != "0" && args[3] != "1")) usage();
    return measure(args[0], streams, seconds, args[3] == "1");
  }
  BuildOptions o;
  for (size_t i = 0; i < args.size(); i++) {
    const auto value = [&]() -> const std::string & { return ++i < args.size() ? args[i] : (usage(), args[0]); };
    if (args[i] == "--build")
      o.model = value();
    else if (args[i] == "--out")
      o.out = value();
    else if (args[i] == "--timing-cache")
      o.timing_cache = value();
    else if (args[i] == "--level")
      o.level = std::atoi(value().c_str());
    else if (args[i] == "--fp16")
      o.fp16 = true;
    else
      usage();
  }
  if (o.model.empty() || o.out.empty()) usage();
  return build(o);
}
#endif
