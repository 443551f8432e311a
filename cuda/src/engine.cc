// A network that is ready on a device.
#include "entries.h"
#include "handles.h"
#include "types.h"

namespace braid {
namespace {

using nvinfer1::ICudaEngine;
using nvinfer1::TensorFormat;

uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

// Bytes with what the layout pads, as TensorFormat describes it.
uint64_t padded_bytes(const ICudaEngine &engine, const char *name, const nvinfer1::Dims &shape, uint64_t element) {
  const TensorFormat format = engine.getTensorFormat(name);
  uint64_t dims[BRAID_CUDA_MAX_DIMS];
  for (int i = 0; i < shape.nbDims; i++) dims[i] = static_cast<uint64_t>(shape.d[i]);
  const int last = shape.nbDims - 1;
  constexpr uint64_t kRow = 64;  // bytes that a DLA's rows are rounded up to
  if (format == TensorFormat::kDLA_LINEAR && last >= 0) {
    dims[last] = round_up(dims[last], kRow / element);
  } else if (format == TensorFormat::kDLA_HWC4 && last >= 2) {
    uint64_t &channels = dims[last - 2];
    channels = channels == 1 ? 1 : 4;
    dims[last] = round_up(dims[last], kRow / channels / element);
  } else {
    const int vectorised = engine.getTensorVectorizedDim(name);
    const int components = engine.getTensorComponentsPerElement(name);
    if (vectorised >= 0 && vectorised <= last && components > 1)
      dims[vectorised] = round_up(dims[vectorised], static_cast<uint64_t>(components));
  }
  uint64_t bytes = element;
  for (int i = 0; i <= last; i++) bytes *= dims[i];
  return bytes;
}

braid_cuda_tensor describe(const ICudaEngine &engine, int i) {
  braid_cuda_tensor t = {};
  t.name = engine.getIOTensorName(i);
  const std::string which = std::string("tensor \"") + t.name + "\"";
  t.input = engine.getTensorIOMode(t.name) == nvinfer1::TensorIOMode::kINPUT;
  const auto type = engine.getTensorDataType(t.name);
  t.type = type_of(type);
  if (t.type == 0) {
    fail(BRAID_CUDA_UNSUPPORTED, which + " has elements of TensorRT's type " + std::to_string(static_cast<int>(type)) +
                                     ", which braid does not know");
  }
  if (engine.getTensorLocation(t.name) != nvinfer1::TensorLocation::kDEVICE)
    fail(BRAID_CUDA_UNSUPPORTED, which + " is a shape, not data: braid's networks have fixed shapes");
  const nvinfer1::Dims shape = engine.getTensorShape(t.name);
  if (shape.nbDims < 0 || shape.nbDims > BRAID_CUDA_MAX_DIMS)
    fail(BRAID_CUDA_INVALID, which + " has " + std::to_string(shape.nbDims) + " dimensions");
  t.rank = shape.nbDims;
  for (int k = 0; k < shape.nbDims; k++) {
    if (shape.d[k] < 0) fail(BRAID_CUDA_INVALID, which + " has no fixed shape");
    t.shape[k] = shape.d[k];
  }
  t.format = format_of(engine.getTensorFormat(t.name));
  t.bytes = padded_bytes(engine, t.name, shape, bytes_of(t.type));
  return t;
}

}  // namespace

int engine_load(braid_cuda_runtime *r, int32_t gpu, int32_t dla_core, const void *blob, uint64_t size,
                braid_cuda_engine **out, Error *err) {
  return entry(err, [&] {
    r->use(gpu);
    auto e = std::make_unique<braid_cuda_engine>();
    e->runtime = r;
    e->gpu = gpu;
    const std::lock_guard<std::mutex> hold(r->mutex);
    nvinfer1::IRuntime &runtime = r->runtime(gpu, dla_core < 0 ? BRAID_CUDA_NO_DLA : dla_core);
    const Said said;
    e->engine.reset(runtime.deserializeCudaEngine(blob, size));
    if (!e->engine) said.fail(BRAID_CUDA_INVALID, "TensorRT does not take this engine and does not say why");
    const int n = e->engine->getNbIOTensors();
    for (int i = 0; i < n; i++) e->tensors.push_back(describe(*e->engine, i));
    *out = e.release();
  });
}

int engine_tensor_count(braid_cuda_engine *e, int32_t *out, Error *err) {
  return entry(err, [&] { *out = static_cast<int32_t>(e->tensors.size()); });
}

int engine_tensor(braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, Error *err) {
  return entry(err, [&] {
    if (i < 0 || static_cast<size_t>(i) >= e->tensors.size())
      fail(BRAID_CUDA_INVALID, "no tensor " + std::to_string(i) + ": there are " + std::to_string(e->tensors.size()));
    *out = e->tensors[static_cast<size_t>(i)];
  });
}

int engine_memory(braid_cuda_engine *e, uint64_t *out, Error *err) {
  return entry(err, [&] {
    e->runtime->use(e->gpu);
    *out = e->engine->getDeviceMemorySize();
  });
}

int engine_inspect(braid_cuda_engine *e, braid_cuda_blob **out, Error *err) {
  return entry(err, [&] {
    e->runtime->use(e->gpu);
    const std::lock_guard<std::mutex> hold(e->runtime->mutex);
    const Said said;
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(e->engine->createEngineInspector());
    if (!inspector) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no engine inspector");
    const char *json = inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON);
    if (json == nullptr) said.fail(BRAID_CUDA_INTERNAL, "TensorRT says nothing about this engine");
    auto blob = std::make_unique<braid_cuda_blob>();
    blob->text = json;
    *out = blob.release();
  });
}

int engine_close(braid_cuda_engine *e, Error *err) {
  return entry(err, [&] {
    if (e == nullptr) return;
    const std::unique_ptr<braid_cuda_engine> owned(e);
    e->runtime->use(e->gpu);
    const std::lock_guard<std::mutex> hold(e->runtime->mutex);
    e->engine.reset();
  });
}

}  // namespace braid
