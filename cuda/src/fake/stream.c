#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

void event_release(event *e) {
  if (e && --e->refs == 0) free(e);
}

int stream_push(struct braid_cuda_call *c, event *after, uint64_t wanted, int warm_up, braid_cuda_error *err) {
  struct braid_cuda_exec *x = c->exec;
  if (x->waiting == RING) return fake_error(err, BRAID_CUDA_INVALID, "%d runs wait in this stream already", RING);
  run *r = &x->ring[(x->first + x->waiting++) % RING];
  *r = (run){c, after, after ? after->started : 0, wanted, warm_up};
  if (after) after->refs++;
  c->event->started++;
  pthread_cond_broadcast(&fake_changed);
  return BRAID_CUDA_OK;
}

int stream_wait(struct braid_cuda_call *c, braid_cuda_error *err) {
  event *e = c->event;
  uint64_t target = e->started;
  while (e->done < target) {
    if (!c->spin) {
      pthread_cond_wait(&fake_changed, &fake_lock);
      continue;
    }
    pthread_mutex_unlock(&fake_lock);
    sched_yield();
    pthread_mutex_lock(&fake_lock);
  }
  return e->code == BRAID_CUDA_OK ? e->code : fake_error(err, e->code, "%s", e->message);
}

static int message(char *room, size_t size, const char *said, int code) {
  snprintf(room, size, "%.*s", (int)size - 1, said);
  return code;
}

/* Whether a failure before a run reaches it. An event tells another GPU that its own
 * GPU's work has ended, and not that it was lost: that GPU goes on with what it finds. */
static int reaches(const event *after, int32_t gpu) {
  return after && after->code != BRAID_CUDA_OK && (after->gpu == gpu || after->code != BRAID_CUDA_DEVICE_LOST);
}

/* What keeps a run from running: its device is lost, the run that it waits for
 * failed, or a test wants it. */
static int hindered(const run *r, char *room, size_t size) {
  int32_t gpu = r->call->head.gpu;
  braid_cuda_error err;
  if (reaches(r->after, gpu)) return message(room, size, r->after->message, r->after->code);
  int rc = fake_injected("run", gpu, &err);
  if (rc != BRAID_CUDA_OK) return message(room, size, err.message, rc);
  if (fake.lost[gpu]) return message(room, size, "the GPU is lost", BRAID_CUDA_DEVICE_LOST);
  return BRAID_CUDA_OK;
}

static void count(braid_cuda_fake_copied *c, uint64_t bytes) {
  c->count++;
  c->bytes += bytes;
}

static void count_copies(const struct braid_cuda_call *c, uint64_t wanted) {
  braid_cuda_fake_counters *n = &fake.counters;
  for (int i = 0; i < c->copied; i++) {
    const transfer *t = &c->copies[i];
    if (t->when == BRAID_CUDA_ON_DEMAND && !(t->bit & wanted)) continue;
    int32_t to = memory_gpu(t->to), from = memory_gpu(t->from);
    if (to == BRAID_CUDA_HOST && from == BRAID_CUDA_HOST)
      count(&n->host, t->bytes);
    else if (to == BRAID_CUDA_HOST)
      count(&n->to_host, t->bytes);
    else if (from == BRAID_CUDA_HOST)
      count(&n->to_device, t->bytes);
    else
      count(to == from ? &n->within : &n->between, t->bytes);
  }
}

/* Runs the first of the ring. The lock is held, but not while it runs. */
static void work(struct braid_cuda_exec *x) {
  run r = x->ring[x->first];
  char said[256] = "";
  while (r.after && r.after->done < r.after_count) pthread_cond_wait(&fake_changed, &fake_lock);
  int rc = hindered(&r, said, sizeof said);
  if (rc == BRAID_CUDA_OK) {
    pthread_mutex_unlock(&fake_lock);
    rc = run_execute(r.call, r.wanted, said, sizeof said);
    pthread_mutex_lock(&fake_lock);
  }
  if (!r.warm_up) {
    fake.counters.finished++;
    if (rc == BRAID_CUDA_OK) count_copies(r.call, r.wanted);
  }
  event_release(r.after);
  event *e = r.call->event;
  e->done++;
  e->code = rc;
  memcpy(e->message, said, sizeof said);
  x->first = (x->first + 1) % RING;
  x->waiting--;
  pthread_cond_broadcast(&fake_changed);
}

static void *stream(void *exec) {
  struct braid_cuda_exec *x = exec;
  pthread_mutex_lock(&fake_lock);
  for (;;) {
    while (x->waiting == 0 && !x->stop) pthread_cond_wait(&fake_changed, &fake_lock);
    if (x->waiting == 0) break;
    work(x);
  }
  pthread_mutex_unlock(&fake_lock);
  return NULL;
}

/* Starts the thread; what fails leaves nothing behind. */
static int start(struct braid_cuda_exec *x, braid_cuda_error *err) {
  uint64_t count = 0;
  for (int i = 0; i < x->engine->info.count; i++) count += tensor_count(&x->engine->info.tensors[i]);
  x->values = calloc(count, sizeof *x->values);
  if (x->values && pthread_create(&x->thread, NULL, stream, x) == 0) return BRAID_CUDA_OK;
  free(x->values);
  return fake_error(err, BRAID_CUDA_INTERNAL, "no memory or no thread for a stream");
}

int fake_exec_new(braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, braid_cuda_error *err) {
  int rc = fake_enter("exec_new", e, KIND_ENGINE, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (rank < 0) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "rank %d is below 0", rank));
  rc = fake_take(e->head.gpu, e->memory, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  braid_cuda_exec *x = fake_open(sizeof *x, KIND_EXEC, &e->head, e->head.gpu);
  if (!x) abort();
  x->engine = e;
  rc = start(x, err);
  if (rc != BRAID_CUDA_OK) {
    fake_give(e->head.gpu, e->memory);
    fake_drop(&x->head);
    free(x);
    return fake_leave(rc);
  }
  fake.counters.ranks += rank;
  *out = x;
  return fake_leave(BRAID_CUDA_OK);
}

/* A stand-in's time is not played, only asked for. */
int fake_exec_stretch(braid_cuda_exec *x, double factor, braid_cuda_error *err) {
  int rc = fake_enter("exec_stretch", x, KIND_EXEC, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!(factor >= 1 && factor <= 1000)) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "a run cannot take %g times as long", factor));
  if (x->factor != 0) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "this exec is stretched already"));
  x->factor = factor;
  return fake_leave(BRAID_CUDA_OK);
}

int fake_exec_close(braid_cuda_exec *x, braid_cuda_error *err) {
  if (!x) return BRAID_CUDA_OK;
  int rc = fake_begin(x, KIND_EXEC, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = fake_childless(&x->head, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  x->stop = 1;
  pthread_cond_broadcast(&fake_changed);
  pthread_mutex_unlock(&fake_lock);
  pthread_join(x->thread, NULL);
  pthread_mutex_lock(&fake_lock);
  fake_give(x->head.gpu, x->engine->memory);
  free(x->values);
  return fake_leave(fake_close("exec_close", &x->head, err));
}
