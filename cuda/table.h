/* The loader's calls, and calls through the table's pointers, which Go cannot make
 * itself. Addresses of devices are numbers for Go. */
#ifndef BRAID_TABLE_H
#define BRAID_TABLE_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "include/braid_cuda.h"

typedef const braid_cuda_functions *table_t;

/* Opens a library; where that fails, room holds the loader's message, which
 * belongs to the calling thread and is fetched before Go may change it. */
static inline void *open_library(const char *path, char *room, size_t size) {
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    const char *message = dlerror();
    snprintf(room, size, "%s", message ? message : "");
  }
  return library;
}

/* The library's table, NULL where it has none. */
static inline table_t find_table(void *library, int *found) {
  table_t (*get)(void) = (table_t(*)(void))dlsym(library, "braid_cuda_table");
  *found = get != NULL;
  return get ? get() : NULL;
}

static inline int call_runtime_open(table_t t, braid_cuda_runtime **out, braid_cuda_error *err) { return t->runtime_open(out, err); }
static inline int call_runtime_close(table_t t, braid_cuda_runtime *r, braid_cuda_error *err) { return t->runtime_close(r, err); }
static inline int call_versions(table_t t, braid_cuda_runtime *r, braid_cuda_versions *out, braid_cuda_error *err) { return t->versions(r, out, err); }
static inline int call_device_count(table_t t, braid_cuda_runtime *r, int32_t *out, braid_cuda_error *err) { return t->device_count(r, out, err); }
static inline int call_device(table_t t, braid_cuda_runtime *r, int32_t gpu, braid_cuda_device *out, braid_cuda_error *err) { return t->device(r, gpu, out, err); }

static inline int call_alloc_device(table_t t, braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, uintptr_t *out, braid_cuda_error *err) {
  void *p = NULL;
  int rc = t->alloc_device(r, gpu, bytes, &p, err);
  *out = (uintptr_t)p;
  return rc;
}
static inline int call_free_device(table_t t, braid_cuda_runtime *r, int32_t gpu, uintptr_t p, braid_cuda_error *err) { return t->free_device(r, gpu, (void *)p, err); }
static inline int call_alloc_host(table_t t, braid_cuda_runtime *r, uint64_t bytes, uint8_t **out, braid_cuda_error *err) { return t->alloc_host(r, bytes, (void **)out, err); }
static inline int call_free_host(table_t t, braid_cuda_runtime *r, uintptr_t p, braid_cuda_error *err) { return t->free_host(r, (void *)p, err); }
static inline int call_peer(table_t t, braid_cuda_runtime *r, int32_t from, int32_t to, int32_t *direct, braid_cuda_error *err) { return t->peer(r, from, to, direct, err); }

static inline int call_builder_new(table_t t, braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, braid_cuda_error *err) { return t->builder_new(r, gpu, out, err); }
static inline int call_builder_parse(table_t t, braid_cuda_builder *b, const uint8_t *onnx, uint64_t size, braid_cuda_error *err) { return t->builder_parse(b, onnx, size, err); }
static inline int call_builder_flag(table_t t, braid_cuda_builder *b, int32_t flag, int32_t value, braid_cuda_error *err) { return t->builder_flag(b, flag, value, err); }
static inline int call_builder_device(table_t t, braid_cuda_builder *b, int32_t core, braid_cuda_error *err) { return t->builder_device(b, core, err); }
static inline int call_builder_pool(table_t t, braid_cuda_builder *b, int32_t pool, uint64_t bytes, braid_cuda_error *err) { return t->builder_pool(b, pool, bytes, err); }
static inline int call_builder_level(table_t t, braid_cuda_builder *b, int32_t level, braid_cuda_error *err) { return t->builder_level(b, level, err); }
static inline int call_builder_io(table_t t, braid_cuda_builder *b, const char *tensor, int32_t type, int32_t format, braid_cuda_error *err) { return t->builder_io(b, tensor, type, format, err); }
static inline int call_builder_range(table_t t, braid_cuda_builder *b, const char *tensor, float amax, braid_cuda_error *err) { return t->builder_range(b, tensor, amax, err); }
static inline int call_builder_timing_cache(table_t t, braid_cuda_builder *b, const uint8_t *data, uint64_t size, braid_cuda_error *err) { return t->builder_timing_cache(b, data, size, err); }
static inline int call_builder_layers(table_t t, braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) { return t->builder_layers(b, out, err); }
static inline int call_builder_build(table_t t, braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) { return t->builder_build(b, out, err); }
static inline int call_builder_timings(table_t t, braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) { return t->builder_timings(b, out, err); }
static inline int call_builder_close(table_t t, braid_cuda_builder *b, braid_cuda_error *err) { return t->builder_close(b, err); }

