#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

int fake_call_new(braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, braid_cuda_error *err) {
  int rc = fake_enter("call_new", x, KIND_EXEC, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  event *e = calloc(1, sizeof *e);
  braid_cuda_call *c = fake_open(sizeof *c, KIND_CALL, &x->head, x->head.gpu);
  if (!c || !e) abort();
  e->refs = 1;
  e->gpu = x->head.gpu;
  c->exec = x;
  c->spin = spin;
  c->event = e;
  *out = c;
  return fake_leave(BRAID_CUDA_OK);
}

/* Starts an entry that comes before call_ready. */
static int enter(const char *entry, braid_cuda_call *c, braid_cuda_error *err) {
  int rc = fake_enter(entry, c, KIND_CALL, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (c->ready) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the call is ready already"));
  return BRAID_CUDA_OK;
}

/* Whether the call's GPU reaches this memory. */
static int reaches(const braid_cuda_call *c, const memory *m) {
  int32_t gpu = memory_gpu(m);
  return gpu == BRAID_CUDA_HOST || gpu == c->head.gpu || fake.peers[c->head.gpu][gpu];
}

int fake_call_tensor(braid_cuda_call *c, const char *name, void *p, braid_cuda_error *err) {
  int rc = enter("call_tensor", c, err);
  if (rc != BRAID_CUDA_OK) return rc;
  const blob_head *info = &c->exec->engine->info;
  for (int i = 0; i < info->count; i++) {
    if (strcmp(info->tensors[i].name, name) != 0) continue;
    uint64_t bytes = tensor_bytes(&info->tensors[i]);
    memory *m = memory_find(p, bytes);
    if (!m) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there are no %llu bytes of this library's memory", (unsigned long long)bytes));
    if (!reaches(c, m)) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "GPU %d does not reach the memory of GPU %d", c->head.gpu, memory_gpu(m)));
    if (c->memories[i]) memory_bind(c->memories[i], -1);
    memory_bind(m, 1);
    c->memories[i] = m;
    c->data[i] = memory_bytes(m, p);
    return fake_leave(BRAID_CUDA_OK);
  }
  return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the engine has no tensor of this name"));
}

int fake_call_copy(braid_cuda_call *c, int32_t when, void *dst, int32_t dst_gpu, const void *src, int32_t src_gpu,
                   uint64_t bytes, braid_cuda_error *err) {
  int rc = enter("call_copy", c, err);
  if (rc != BRAID_CUDA_OK) return rc;
  memory *to = memory_find(dst, bytes), *from = memory_find(src, bytes);
  if (c->copied == MAX_COPIES) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "more than %d copies", MAX_COPIES));
  if (when < BRAID_CUDA_BEFORE || when > BRAID_CUDA_ON_DEMAND) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "a copy at no time that there is"));
  int demands = 0;
  for (int i = 0; i < c->copied; i++) demands += c->copies[i].when == BRAID_CUDA_ON_DEMAND;
  if (when == BRAID_CUDA_ON_DEMAND && demands == 64) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "a call has at most 64 copies on demand"));
  if (!to || memory_gpu(to) != dst_gpu)
    return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the destination has no %llu bytes where it says", (unsigned long long)bytes));
  if (!from || memory_gpu(from) != src_gpu)
    return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the source has no %llu bytes where it says", (unsigned long long)bytes));
  memory_bind(to, 1);
  memory_bind(from, 1);
  c->copies[c->copied++] = (transfer){when, 1ULL << (demands & 63), to, from, memory_bytes(to, dst), memory_bytes(from, src), bytes};
  return fake_leave(BRAID_CUDA_OK);
}

static void copy(const struct braid_cuda_call *c, int when, uint64_t wanted) {
  for (int i = 0; i < c->copied; i++)
    if (c->copies[i].when == when && (when != BRAID_CUDA_ON_DEMAND || c->copies[i].bit & wanted)) memmove(c->copies[i].dst, c->copies[i].src, c->copies[i].bytes);
}

/* Splits the exec's room among the tensors, inputs filled, outputs spoilt. */
static void prepare(const struct braid_cuda_call *c, braid_cuda_fake_array *in, int32_t *ins, braid_cuda_fake_array *out,
                    int32_t *outs) {
  const blob_head *info = &c->exec->engine->info;
  float *values = c->exec->values;
  for (int i = 0; i < info->count; i++) {
    const tensor *t = &info->tensors[i];
    braid_cuda_fake_array a = {t->name, values, tensor_count(t)};
    values += a.count;
    if (t->input) {
      tensor_load(t, c->data[i], a.values);
      in[(*ins)++] = a;
    } else {
      memset(a.values, 0xFF, a.count * sizeof *a.values);
      out[(*outs)++] = a;
    }
  }
}

