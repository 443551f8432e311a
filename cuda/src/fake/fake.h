/* What the parts of the stand-in know of each other. One lock guards everything
 * but the memory that runs work on; one condition tells that something ended. */
#ifndef BRAID_FAKE_H
#define BRAID_FAKE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "../../cudatest/control.h"
#include "../../include/braid_cuda.h"

enum { MAX_GPUS = 8, MAX_TENSORS = 64, MAX_COPIES = 64, RING = 256, NAME_ROOM = 512 };
enum { OF_HANDLE = INT32_MIN }; /* in place of a GPU: the one that a handle is of, if any */

typedef enum { KIND_RUNTIME, KIND_BUILDER, KIND_BLOB, KIND_ENGINE, KIND_EXEC, KIND_CALL, KINDS } kind;

/* The head of every handle. Live ones are in a list, so that a closed one is
 * found out without being touched. */
typedef struct handle {
  struct handle *next;
  struct handle *parent; /* what must be closed after it */
  kind kind;
  int children;
  int32_t gpu; /* -1: of no GPU */
  struct braid_cuda_runtime *runtime;
} handle;

struct braid_cuda_runtime {
  handle head;
};

struct braid_cuda_blob {
  handle head;
  uint8_t *data;
  uint64_t size;
};

/* ---- state.c: lock, handles, errors, failures on demand, the log ---- */

typedef struct {
  braid_cuda_fake_machine machine;
  uint64_t used[MAX_GPUS]; /* bytes */
  int lost[MAX_GPUS];
  int peers[MAX_GPUS][MAX_GPUS]; /* [from][to]: enabled */
  braid_cuda_fake_counters counters;
  braid_cuda_fake_evaluator_f evaluator;
  uint64_t owner;
  uint64_t networks; /* engines loaded so far */
} fake_state;

extern fake_state fake;
extern pthread_mutex_t fake_lock;
extern pthread_cond_t fake_changed;

