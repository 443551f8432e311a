/* What the stand-in of cuda/src/fake.c exports besides braid_cuda_table: tests set
 * it up, make it fail and look at what was asked of it. It lies here and not beside
 * the stand-in because the go command only watches headers of the package's folder.
 */
#ifndef BRAID_CUDA_CONTROL_H
#define BRAID_CUDA_CONTROL_H

#include <stdint.h>

/* The machine that is played. BRAID_CUDA_FAKE_GPUS and BRAID_CUDA_FAKE_DLAS in the
 * environment prevail when a runtime is opened: they are for whole programs. */
typedef struct {
  int32_t gpus;      /* at most 8 */
  int32_t dla_cores; /* of each GPU */
  int32_t direct;    /* 1: GPUs reach each other's memory */
  int32_t integrated;
  uint64_t memory;   /* bytes of each GPU */
} braid_cuda_fake_machine;

/* A tensor for the evaluator: all elements as float32 in row-major order. */
typedef struct {
  const char *name;
  float *values;
  uint64_t count;
} braid_cuda_fake_array;

/* Computes outputs from inputs; called by threads of the stand-in, several at once.
 * network is a number of the loaded engine. It returns 0, or else has written
 * one line to message. */
typedef int (*braid_cuda_fake_evaluator_f)(uint64_t owner, uint64_t network, void *onnx, uint64_t size,
                                           braid_cuda_fake_array *in, int32_t ins, braid_cuda_fake_array *out,
                                           int32_t outs, char *message, uint64_t room);

typedef struct {
  uint64_t count, bytes;
} braid_cuda_fake_copied;

/* What was done since the start or the last reset; runs and copies of call_ready
 * do not count. */
typedef struct {
  uint64_t host_waits; /* call_wait that had to wait */
  uint64_t started;    /* call_start */
  uint64_t finished;
  uint64_t ranks; /* of all execs, added up */
  braid_cuda_fake_copied to_device, to_host, within, between, host; /* between two GPUs, within one, host to host */
} braid_cuda_fake_counters;

void braid_cuda_fake_configure(const braid_cuda_fake_machine *m);
void braid_cuda_fake_evaluator(braid_cuda_fake_evaluator_f f, uint64_t owner);

/* Builder calls that succeeded, a line each; the text is good until the next call. */
const char *braid_cuda_fake_calls(void);

/* The nth call of an entry of the table from now (1: the next) fails with code.
 * Entry "run" is a run on the device, which fails behind call_start's back.
 * BRAID_CUDA_DEVICE_LOST stays with the GPU until reset. Returns 0, or 1 where
 * there is no room for more. */
int braid_cuda_fake_fail(const char *entry, int32_t nth, int32_t code);

void braid_cuda_fake_count(braid_cuda_fake_counters *out);
uint64_t braid_cuda_fake_host_waits(void);

/* Bytes of a device's memory as they are now, for tests that look behind the back
 * of copies. Returns 0, or 1 where it is no such memory. */
int braid_cuda_fake_peek(const void *p, void *to, uint64_t bytes);

/* Forgets calls, failures, lost devices and counts. */
void braid_cuda_fake_reset(void);

#endif
