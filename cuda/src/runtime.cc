// The libraries and the GPUs.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "copy.h"
#include "entries.h"
#include "handles.h"

using braid::check;
using braid::fail;

braid_cuda_runtime::~braid_cuda_runtime() {
  for (auto &made : runtimes_) {
    cudaSetDevice(made.first.first);
    made.second.reset();
  }
  for (auto &made : lines_) {
    cudaSetDevice(made.first);
    cudaStreamDestroy(made.second.stream);
  }
  cudaGetLastError();
}

braid_cuda_runtime::Line &braid_cuda_runtime::line(int gpu) {
  const std::lock_guard<std::mutex> hold(mutex);
  Line &l = lines_[gpu];
  if (l.stream == nullptr) check(cudaStreamCreateWithFlags(&l.stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return l;
}

void braid_cuda_runtime::reach(int gpu, int other) {
  const std::lock_guard<std::mutex> hold(mutex);
  reached_.insert({gpu, other});
}

bool braid_cuda_runtime::reaches(int gpu, int other) {
  const std::lock_guard<std::mutex> hold(mutex);
  return reached_.count({gpu, other}) != 0;
}

void braid_cuda_runtime::known(int gpu) const {
  if (gpu < 0 || gpu >= gpus)
    fail(BRAID_CUDA_INVALID, "no GPU " + std::to_string(gpu) + ": there are " + std::to_string(gpus));
}

void braid_cuda_runtime::use(int gpu) const {
  known(gpu);
  check(cudaSetDevice(gpu), "cudaSetDevice");
  last_ = gpu;
}

void braid_cuda_runtime::use_any() const {
  if (last_ >= 0) return use(last_);
  for (int gpu = 0; gpu + 1 < gpus; gpu++) {
    if (cudaSetDevice(gpu) == cudaSuccess) {
      last_ = gpu;
      return;
    }
    cudaGetLastError();
  }
  use(gpus - 1);
}

nvinfer1::IRuntime &braid_cuda_runtime::runtime(int gpu, int dla_core) {
  auto &slot = runtimes_[{gpu, dla_core}];
  if (slot) return *slot;
  const braid::Said said;
  std::unique_ptr<nvinfer1::IRuntime> made(nvinfer1::createInferRuntime(braid::logger()));
  if (!made) said.fail(BRAID_CUDA_INTERNAL, "TensorRT makes no runtime");
  if (dla_core >= 0) {
    const int cores = made->getNbDLACores();
    if (dla_core >= cores)
      fail(BRAID_CUDA_UNSUPPORTED, "no DLA core " + std::to_string(dla_core) + ": there are " + std::to_string(cores));
    made->setDLACore(dla_core);
  }
  slot = std::move(made);
  return *slot;
}

namespace braid {
namespace {

// 12040 is 12.4.
std::string cuda_name(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// Major and minor of a version: 8601 is 8.6, 100700 is 10.7.
std::pair<int, int> tensorrt(int version) {
  if (version >= 10000) return {version / 10000, version % 10000 / 100};
  return {version / 1000, version % 1000 / 100};
}

std::string tensorrt_name(std::pair<int, int> v) { return std::to_string(v.first) + "." + std::to_string(v.second); }

// What is newer by a minor has all that the older one has, in the same places of its interfaces.
void check_tensorrt() {
  const auto loaded = tensorrt(getInferLibVersion());
  const std::pair<int, int> built{NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR};
  if (loaded.first != built.first || loaded < built) {
    fail(BRAID_CUDA_MISSING, "libnvinfer is of TensorRT " + tensorrt_name(loaded) +
                                 ", but braid's CUDA library was built for " + tensorrt_name(built) +
                                 ": build it again (make cuda), or install that version");
  }
}

int count_gpus() {
  int driver = 0, cuda = 0, gpus = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  cudaRuntimeGetVersion(&cuda);
  const cudaError_t e = cudaGetDeviceCount(&gpus);
  cudaGetLastError();
  if (e == cudaSuccess && gpus > 0) return gpus;
  const std::string name = cudaGetErrorName(e);
  if (driver == 0) {
    fail(BRAID_CUDA_MISSING,
         "no NVIDIA driver (libcuda.so.1) is loaded: install NVIDIA's driver, for example with `ubuntu-drivers install`, "
         "or on a Jetson flash JetPack");
  }
  if (e == cudaSuccess || e == cudaErrorNoDevice)
    fail(BRAID_CUDA_MISSING, "the NVIDIA driver shows no GPU: see nvidia-smi and CUDA_VISIBLE_DEVICES");
  if (e == cudaErrorInsufficientDriver) {
    fail(BRAID_CUDA_MISSING, "the NVIDIA driver serves CUDA " + cuda_name(driver) + ", and this is CUDA " +
                                 cuda_name(cuda) + ": install a newer driver");
  }
  fail(lost(e) && e != cudaErrorUnknown ? BRAID_CUDA_DEVICE_LOST : BRAID_CUDA_MISSING,
       std::string("the NVIDIA driver does not start: ") + cudaGetErrorString(e) + " (" + name +
           "); see nvidia-smi, and install the driver anew where that fails too");
}

// CUDA puts a GPU's streams on so many queues, eight if nothing is said and 32 at most. A stream whose next work waits
// for another GPU keeps back all that shares its queue, and the segments of one plan may have 24 streams on a GPU.
// What the user says stands. CUDA reads it once, before it does anything else.
void widen_queues() { setenv("CUDA_DEVICE_MAX_CONNECTIONS", "32", 0); }

void write_uuid(char *out, size_t size, const cudaUUID_t &uuid) {
  unsigned char b[16];
  std::memcpy(b, uuid.bytes, sizeof b);
  std::snprintf(out, size, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

}  // namespace

int runtime_open(braid_cuda_runtime **out, Error *err) {
  return entry(err, [&] {
    widen_queues();
    check_tensorrt();
    auto r = std::make_unique<braid_cuda_runtime>();
    r->gpus = count_gpus();
    *out = r.release();
  });
}

int runtime_close(braid_cuda_runtime *r, Error *err) {
  return entry(err, [&] { delete r; });
}

int versions(braid_cuda_runtime *, braid_cuda_versions *out, Error *err) {
  return entry(err, [&] {
    int cuda = 0, driver = 0;
    check(cudaRuntimeGetVersion(&cuda), "cudaRuntimeGetVersion");
    check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
    *out = {getInferLibVersion(), cuda, driver};
  });
}

int device_count(braid_cuda_runtime *r, int32_t *out, Error *err) {
  return entry(err, [&] { *out = r->gpus; });
}

int device(braid_cuda_runtime *r, int32_t gpu, braid_cuda_device *out, Error *err) {
  return entry(err, [&] {
    r->known(gpu);
    // No use(gpu): that makes a context, which takes memory and fails where another process has the GPU to itself.
    cudaDeviceProp p;
    check(cudaGetDeviceProperties(&p, gpu), "cudaGetDeviceProperties");
    braid_cuda_device d = {};
    std::snprintf(d.name, sizeof d.name, "%s", p.name);
    d.compute_capability = p.major * 10 + p.minor;
    d.multiprocessors = p.multiProcessorCount;
    d.integrated = p.integrated != 0;
    if (d.integrated != 0) {  // only a chip with both has DLAs
      r->use(gpu);
      const std::lock_guard<std::mutex> hold(r->mutex);
      d.dla_cores = r->runtime(gpu, BRAID_CUDA_NO_DLA).getNbDLACores();
    }
    d.memory = p.totalGlobalMem;
    write_uuid(d.uuid, sizeof d.uuid, p.uuid);
    *out = d;
  });
}

int peer(braid_cuda_runtime *r, int32_t from, int32_t to, int32_t *direct, Error *err) {
  return entry(err, [&] {
    r->use(to);  // for its check
    r->use(from);
    int can = 1;
    if (from != to) {
      check(cudaDeviceCanAccessPeer(&can, from, to), "cudaDeviceCanAccessPeer");
      if (can != 0) {
        const cudaError_t e = cudaDeviceEnablePeerAccess(to, 0);
        switch (e) {
          case cudaErrorPeerAccessAlreadyEnabled: cudaGetLastError(); break;
          case cudaErrorTooManyPeers:  // a limit of the system; copies go through the host then
          case cudaErrorPeerAccessUnsupported:
            cudaGetLastError();
            can = 0;
            break;
          default: check(e, "cudaDeviceEnablePeerAccess");
        }
        if (can != 0 && can_copy != nullptr && can_copy()) r->reach(from, to);
      }
    }
    *direct = can != 0;
  });
}

}  // namespace braid