/* Fills err and returns code. */
int fake_error(braid_cuda_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Starts an entry: takes the lock, checks the handle and the GPU (or
 * OF_HANDLE) and makes the entry fail where that was asked for. Where it returns
 * other than OK the lock is free again, and the entry returns that. */
int fake_enter(const char *entry, const void *h, kind k, int32_t gpu, braid_cuda_error *err);
/* Likewise for entries that close or wait: a lost device is no reason not to. That it is
 * lost, and a failure on demand, comes out of fake_close or fake_end, behind the deed. */
int fake_begin(const void *h, kind k, braid_cuda_error *err);
/* Ends an entry: frees the lock and passes rc on. */
int fake_leave(int rc);
/* Makes an entry fail where that was asked for. */
int fake_injected(const char *entry, int32_t gpu, braid_cuda_error *err);

/* Whether this is a live handle of a kind. */
int fake_is_open(const void *h, kind k);
/* A new handle of size bytes, NULL where there is no memory. */
void *fake_open(size_t size, kind k, handle *parent, int32_t gpu);
/* Refuses where something of it is still open. */
int fake_childless(const handle *h, braid_cuda_error *err);
/* Takes it out of the list; its memory is the caller's. */
void fake_drop(handle *h);
/* drop, free, and fake_end. */
int fake_close(const char *entry, handle *h, braid_cuda_error *err);
/* What an entry of a GPU that began with fake_begin comes to, once it has done its deed. */
int fake_end(const char *entry, int32_t gpu, braid_cuda_error *err);
/* Names what is open of a runtime; room is "" where nothing is. */
void fake_leaks(const struct braid_cuda_runtime *r, char *room, size_t size);

void fake_record(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes bytes of a GPU's memory, or fails. */
int fake_take(int32_t gpu, uint64_t bytes, braid_cuda_error *err);
void fake_give(int32_t gpu, uint64_t bytes);
/* A blob of data, which becomes its own. */
int fake_blob(handle *parent, uint8_t *data, uint64_t size, braid_cuda_blob **out, braid_cuda_error *err);

/* ---- memory.c ---- */

typedef struct memory memory;
/* The allocation that holds bytes at p, on the host or a GPU; NULL: there is none. */
memory *memory_find(const void *p, uint64_t bytes);
int32_t memory_gpu(const memory *m); /* or BRAID_CUDA_HOST */
/* Where the bytes really are. A bound allocation is not freed. */
uint8_t *memory_bytes(const memory *m, const void *p);
void memory_bind(memory *m, int by);
uint64_t memory_open(const struct braid_cuda_runtime *r, uint64_t *bytes);

int fake_alloc_device(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, braid_cuda_error *err);
int fake_free_device(braid_cuda_runtime *r, int32_t gpu, void *p, braid_cuda_error *err);
int fake_alloc_host(braid_cuda_runtime *r, uint64_t bytes, void **out, braid_cuda_error *err);
int fake_free_host(braid_cuda_runtime *r, void *p, braid_cuda_error *err);

/* ---- onnx.c: as much of ONNX as the stand-in needs ---- */

typedef struct {
  char name[NAME_ROOM];
  int32_t input, type, format, rank;
  int64_t shape[BRAID_CUDA_MAX_DIMS];
  int32_t file_type; /* what the network says it is */
  float scale;       /* of INT8: the value of 1 */
} tensor;

typedef struct {
  const uint8_t *at, *end;
} span;

typedef struct {
  span file, graph;
  tensor tensors[MAX_TENSORS];
  int count;
} network;

/* A node as it lies in the file. */
typedef struct {
  span name, op, all;
  int index;
} node;

/* Reads inputs and outputs, and checks that the rest can be walked and that the
 * operators are known. n keeps pointing into bytes. */
int onnx_read(network *n, const uint8_t *bytes, uint64_t size, braid_cuda_error *err);
/* Calls f for each node while it returns 0; returns what it returned. */
int onnx_nodes(const network *n, int (*f)(const node *, void *), void *with);
/* Whether a node writes or the graph takes or stores a tensor of this name. */
int onnx_has(const network *n, const char *name);
int onnx_dla(const node *n); /* whether a DLA could run it */

/* ---- layout.c: what tensors look like in memory ---- */

uint64_t tensor_count(const tensor *t);
uint64_t tensor_bytes(const tensor *t);
/* Why this type and format do not go together for the tensor; NULL: they do. */
const char *tensor_refused(const tensor *t);
void tensor_load(const tensor *t, const uint8_t *from, float *to);
void tensor_store(const tensor *t, const float *from, uint8_t *to);

/* ---- text.c: a string that grows ---- */

typedef struct {
  char *text;
  size_t size, room;
} text;

void text_bytes(text *t, const void *bytes, size_t size);
void text_print(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_json(text *t, span s); /* as a JSON string, with its quotes */

/* ---- builder.c ---- */

int fake_builder_new(braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, braid_cuda_error *err);
int fake_builder_parse(braid_cuda_builder *b, const void *onnx, uint64_t size, braid_cuda_error *err);
int fake_builder_flag(braid_cuda_builder *b, int32_t flag, int32_t value, braid_cuda_error *err);
int fake_builder_device(braid_cuda_builder *b, int32_t dla_core, braid_cuda_error *err);
int fake_builder_pool(braid_cuda_builder *b, int32_t pool, uint64_t bytes, braid_cuda_error *err);
int fake_builder_level(braid_cuda_builder *b, int32_t level, braid_cuda_error *err);
int fake_builder_io(braid_cuda_builder *b, const char *tensor, int32_t type, int32_t format, braid_cuda_error *err);
int fake_builder_range(braid_cuda_builder *b, const char *tensor, float amax, braid_cuda_error *err);
int fake_builder_timing_cache(braid_cuda_builder *b, const void *data, uint64_t size, braid_cuda_error *err);
int fake_builder_layers(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
int fake_builder_build(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
int fake_builder_timings(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
int fake_builder_close(braid_cuda_builder *b, braid_cuda_error *err);

/* ---- engine.c ---- */

/* The engine blob: this, then the ONNX bytes. */
typedef struct {
  char magic[16];
  uint64_t size; /* of the whole blob */
  uint64_t hash; /* of what follows this field */
  uint32_t flags;
  int32_t dla; /* 1: for a DLA */
  int32_t count;
  tensor tensors[MAX_TENSORS];
} blob_head;

#define BLOB_MAGIC "braid fake 1\n"
uint64_t blob_hash(const void *blob, uint64_t size);

struct braid_cuda_engine {
  handle head;
  uint64_t id;
  int32_t dla; /* core, or BRAID_CUDA_NO_DLA */
  uint64_t memory;
  blob_head info;
  network net; /* its file is the engine's own copy */
};

int fake_engine_load(braid_cuda_runtime *r, int32_t gpu, int32_t dla_core, const void *blob, uint64_t size,
                     braid_cuda_engine **out, braid_cuda_error *err);
int fake_engine_tensor_count(braid_cuda_engine *e, int32_t *out, braid_cuda_error *err);
int fake_engine_tensor(braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, braid_cuda_error *err);
int fake_engine_memory(braid_cuda_engine *e, uint64_t *out, braid_cuda_error *err);
int fake_engine_inspect(braid_cuda_engine *e, braid_cuda_blob **out, braid_cuda_error *err);
int fake_engine_close(braid_cuda_engine *e, braid_cuda_error *err);

/* ---- stream.c: an exec is a thread that works off what was started ---- */

/* What others wait for: the end of a call's latest runs. It lives as long as its
 * call or a run that waits for it. */
typedef struct {
  int refs;
  int32_t gpu;
  uint64_t started, done;
  int code; /* of the run that ended last */
  char message[256];
} event;

typedef struct {
  struct braid_cuda_call *call;
  event *after; /* NULL: nothing */
  uint64_t after_count, wanted;
  int warm_up;
} run;

struct braid_cuda_exec {
  handle head;
  struct braid_cuda_engine *engine;
  pthread_t thread;
  int stop;
  run ring[RING];
  unsigned first, waiting;
  float *values; /* room for all tensors as float32 */
  double factor; /* 0: not stretched */
};

typedef struct {
  int when;
  uint64_t bit; /* on demand: of call_start's wanted */
  memory *to, *from;
  uint8_t *dst;
  const uint8_t *src;
  uint64_t bytes;
} transfer;

struct braid_cuda_call {
  handle head;
  struct braid_cuda_exec *exec;
  int spin, ready;
  event *event;
  memory *memories[MAX_TENSORS];
  uint8_t *data[MAX_TENSORS];
  transfer copies[MAX_COPIES];
  int copied;
};

/* The work of a run, without the lock: copies, the network, copies. */
int run_execute(struct braid_cuda_call *c, uint64_t wanted, char *message, size_t room);
void event_release(event *e);
/* Enqueues a run; the lock is held. */
int stream_push(struct braid_cuda_call *c, event *after, uint64_t wanted, int warm_up, braid_cuda_error *err);
/* Waits for the call's last run and tells what came of it; the lock is held. */
int stream_wait(struct braid_cuda_call *c, braid_cuda_error *err);

int fake_exec_new(braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, braid_cuda_error *err);
int fake_exec_stretch(braid_cuda_exec *x, double factor, braid_cuda_error *err);
int fake_exec_close(braid_cuda_exec *x, braid_cuda_error *err);

/* ---- call.c ---- */

int fake_call_new(braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, braid_cuda_error *err);
int fake_call_tensor(braid_cuda_call *c, const char *name, void *p, braid_cuda_error *err);
int fake_call_copy(braid_cuda_call *c, int32_t when, void *dst, int32_t dst_gpu, const void *src, int32_t src_gpu,
                   uint64_t bytes, braid_cuda_error *err);
int fake_call_ready(braid_cuda_call *c, int32_t graph, braid_cuda_error *err);
int fake_call_start(braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, braid_cuda_error *err);
int fake_call_profile(braid_cuda_call *c, braid_cuda_blob **out, braid_cuda_error *err);
int fake_call_wait(braid_cuda_call *c, braid_cuda_error *err);
int fake_call_close(braid_cuda_call *c, braid_cuda_error *err);

#endif
