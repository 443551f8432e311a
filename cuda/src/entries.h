// The entries of the table, described in braid_cuda.h.
#ifndef BRAID_ENTRIES_H
#define BRAID_ENTRIES_H

#include "../include/braid_cuda.h"

namespace braid {

using Error = braid_cuda_error;

int runtime_open(braid_cuda_runtime **out, Error *err);
int runtime_close(braid_cuda_runtime *r, Error *err);
int versions(braid_cuda_runtime *r, braid_cuda_versions *out, Error *err);
int device_count(braid_cuda_runtime *r, int32_t *out, Error *err);
int device(braid_cuda_runtime *r, int32_t gpu, braid_cuda_device *out, Error *err);
int peer(braid_cuda_runtime *r, int32_t from, int32_t to, int32_t *direct, Error *err);

int alloc_device(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, Error *err);
int free_device(braid_cuda_runtime *r, int32_t gpu, void *p, Error *err);
int alloc_host(braid_cuda_runtime *r, uint64_t bytes, void **out, Error *err);
int free_host(braid_cuda_runtime *r, void *p, Error *err);
int blob_data(braid_cuda_blob *b, const void **data, uint64_t *size, Error *err);
int blob_close(braid_cuda_blob *b, Error *err);

int builder_new(braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, Error *err);
int builder_parse(braid_cuda_builder *b, const void *onnx, uint64_t size, Error *err);
int builder_flag(braid_cuda_builder *b, int32_t flag, int32_t value, Error *err);
int builder_device(braid_cuda_builder *b, int32_t dla_core, Error *err);
int builder_pool(braid_cuda_builder *b, int32_t pool, uint64_t bytes, Error *err);
int builder_level(braid_cuda_builder *b, int32_t level, Error *err);
int builder_io(braid_cuda_builder *b, const char *tensor, int32_t type, int32_t format, Error *err);
int builder_range(braid_cuda_builder *b, const char *tensor, float amax, Error *err);
int builder_timing_cache(braid_cuda_builder *b, const void *data, uint64_t size, Error *err);
int builder_layers(braid_cuda_builder *b, braid_cuda_blob **out, Error *err);
int builder_build(braid_cuda_builder *b, braid_cuda_blob **out, Error *err);
int builder_timings(braid_cuda_builder *b, braid_cuda_blob **out, Error *err);
int builder_close(braid_cuda_builder *b, Error *err);

int engine_load(braid_cuda_runtime *r, int32_t gpu, int32_t dla_core, const void *blob, uint64_t size,
                braid_cuda_engine **out, Error *err);
int engine_tensor_count(braid_cuda_engine *e, int32_t *out, Error *err);
int engine_tensor(braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, Error *err);
int engine_memory(braid_cuda_engine *e, uint64_t *out, Error *err);
int engine_inspect(braid_cuda_engine *e, braid_cuda_blob **out, Error *err);
int engine_close(braid_cuda_engine *e, Error *err);

int exec_new(braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, Error *err);
int exec_stretch(braid_cuda_exec *x, double factor, Error *err);
int exec_close(braid_cuda_exec *x, Error *err);

int call_new(braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, Error *err);
int call_tensor(braid_cuda_call *c, const char *name, void *p, Error *err);
int call_copy(braid_cuda_call *c, int32_t when, void *dst, int32_t dst_gpu, const void *src, int32_t src_gpu,
              uint64_t bytes, Error *err);
int call_ready(braid_cuda_call *c, int32_t graph, Error *err);
int call_start(braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, Error *err);
int call_profile(braid_cuda_call *c, braid_cuda_blob **out, Error *err);
int call_wait(braid_cuda_call *c, Error *err);
int call_close(braid_cuda_call *c, Error *err);

}  // namespace braid

#endif