int run_execute(struct braid_cuda_call *c, uint64_t wanted, char *message, size_t room) {
  const braid_cuda_engine *e = c->exec->engine;
  braid_cuda_fake_array in[MAX_TENSORS], out[MAX_TENSORS];
  int32_t ins = 0, outs = 0;
  copy(c, BRAID_CUDA_ON_DEMAND, wanted);
  copy(c, BRAID_CUDA_BEFORE, 0);
  prepare(c, in, &ins, out, &outs);
  pthread_mutex_lock(&fake_lock);
  braid_cuda_fake_evaluator_f f = fake.evaluator;
  uint64_t owner = fake.owner;
  pthread_mutex_unlock(&fake_lock);
  if (!f) {
    snprintf(message, room, "nobody gave the stand-in an evaluator");
    return BRAID_CUDA_INTERNAL;
  }
  uint64_t size = (uint64_t)(e->net.file.end - e->net.file.at);
  if (f(owner, e->id, (void *)(uintptr_t)e->net.file.at, size, in, ins, out, outs, message, room) != 0) return BRAID_CUDA_INTERNAL;
  for (int i = 0, k = 0; i < e->info.count; i++)
    if (!e->info.tensors[i].input) tensor_store(&e->info.tensors[i], out[k++].values, c->data[i]);
  copy(c, BRAID_CUDA_AFTER, 0);
  return BRAID_CUDA_OK;
}

int fake_call_ready(braid_cuda_call *c, int32_t graph, braid_cuda_error *err) {
  int rc = enter("call_ready", c, err);
  if (rc != BRAID_CUDA_OK) return rc;
  const braid_cuda_engine *e = c->exec->engine;
  for (int i = 0; i < e->info.count; i++)
    if (!c->data[i]) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "tensor \"%s\" is bound to nothing", e->info.tensors[i].name));
  if (graph && e->dla != BRAID_CUDA_NO_DLA)
    return fake_leave(fake_error(err, BRAID_CUDA_UNSUPPORTED, "a run on a DLA cannot be captured"));
  rc = stream_push(c, NULL, 0, 1, err);
  if (rc == BRAID_CUDA_OK) rc = stream_wait(c, err);
  if (rc == BRAID_CUDA_OK) c->ready = 1;
  return fake_leave(rc);
}

int fake_call_start(braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, braid_cuda_error *err) {
  int rc = fake_enter("call_start", c, KIND_CALL, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!c->ready) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the call is not ready"));
  if (after && !fake_is_open(after, KIND_CALL)) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the call before it is not open"));
  rc = stream_push(c, after ? after->event : NULL, wanted, 0, err);
  if (rc == BRAID_CUDA_OK) fake.counters.started++;
  return fake_leave(rc);
}

static int count_layer(const node *n, void *with) {
  *(int *)with += n->index + 1;
  return 0;
}

static int time_layer(const node *n, void *with) {
  text *t = with;
  text_print(t, "%s{\"layer\":", n->index ? "," : "");
  text_json(t, n->name);
  text_print(t, ",\"ms\":%d.5}", n->index + 1);
  return 0;
}

/* The n-th layer takes n milliseconds, and to take its time half of one. */
int fake_call_profile(braid_cuda_call *c, braid_cuda_blob **out, braid_cuda_error *err) {
  int rc = fake_enter("call_profile", c, KIND_CALL, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!c->ready) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the call is not ready"));
  rc = stream_push(c, NULL, 0, 1, err);
  if (rc == BRAID_CUDA_OK) rc = stream_wait(c, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  text t = {0};
  int run = 0;
  onnx_nodes(&c->exec->engine->net, count_layer, &run);
  text_print(&t, "{\"run_ms\":%d,\"at_once\":true,\"layers\":[", run);
  onnx_nodes(&c->exec->engine->net, time_layer, &t);
  text_print(&t, "]}");
  return fake_leave(fake_blob(&c->exec->engine->head, (uint8_t *)t.text, t.size, out, err));
}

int fake_call_wait(braid_cuda_call *c, braid_cuda_error *err) {
  int rc = fake_begin(c, KIND_CALL, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (c->event->done < c->event->started) fake.counters.host_waits++;
  int went = stream_wait(c, err);
  rc = fake_end("call_wait", c->head.gpu, err);
  return fake_leave(rc == BRAID_CUDA_OK ? went : rc);
}

int fake_call_close(braid_cuda_call *c, braid_cuda_error *err) {
  if (!c) return BRAID_CUDA_OK;
  int rc = fake_begin(c, KIND_CALL, err);
  if (rc != BRAID_CUDA_OK) return rc;
  stream_wait(c, err); /* an error of the run was call_wait's to tell */
  for (int i = 0; i < MAX_TENSORS; i++)
    if (c->memories[i]) memory_bind(c->memories[i], -1);
  for (int i = 0; i < c->copied; i++) {
    memory_bind(c->copies[i].to, -1);
    memory_bind(c->copies[i].from, -1);
  }
  event_release(c->event);
  return fake_leave(fake_close("call_close", &c->head, err));
}
