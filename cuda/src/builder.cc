// From ONNX to an engine.
#include <cmath>

#include "entries.h"
#include "handles.h"
#include "types.h"

namespace braid {
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::ITensor;
using nvinfer1::LayerType;
using nvinfer1::MemoryPoolType;

void use(const braid_cuda_builder *b) { b->runtime->use(b->gpu); }

void need_network(const braid_cuda_builder *b) {
  if (!b->parsed) fail(BRAID_CUDA_INVALID, "no network was parsed");
}

// From 7 to 13 all codes are of what is unsupported; their number grew by version.
bool unsupported(nvonnxparser::ErrorCode code) {
  return code >= nvonnxparser::ErrorCode::kUNSUPPORTED_GRAPH && static_cast<int>(code) <= 13;
}

// Which node it was: 8.6 tells name and operator only in its log.
std::string node_of(const nvonnxparser::IParserError &e, const Said &said) {
  if (e.node() < 0) return "";
#if NV_TENSORRT_MAJOR >= 10
  (void)said;
  const char *name = e.nodeName(), *op = e.nodeOperator();
  return "node " + std::to_string(e.node()) + " " + (name ? name : "") + " (" + (op ? op : "") + "): ";
#else
  const std::string parsing = "While parsing node number ";
  std::string line = said.line(parsing.c_str());
  const size_t at = line.find(parsing);
  if (at == std::string::npos) return "node " + std::to_string(e.node()) + ": ";
  // While parsing node number 3 [Conv -> "tensor"]:
  line = line.substr(at + parsing.size());
  while (!line.empty() && (line.back() == ':' || line.back() == '\n')) line.pop_back();
  return "node " + line + ": ";
#endif
}

[[noreturn]] void fail_parsing(const nvonnxparser::IParser &parser, const Said &said) {
  std::string text;
  int code = BRAID_CUDA_INVALID;
  for (int i = 0; i < parser.getNbErrors(); i++) {
    const nvonnxparser::IParserError *e = parser.getError(i);
    if (e == nullptr) continue;
    if (unsupported(e->code())) code = BRAID_CUDA_UNSUPPORTED;
    const char *what = e->desc();
    if (!text.empty()) text += "; ";
    text += node_of(*e, said) + (what ? what : "");
  }
  if (text.empty()) said.fail(code, "TensorRT cannot read this network and does not say why");
  // The parser says that a plugin is missing, only the log which.
  const std::string logged = said.text();
  if (!logged.empty() && text.find(logged) == std::string::npos) text += " (" + logged + ")";
  fail(code, text);
}

BuilderFlag flag_of(int32_t flag) {
  switch (flag) {
    case BRAID_CUDA_FLAG_FP16:
      return BuilderFlag::kFP16;
    case BRAID_CUDA_FLAG_INT8:
      return BuilderFlag::kINT8;
    case BRAID_CUDA_FLAG_TF32:
      return BuilderFlag::kTF32;
    case BRAID_CUDA_FLAG_GPU_FALLBACK:
      return BuilderFlag::kGPU_FALLBACK;
    case BRAID_CUDA_FLAG_PREFER_PRECISION:
      return BuilderFlag::kPREFER_PRECISION_CONSTRAINTS;
    case BRAID_CUDA_FLAG_DIRECT_IO:
      return BuilderFlag::kDIRECT_IO;
    default:
      fail(BRAID_CUDA_INVALID, "unknown flag " + std::to_string(flag));
  }
}

MemoryPoolType pool_of(int32_t pool) {
  switch (pool) {
    case BRAID_CUDA_POOL_WORKSPACE:
      return MemoryPoolType::kWORKSPACE;
    case BRAID_CUDA_POOL_DLA_SRAM:
      return MemoryPoolType::kDLA_MANAGED_SRAM;
    case BRAID_CUDA_POOL_DLA_LOCAL_DRAM:
      return MemoryPoolType::kDLA_LOCAL_DRAM;
    case BRAID_CUDA_POOL_DLA_GLOBAL_DRAM:
      return MemoryPoolType::kDLA_GLOBAL_DRAM;
    default:
      fail(BRAID_CUDA_INVALID, "unknown memory pool " + std::to_string(pool));
  }
}

ITensor *find_io(const nvinfer1::INetworkDefinition &n, const std::string &name) {
  for (int i = 0; i < n.getNbInputs(); i++)
    if (ITensor *t = n.getInput(i); name == t->getName()) return t;
  for (int i = 0; i < n.getNbOutputs(); i++)
    if (ITensor *t = n.getOutput(i); name == t->getName()) return t;
  return nullptr;
}

void collect(std::unordered_map<std::string, ITensor *> &all, ITensor *t) {
  if (t != nullptr) all.emplace(t->getName(), t);
}

void collect_all(braid_cuda_builder *b) {
  const nvinfer1::INetworkDefinition &n = *b->network;
  for (int i = 0; i < n.getNbInputs(); i++) collect(b->tensors, n.getInput(i));
  for (int i = 0; i < n.getNbLayers(); i++) {
    const nvinfer1::ILayer &l = *n.getLayer(i);
    for (int k = 0; k < l.getNbOutputs(); k++) collect(b->tensors, l.getOutput(k));
    for (int k = 0; k < l.getNbInputs(); k++) collect(b->tensors, l.getInput(k));
  }
}

std::string layer_type(LayerType type) {
  // The numbers differ between versions, the names do not.
#define BRAID_NAME(name) \
  case LayerType::k##name: \
    return #name;
  switch (type) {
    BRAID_NAME(CONVOLUTION)
    BRAID_NAME(ACTIVATION)
    BRAID_NAME(POOLING)
    BRAID_NAME(LRN)
    BRAID_NAME(SCALE)
    BRAID_NAME(SOFTMAX)
    BRAID_NAME(DECONVOLUTION)
    BRAID_NAME(CONCATENATION)
    BRAID_NAME(ELEMENTWISE)
    BRAID_NAME(PLUGIN)
    BRAID_NAME(PLUGIN_V2)
    BRAID_NAME(UNARY)
    BRAID_NAME(PADDING)
    BRAID_NAME(SHUFFLE)
    BRAID_NAME(REDUCE)
    BRAID_NAME(TOPK)
    BRAID_NAME(GATHER)
    BRAID_NAME(MATRIX_MULTIPLY)
    BRAID_NAME(CONSTANT)
    BRAID_NAME(IDENTITY)
    BRAID_NAME(CAST)
    BRAID_NAME(SLICE)
    BRAID_NAME(SHAPE)
    BRAID_NAME(PARAMETRIC_RELU)
    BRAID_NAME(RESIZE)
    BRAID_NAME(SELECT)
    BRAID_NAME(FILL)
    BRAID_NAME(QUANTIZE)
    BRAID_NAME(DEQUANTIZE)
    BRAID_NAME(SCATTER)
    BRAID_NAME(EINSUM)
    BRAID_NAME(ONE_HOT)
    BRAID_NAME(NON_ZERO)
    BRAID_NAME(GRID_SAMPLE)
    BRAID_NAME(NMS)
    BRAID_NAME(NORMALIZATION)
#if NV_TENSORRT_MAJOR < 10
    BRAID_NAME(FULLY_CONNECTED)
#endif
    default:
      return "LAYER_TYPE_" + std::to_string(static_cast<int>(type));
  }
#undef BRAID_NAME
}

// Refuses what was measured on another device or by another version.
bool attach_cache(braid_cuda_builder *b, const void *data, size_t size) {
  std::unique_ptr<nvinfer1::ITimingCache> cache(b->config->createTimingCache(data, size));
  if (!cache) return false;
  if (!b->config->setTimingCache(*cache, false)) return false;
  b->caches.push_back(std::move(cache));
  return true;
}

braid_cuda_blob *blob_of(std::unique_ptr<nvinfer1::IHostMemory> memory) {
  auto blob = std::make_unique<braid_cuda_blob>();
  blob->memory = std::move(memory);
  return blob.release();
}

}  // namespace

