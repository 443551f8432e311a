#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#define EXPORT __attribute__((visibility("default")))

fake_state fake = {.machine = {.gpus = 2, .dla_cores = 2, .direct = 1, .memory = 1u << 30}};
pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t fake_changed = PTHREAD_COND_INITIALIZER;

static handle *handles;
static text calls;
static char *calls_given; /* what braid_cuda_fake_calls returned last */

static struct {
  char entry[32];
  int32_t nth, code;
} failures[32];

static const char *const kinds[KINDS] = {"runtime", "builder", "blob", "engine", "exec", "call"};

int fake_error(braid_cuda_error *err, int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  err->code = code;
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  return code;
}

static handle *live(const void *h, kind k) {
  for (handle *i = handles; i; i = i->next)
    if (i == h) return i->kind == k ? i : NULL;
  return NULL;
}

int fake_is_open(const void *h, kind k) { return live(h, k) != NULL; }

int fake_injected(const char *entry, int32_t gpu, braid_cuda_error *err) {
  int code = BRAID_CUDA_OK;
  for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
    if (failures[i].nth > 0 && strcmp(failures[i].entry, entry) == 0 && --failures[i].nth == 0 && code == BRAID_CUDA_OK)
      code = failures[i].code;
  }
  if (code == BRAID_CUDA_OK) return code;
  if (code == BRAID_CUDA_DEVICE_LOST && gpu >= 0 && gpu < MAX_GPUS) fake.lost[gpu] = 1;
  return fake_error(err, code, "%s was told to fail", entry);
}

static int check_gpu(int32_t gpu, braid_cuda_error *err) {
  if (gpu < 0 || gpu >= fake.machine.gpus)
    return fake_error(err, BRAID_CUDA_INVALID, "there is no GPU %d, only %d of them", gpu, fake.machine.gpus);
  if (fake.lost[gpu]) return fake_error(err, BRAID_CUDA_DEVICE_LOST, "GPU %d is lost", gpu);
  return BRAID_CUDA_OK;
}

int fake_enter(const char *entry, const void *h, kind k, int32_t gpu, braid_cuda_error *err) {
  pthread_mutex_lock(&fake_lock);
  const handle *found = live(h, k);
  if (!found) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "this %s is not open", kinds[k]));
  int named = gpu != OF_HANDLE;
  if (!named) gpu = found->gpu;
  int rc = fake_injected(entry, gpu, err);
  if (rc == BRAID_CUDA_OK && (named || gpu >= 0)) rc = check_gpu(gpu, err);
  return rc == BRAID_CUDA_OK ? rc : fake_leave(rc);
}

int fake_begin(const void *h, kind k, braid_cuda_error *err) {
  pthread_mutex_lock(&fake_lock);
  if (live(h, k)) return BRAID_CUDA_OK;
  return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "this %s is not open", kinds[k]));
}

int fake_leave(int rc) {
  pthread_mutex_unlock(&fake_lock);
  return rc;
}

void *fake_open(size_t size, kind k, handle *parent, int32_t gpu) {
  handle *h = calloc(1, size);
  if (!h) return NULL;
  h->kind = k;
  h->gpu = gpu;
  h->parent = parent;
  h->runtime = parent ? parent->runtime : (struct braid_cuda_runtime *)h;
  if (parent) parent->children++;
  h->next = handles;
  handles = h;
  return h;
}

int fake_childless(const handle *h, braid_cuda_error *err) {
  if (h->children == 0) return BRAID_CUDA_OK;
  return fake_error(err, BRAID_CUDA_INVALID, "%d of this %s are still open", h->children, kinds[h->kind]);
}

void fake_drop(handle *h) {
  for (handle **i = &handles; *i; i = &(*i)->next) {
    if (*i != h) continue;
    *i = h->next;
    if (h->parent) h->parent->children--;
    return;
  }
}

int fake_close(const char *entry, handle *h, braid_cuda_error *err) {
  int32_t gpu = h->gpu;
  fake_drop(h);
  free(h);
  return fake_end(entry, gpu, err);
}

int fake_end(const char *entry, int32_t gpu, braid_cuda_error *err) {
  int rc = fake_injected(entry, gpu, err);
  if (rc == BRAID_CUDA_OK && gpu >= 0 && fake.lost[gpu]) rc = fake_error(err, BRAID_CUDA_DEVICE_LOST, "GPU %d is lost", gpu);
  return rc;
}