static inline int call_blob_data(table_t t, braid_cuda_blob *b, const uint8_t **data, uint64_t *size, braid_cuda_error *err) { return t->blob_data(b, (const void **)data, size, err); }
static inline int call_blob_close(table_t t, braid_cuda_blob *b, braid_cuda_error *err) { return t->blob_close(b, err); }

static inline int call_engine_load(table_t t, braid_cuda_runtime *r, int32_t gpu, int32_t core, const uint8_t *blob, uint64_t size, braid_cuda_engine **out, braid_cuda_error *err) {
  return t->engine_load(r, gpu, core, blob, size, out, err);
}
static inline int call_engine_tensor_count(table_t t, braid_cuda_engine *e, int32_t *out, braid_cuda_error *err) { return t->engine_tensor_count(e, out, err); }
static inline int call_engine_tensor(table_t t, braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, braid_cuda_error *err) { return t->engine_tensor(e, i, out, err); }
static inline int call_engine_memory(table_t t, braid_cuda_engine *e, uint64_t *out, braid_cuda_error *err) { return t->engine_memory(e, out, err); }
static inline int call_engine_inspect(table_t t, braid_cuda_engine *e, braid_cuda_blob **out, braid_cuda_error *err) { return t->engine_inspect(e, out, err); }
static inline int call_engine_close(table_t t, braid_cuda_engine *e, braid_cuda_error *err) { return t->engine_close(e, err); }

static inline int call_exec_new(table_t t, braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, braid_cuda_error *err) { return t->exec_new(e, rank, out, err); }
static inline int call_exec_stretch(table_t t, braid_cuda_exec *x, double factor, braid_cuda_error *err) { return t->exec_stretch(x, factor, err); }
static inline int call_exec_close(table_t t, braid_cuda_exec *x, braid_cuda_error *err) { return t->exec_close(x, err); }

static inline int call_call_new(table_t t, braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, braid_cuda_error *err) { return t->call_new(x, spin, out, err); }
static inline int call_call_tensor(table_t t, braid_cuda_call *c, const char *name, uintptr_t p, braid_cuda_error *err) { return t->call_tensor(c, name, (void *)p, err); }
static inline int call_call_copy(table_t t, braid_cuda_call *c, int32_t when, uintptr_t dst, int32_t dst_gpu, uintptr_t src, int32_t src_gpu, uint64_t bytes, braid_cuda_error *err) {
  return t->call_copy(c, when, (void *)dst, dst_gpu, (const void *)src, src_gpu, bytes, err);
}
static inline int call_call_ready(table_t t, braid_cuda_call *c, int32_t graph, braid_cuda_error *err) { return t->call_ready(c, graph, err); }
static inline int call_call_start(table_t t, braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, braid_cuda_error *err) { return t->call_start(c, after, wanted, err); }
static inline int call_call_profile(table_t t, braid_cuda_call *c, braid_cuda_blob **out, braid_cuda_error *err) { return t->call_profile(c, out, err); }
static inline int call_call_wait(table_t t, braid_cuda_call *c, braid_cuda_error *err) { return t->call_wait(c, err); }
static inline int call_call_close(table_t t, braid_cuda_call *c, braid_cuda_error *err) { return t->call_close(c, err); }

#endif
