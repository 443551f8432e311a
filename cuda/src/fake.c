/* A stand-in for CUDA with TensorRT: the ABI of braid_cuda.h on host memory, for
 * tests on machines without a GPU. It takes nothing on trust: memory of a GPU
 * cannot be touched by the host, closed handles and freed memory are found out,
 * what is left open is named. What networks compute is left to an evaluator that
 * the test brings (cuda/cudatest). The parts are in fake/; compile them together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"

/* Says in the environment what the machine is like, for whole programs. */
static void from_environment(const char *name, int32_t most, int32_t *to) {
  const char *value = getenv(name);
  if (!value) return;
  long n = strtol(value, NULL, 10);
  if (n >= 0 && n <= most) *to = (int32_t)n;
}

static int runtime_open(braid_cuda_runtime **out, braid_cuda_error *err) {
  pthread_mutex_lock(&fake_lock);
  int rc = fake_injected("runtime_open", -1, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  from_environment("BRAID_CUDA_FAKE_GPUS", MAX_GPUS, &fake.machine.gpus);
  from_environment("BRAID_CUDA_FAKE_DLAS", 16, &fake.machine.dla_cores);
  braid_cuda_runtime *r = fake_open(sizeof *r, KIND_RUNTIME, NULL, -1);
  if (!r) abort();
  *out = r;
  return fake_leave(BRAID_CUDA_OK);
}

static int runtime_close(braid_cuda_runtime *r, braid_cuda_error *err) {
  if (!r) return BRAID_CUDA_OK;
  int rc = fake_begin(r, KIND_RUNTIME, err);
  if (rc != BRAID_CUDA_OK) return rc;
  char open[256];
  fake_leaks(r, open, sizeof open);
  if (open[0]) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "still open: %s", open));
  return fake_leave(fake_close("runtime_close", &r->head, err));
}

static int versions(braid_cuda_runtime *r, braid_cuda_versions *out, braid_cuda_error *err) {
  int rc = fake_enter("versions", r, KIND_RUNTIME, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  *out = (braid_cuda_versions){.tensorrt = 8601, .cuda = 12040, .driver = 12060};
  return fake_leave(BRAID_CUDA_OK);
}

static int device_count(braid_cuda_runtime *r, int32_t *out, braid_cuda_error *err) {
  int rc = fake_enter("device_count", r, KIND_RUNTIME, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  *out = fake.machine.gpus;
  return fake_leave(BRAID_CUDA_OK);
}

static int device(braid_cuda_runtime *r, int32_t gpu, braid_cuda_device *out, braid_cuda_error *err) {
  int rc = fake_enter("device", r, KIND_RUNTIME, gpu, err);
  if (rc != BRAID_CUDA_OK) return rc;
  memset(out, 0, sizeof *out);
  snprintf(out->name, sizeof out->name, "Stand-in GPU");
  snprintf(out->uuid, sizeof out->uuid, "GPU-00000000-0000-0000-0000-%012d", gpu);
  out->compute_capability = 87;
  out->multiprocessors = 16;
  out->dla_cores = fake.machine.dla_cores;
  out->integrated = fake.machine.integrated;
  out->memory = fake.machine.memory;
  return fake_leave(BRAID_CUDA_OK);
}

static int peer(braid_cuda_runtime *r, int32_t from, int32_t to, int32_t *direct, braid_cuda_error *err) {
  int rc = fake_enter("peer", r, KIND_RUNTIME, from, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (to < 0 || to >= fake.machine.gpus) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no GPU %d", to));
  *direct = from == to || fake.machine.direct;
  fake.peers[from][to] = *direct;
  return fake_leave(BRAID_CUDA_OK);
}

static int blob_data(braid_cuda_blob *b, const void **data, uint64_t *size, braid_cuda_error *err) {
  int rc = fake_enter("blob_data", b, KIND_BLOB, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  *data = b->data;
  *size = b->size;
  return fake_leave(BRAID_CUDA_OK);
}

static int blob_close(braid_cuda_blob *b, braid_cuda_error *err) {
  if (!b) return BRAID_CUDA_OK;
  int rc = fake_begin(b, KIND_BLOB, err);
  if (rc != BRAID_CUDA_OK) return rc;
  free(b->data);
  return fake_leave(fake_close("blob_close", &b->head, err));
}

__attribute__((visibility("default"))) const braid_cuda_functions *braid_cuda_table(void) {
  static const braid_cuda_functions table = {
      .abi = BRAID_CUDA_ABI,
      .size = sizeof(braid_cuda_functions),
      .runtime_open = runtime_open,
      .runtime_close = runtime_close,
      .versions = versions,
      .device_count = device_count,
      .device = device,
      .alloc_device = fake_alloc_device,
      .free_device = fake_free_device,
      .alloc_host = fake_alloc_host,
      .free_host = fake_free_host,
      .peer = peer,
      .builder_new = fake_builder_new,
      .builder_parse = fake_builder_parse,
      .builder_flag = fake_builder_flag,
      .builder_device = fake_builder_device,
      .builder_pool = fake_builder_pool,
      .builder_level = fake_builder_level,
      .builder_io = fake_builder_io,
      .builder_range = fake_builder_range,
      .builder_timing_cache = fake_builder_timing_cache,
      .builder_layers = fake_builder_layers,
      .builder_build = fake_builder_build,
      .builder_timings = fake_builder_timings,
      .builder_close = fake_builder_close,
      .blob_data = blob_data,
      .blob_close = blob_close,
      .engine_load = fake_engine_load,
      .engine_tensor_count = fake_engine_tensor_count,
      .engine_tensor = fake_engine_tensor,
      .engine_memory = fake_engine_memory,
      .engine_inspect = fake_engine_inspect,
      .engine_close = fake_engine_close,
      .exec_new = fake_exec_new,
      .exec_stretch = fake_exec_stretch,
      .exec_close = fake_exec_close,
      .call_new = fake_call_new,
      .call_tensor = fake_call_tensor,
      .call_copy = fake_call_copy,
      .call_ready = fake_call_ready,
      .call_start = fake_call_start,
      .call_profile = fake_call_profile,
      .call_wait = fake_call_wait,
      .call_close = fake_call_close,
  };
  return &table;
}
