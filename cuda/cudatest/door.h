/* Calls into the stand-in, whose functions are found at run time. */
#ifndef BRAID_CUDATEST_DOOR_H
#define BRAID_CUDATEST_DOOR_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"

/* Go's evaluator, in evaluator.go. */
extern int braidCudaEvaluate(uint64_t owner, uint64_t network, void *onnx, uint64_t size, braid_cuda_fake_array *in,
                             int32_t ins, braid_cuda_fake_array *out, int32_t outs, char *message, uint64_t room);

typedef struct {
  void *library;
  void (*configure)(const braid_cuda_fake_machine *);
  void (*evaluator)(braid_cuda_fake_evaluator_f, uint64_t);
  const char *(*calls)(void);
  int (*fail)(const char *, int32_t, int32_t);
  void (*count)(braid_cuda_fake_counters *);
  uint64_t (*host_waits)(void);
  int (*peek)(const void *, void *, uint64_t);
  void (*reset)(void);
} door;

/* Opens the stand-in; where that fails, room holds the reason and it returns 0. */
static inline int door_open(door *d, const char *path, char *room, size_t size) {
  struct {
    const char *name;
    void *to;
  } symbols[] = {
      {"braid_cuda_fake_configure", &d->configure}, {"braid_cuda_fake_evaluator", &d->evaluator},
      {"braid_cuda_fake_calls", &d->calls},         {"braid_cuda_fake_fail", &d->fail},
      {"braid_cuda_fake_count", &d->count},         {"braid_cuda_fake_host_waits", &d->host_waits},
      {"braid_cuda_fake_peek", &d->peek},           {"braid_cuda_fake_reset", &d->reset},
  };
  const char *message = "it lacks a symbol of control.h";
  d->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!d->library) message = dlerror();
  for (size_t i = 0; d->library && i < sizeof symbols / sizeof *symbols; i++) {
    void *p = dlsym(d->library, symbols[i].name);
    if (!p) d->library = NULL;
    *(void **)symbols[i].to = p;
  }
  if (d->library) return 1;
  snprintf(room, size, "%s", message);
  return 0;
}

static inline void door_configure(const door *d, const braid_cuda_fake_machine *m) { d->configure(m); }
static inline void door_evaluator(const door *d, uint64_t owner) { d->evaluator(braidCudaEvaluate, owner); }
static inline const char *door_calls(const door *d) { return d->calls(); }
static inline int door_fail(const door *d, const char *entry, int32_t nth, int32_t code) { return d->fail(entry, nth, code); }
static inline void door_count(const door *d, braid_cuda_fake_counters *out) { d->count(out); }
static inline uint64_t door_host_waits(const door *d) { return d->host_waits(); }
static inline int door_peek(const door *d, uintptr_t p, void *to, uint64_t bytes) { return d->peek((const void *)p, to, bytes); }
static inline void door_reset(const door *d) { d->reset(); }

#endif