int builder_new(braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, Error *err) {
  return entry(err, [&] {
    r->use(gpu);
    auto b = std::make_unique<braid_cuda_builder>();
    b->runtime = r;
    b->gpu = gpu;
    const Said said;
    b->builder.reset(nvinfer1::createInferBuilder(logger()));
    if (!b->builder) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no builder");
    b->config.reset(b->builder->createBuilderConfig());
    if (!b->config) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no builder configuration");
    // So that the engine inspector names layers, their types and layouts.
    b->config->setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
    *out = b.release();
  });
}

int builder_parse(braid_cuda_builder *b, const void *onnx, uint64_t size, Error *err) {
  return entry(err, [&] {
    use(b);
    if (b->network) fail(BRAID_CUDA_INVALID, "this builder has parsed already");
    const Said said;
    uint32_t flags = 0;
#if NV_TENSORRT_MAJOR < 10
    flags = 1U << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH);
#endif
    b->network.reset(b->builder->createNetworkV2(flags));
    if (!b->network) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no network");
    b->parser.reset(nvonnxparser::createParser(*b->network, logger()));
    if (!b->parser) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no ONNX parser");
    if (!b->parser->parse(onnx, size)) fail_parsing(*b->parser, said);
    b->parsed = true;
  });
}

int builder_flag(braid_cuda_builder *b, int32_t flag, int32_t value, Error *err) {
  return entry(err, [&] {
    use(b);
    if (value != 0)
      b->config->setFlag(flag_of(flag));
    else
      b->config->clearFlag(flag_of(flag));
  });
}

int builder_device(braid_cuda_builder *b, int32_t dla_core, Error *err) {
  return entry(err, [&] {
    use(b);
    if (dla_core < 0) {
      b->config->setDefaultDeviceType(nvinfer1::DeviceType::kGPU);
      return;
    }
    const int cores = b->builder->getNbDLACores();
    if (dla_core >= cores)
      fail(BRAID_CUDA_UNSUPPORTED, "no DLA core " + std::to_string(dla_core) + ": there are " + std::to_string(cores));
    b->config->setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
    b->config->setDLACore(dla_core);
  });
}