void fake_leaks(const struct braid_cuda_runtime *r, char *room, size_t size) {
  int open[KINDS] = {0};
  for (handle *i = handles; i; i = i->next)
    if (i->runtime == r && i->kind != KIND_RUNTIME) open[i->kind]++;
  size_t n = 0;
  room[0] = 0;
  for (int k = 0; k < KINDS; k++) {
    if (open[k] > 0) n += (size_t)snprintf(room + n, size - n, "%s%d %s%s", n ? ", " : "", open[k], kinds[k], open[k] > 1 ? "s" : "");
  }
  uint64_t bytes = 0, memories = memory_open(r, &bytes);
  if (memories > 0)
    snprintf(room + n, size - n, "%s%llu allocation%s of %llu bytes", n ? ", " : "", (unsigned long long)memories,
             memories > 1 ? "s" : "", (unsigned long long)bytes);
}

void fake_record(const char *format, ...) {
  char line[NAME_ROOM + 64];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  text_print(&calls, "%s\n", line);
}

int fake_take(int32_t gpu, uint64_t bytes, braid_cuda_error *err) {
  uint64_t free = fake.machine.memory - fake.used[gpu];
  if (bytes > free)
    return fake_error(err, BRAID_CUDA_OUT_OF_MEMORY, "GPU %d has %llu of %llu bytes left, not %llu", gpu,
                      (unsigned long long)free, (unsigned long long)fake.machine.memory, (unsigned long long)bytes);
  fake.used[gpu] += bytes;
  return BRAID_CUDA_OK;
}

void fake_give(int32_t gpu, uint64_t bytes) { fake.used[gpu] -= bytes; }

int fake_blob(handle *parent, uint8_t *data, uint64_t size, braid_cuda_blob **out, braid_cuda_error *err) {
  /* A blob outlives what made it: it hangs on the runtime. */
  braid_cuda_blob *b = fake_open(sizeof *b, KIND_BLOB, &parent->runtime->head, -1);
  if (!b) {
    free(data);
    return fake_error(err, BRAID_CUDA_INTERNAL, "no memory for a blob");
  }
  b->data = data;
  b->size = size;
  *out = b;
  return BRAID_CUDA_OK;
}

/* ---- what tests may do ---- */

EXPORT void braid_cuda_fake_configure(const braid_cuda_fake_machine *m) {
  pthread_mutex_lock(&fake_lock);
  fake.machine = *m;
  if (fake.machine.gpus > MAX_GPUS) fake.machine.gpus = MAX_GPUS;
  pthread_mutex_unlock(&fake_lock);
}

EXPORT void braid_cuda_fake_evaluator(braid_cuda_fake_evaluator_f f, uint64_t owner) {
  pthread_mutex_lock(&fake_lock);
  fake.evaluator = f;
  fake.owner = owner;
  pthread_mutex_unlock(&fake_lock);
}

EXPORT const char *braid_cuda_fake_calls(void) {
  pthread_mutex_lock(&fake_lock);
  free(calls_given);
  calls_given = strdup(calls.text ? calls.text : "");
  pthread_mutex_unlock(&fake_lock);
  return calls_given;
}

EXPORT int braid_cuda_fake_fail(const char *entry, int32_t nth, int32_t code) {
  int full = 1;
  pthread_mutex_lock(&fake_lock);
  for (size_t i = 0; full && i < sizeof failures / sizeof *failures; i++) {
    if (failures[i].nth > 0) continue;
    snprintf(failures[i].entry, sizeof failures[i].entry, "%s", entry);
    failures[i].nth = nth;
    failures[i].code = code;
    full = 0;
  }
  pthread_mutex_unlock(&fake_lock);
  return full;
}

EXPORT void braid_cuda_fake_count(braid_cuda_fake_counters *out) {
  pthread_mutex_lock(&fake_lock);
  *out = fake.counters;
  pthread_mutex_unlock(&fake_lock);
}

EXPORT uint64_t braid_cuda_fake_host_waits(void) {
  braid_cuda_fake_counters now;
  braid_cuda_fake_count(&now);
  return now.host_waits;
}

EXPORT int braid_cuda_fake_peek(const void *p, void *to, uint64_t bytes) {
  pthread_mutex_lock(&fake_lock);
  memory *m = memory_find(p, bytes);
  if (m) memcpy(to, memory_bytes(m, p), bytes);
  pthread_mutex_unlock(&fake_lock);
  return m ? 0 : 1;
}

EXPORT void braid_cuda_fake_reset(void) {
  pthread_mutex_lock(&fake_lock);
  free(calls.text);
  memset(&calls, 0, sizeof calls);
  memset(failures, 0, sizeof failures);
  memset(fake.lost, 0, sizeof fake.lost);
  memset(&fake.counters, 0, sizeof fake.counters);
  pthread_mutex_unlock(&fake_lock);
}
