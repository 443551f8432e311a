#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake.h"

/* Memory of a GPU has an address where nothing may be read or written, so that a
 * host that forgets a copy is stopped at once; the bytes are elsewhere. Those of
 * the host are where the address says. Behind the end lies poison. */
struct memory {
  memory *next;
  braid_cuda_runtime *runtime;
  int32_t gpu;
  int bound; /* by so many tensors and copies of open calls */
  uint64_t bytes;
  uint8_t *address, *storage;
};

enum { ALIGNMENT = 256, TAIL = 256, POISON = 0xEF };

static memory *memories;

memory *memory_find(const void *p, uint64_t bytes) {
  for (memory *m = memories; m; m = m->next) {
    uint64_t from = (uint64_t)((uintptr_t)p - (uintptr_t)m->address);
    if (from < m->bytes && bytes <= m->bytes - from) return m;
  }
  return NULL;
}

int32_t memory_gpu(const memory *m) { return m->gpu; }
uint8_t *memory_bytes(const memory *m, const void *p) { return m->storage + ((uintptr_t)p - (uintptr_t)m->address); }
void memory_bind(memory *m, int by) { m->bound += by; }

uint64_t memory_open(const struct braid_cuda_runtime *r, uint64_t *bytes) {
  uint64_t n = 0;
  for (memory *m = memories; m; m = m->next) {
    if (m->runtime != r) continue;
    n++;
    *bytes += m->bytes;
  }
  return n;
}

static void release(memory *m) {
  if (m->storage) memset(m->storage, POISON, m->bytes);
  free(m->storage);
  if (m->gpu != BRAID_CUDA_HOST && m->address) munmap(m->address, m->bytes);
  free(m);
}

static memory *make(int32_t gpu, uint64_t bytes) {
  memory *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  m->gpu = gpu;
  m->bytes = bytes;
  m->storage = aligned_alloc(ALIGNMENT, (bytes + TAIL + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  m->address = m->storage;
  if (m->storage && gpu != BRAID_CUDA_HOST) {
    void *p = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    m->address = p == MAP_FAILED ? NULL : p;
  }
  if (!m->storage || !m->address) {
    release(m);
    return NULL;
  }
  memset(m->storage, 0, bytes);
  memset(m->storage + bytes, POISON, TAIL);
  return m;
}

static int add(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, braid_cuda_error *err) {
  memory *m = make(gpu, bytes);
  if (!m) return fake_error(err, BRAID_CUDA_OUT_OF_MEMORY, "no memory for %llu bytes", (unsigned long long)bytes);
  m->runtime = r;
  m->next = memories;
  memories = m;
  *out = m->address;
  return BRAID_CUDA_OK;
}

/* Whether something wrote behind the end of an allocation. */
static int overrun(const memory *m) {
  for (int i = 0; i < TAIL; i++)
    if (m->storage[m->bytes + (uint64_t)i] != POISON) return 1;
  return 0;
}

static int take_away(braid_cuda_runtime *r, int32_t gpu, const void *p, braid_cuda_error *err) {
  for (memory **i = &memories; *i; i = &(*i)->next) {
    memory *m = *i;
    if (m->address != p || m->gpu != gpu || m->runtime != r) continue;
    if (m->bound > 0) return fake_error(err, BRAID_CUDA_INVALID, "%d tensors or copies of open calls use this memory", m->bound);
    *i = m->next;
    int spoilt = overrun(m);
    if (gpu != BRAID_CUDA_HOST) fake_give(gpu, m->bytes);
    release(m);
    return spoilt ? fake_error(err, BRAID_CUDA_INTERNAL, "something wrote behind the end of this memory") : BRAID_CUDA_OK;
  }
  return fake_error(err, BRAID_CUDA_INVALID, "this is no memory of %s", gpu == BRAID_CUDA_HOST ? "the host" : "this GPU");
}

int fake_alloc_device(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, braid_cuda_error *err) {
  int rc = fake_enter("alloc_device", r, KIND_RUNTIME, gpu, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (bytes == 0) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "0 bytes are no memory"));
  rc = fake_take(gpu, bytes, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  rc = add(r, gpu, bytes, out, err);
  if (rc != BRAID_CUDA_OK) fake_give(gpu, bytes);
  return fake_leave(rc);
}

int fake_free_device(braid_cuda_runtime *r, int32_t gpu, void *p, braid_cuda_error *err) {
  int rc = fake_begin(r, KIND_RUNTIME, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = gpu == BRAID_CUDA_HOST ? fake_error(err, BRAID_CUDA_INVALID, "the host is no GPU") : take_away(r, gpu, p, err);
  return fake_leave(rc == BRAID_CUDA_OK ? fake_end("free_device", gpu, err) : rc);
}

int fake_alloc_host(braid_cuda_runtime *r, uint64_t bytes, void **out, braid_cuda_error *err) {
  int rc = fake_enter("alloc_host", r, KIND_RUNTIME, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (bytes == 0 || bytes > UINT64_C(1) << 40)
    return fake_leave(fake_error(err, bytes ? BRAID_CUDA_OUT_OF_MEMORY : BRAID_CUDA_INVALID, "%llu bytes are not to be had", (unsigned long long)bytes));
  return fake_leave(add(r, BRAID_CUDA_HOST, bytes, out, err));
}

int fake_free_host(braid_cuda_runtime *r, void *p, braid_cuda_error *err) {
  int rc = fake_begin(r, KIND_RUNTIME, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = take_away(r, BRAID_CUDA_HOST, p, err);
  return fake_leave(rc == BRAID_CUDA_OK ? fake_end("free_host", 0, err) : rc);
}