int builder_pool(braid_cuda_builder *b, int32_t pool, uint64_t bytes, Error *err) {
  return entry(err, [&] {
    use(b);
    const MemoryPoolType type = pool_of(pool);
    const Said said;
    b->config->setMemoryPoolLimit(type, bytes);
    // A DLA's pools want powers of two; the function itself returns nothing.
    if (type != MemoryPoolType::kWORKSPACE && b->config->getMemoryPoolLimit(type) != bytes)
      said.fail(BRAID_CUDA_INVALID, "TensorRT refuses this size of the memory pool");
  });
}

int builder_level(braid_cuda_builder *b, int32_t level, Error *err) {
  return entry(err, [&] {
    use(b);
    if (level < 0 || level > 5)
      fail(BRAID_CUDA_INVALID, "optimisation level " + std::to_string(level) + " is not within 0 to 5");
    b->config->setBuilderOptimizationLevel(level);
  });
}

int builder_io(braid_cuda_builder *b, const char *tensor, int32_t type, int32_t format, Error *err) {
  return entry(err, [&] {
    use(b);
    need_network(b);
    ITensor *t = find_io(*b->network, tensor);
    if (t == nullptr) fail(BRAID_CUDA_INVALID, "tensor " + quoted(tensor) + " is no input or output of the network");
    const auto to = type_to_tensorrt(type);
    const auto layout = format_to_tensorrt(format);
    t->setType(to);
    t->setAllowedFormats(1U << static_cast<uint32_t>(layout));
  });
}

int builder_range(braid_cuda_builder *b, const char *tensor, float amax, Error *err) {
  return entry(err, [&] {
    use(b);
    need_network(b);
    if (b->tensors.empty()) collect_all(b);
    const auto found = b->tensors.find(tensor);
    if (found == b->tensors.end()) fail(BRAID_CUDA_INVALID, "the network has no tensor " + quoted(tensor));
    const Said said;
    if (!std::isfinite(amax) || amax <= 0 || !found->second->setDynamicRange(-amax, amax)) {
      said.fail(BRAID_CUDA_INVALID,
                ("tensor " + quoted(tensor) + " cannot range to " + std::to_string(amax)).c_str());
    }
  });
}

int builder_timing_cache(braid_cuda_builder *b, const void *data, uint64_t size, Error *err) {
  return entry(err, [&] {
    use(b);
    const Said said;
    if (!attach_cache(b, data, size)) said.fail(BRAID_CUDA_INVALID, "the timing cache is of another device or TensorRT");
  });
}

int builder_layers(braid_cuda_builder *b, braid_cuda_blob **out, Error *err) {
  return entry(err, [&] {
    use(b);
    need_network(b);
    auto blob = std::make_unique<braid_cuda_blob>();
    blob->text = "[";
    // Without a DLA TensorRT would log an error for each layer.
    const bool any = b->builder->getNbDLACores() > 0;
    for (int i = 0; i < b->network->getNbLayers(); i++) {
      const nvinfer1::ILayer *l = b->network->getLayer(i);
      if (i > 0) blob->text += ",";
      blob->text += "{\"layer\":" + quoted(l->getName()) + ",\"type\":" + quoted(layer_type(l->getType()).c_str()) +
                    ",\"dla\":" + (any && b->config->canRunOnDLA(l) ? "true" : "false") + "}";
    }
    blob->text += "]";
    *out = blob.release();
  });
}

int builder_build(braid_cuda_builder *b, braid_cuda_blob **out, Error *err) {
  return entry(err, [&] {
    use(b);
    need_network(b);
    // An empty cache makes TensorRT collect times for builder_timings.
    if (b->caches.empty()) attach_cache(b, nullptr, 0);
    const Said said;
    std::unique_ptr<nvinfer1::IHostMemory> plan(b->builder->buildSerializedNetwork(*b->network, *b->config));
    if (!plan || plan->size() == 0) said.fail(BRAID_CUDA_INVALID, "TensorRT builds no engine and does not say why");
    cudaGetLastError();  // tactics that failed while they were tried
    *out = blob_of(std::move(plan));
  });
}

int builder_timings(braid_cuda_builder *b, braid_cuda_blob **out, Error *err) {
  return entry(err, [&] {
    use(b);
    const nvinfer1::ITimingCache *cache = b->config->getTimingCache();
    if (cache == nullptr) fail(BRAID_CUDA_INVALID, "there are no times before a build");
    const Said said;
    std::unique_ptr<nvinfer1::IHostMemory> data(cache->serialize());
    if (!data) said.fail(BRAID_CUDA_INTERNAL, "TensorRT does not write its timing cache");
    *out = blob_of(std::move(data));
  });
}

int builder_close(braid_cuda_builder *b, Error *err) {
  return entry(err, [&] {
    if (b == nullptr) return;
    const std::unique_ptr<braid_cuda_builder> owned(b);
    use(b);
  });
}

}  // namespace braid
