/* The C ABI between braid and CUDA with TensorRT.
 *
 * A shared library exports one symbol, braid_cuda_table, which returns a table of
 * functions. braid opens the library at run time and calls through the table, so
 * that the same binary starts where there is no NVIDIA software at all.
 *
 * Rules that hold for every entry:
 * - It returns a braid_cuda_code; where that is not BRAID_CUDA_OK it has filled
 *   err (never NULL), and every out parameter is untouched.
 * - It makes its own device current and leaves nothing to the caller's thread:
 *   any thread may call, also another one each time.
 * - No C++ exception leaves it.
 * - It keeps no pointer to the caller's memory after it returns, but for the
 *   addresses of call_tensor and call_copy, which are device or page-locked
 *   memory of this library.
 * - Handles are not locked: one thread at a time uses a handle, except the
 *   runtime and a loaded engine, which many may use.
 * - Names are UTF-8, end with a zero byte and are those of the ONNX file.
 * - The close entries accept NULL.
 */
#ifndef BRAID_CUDA_H
#define BRAID_CUDA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every incompatible change of what follows. */
#define BRAID_CUDA_ABI 5

/* What a call came to. */
typedef enum {
  BRAID_CUDA_OK = 0,
  BRAID_CUDA_INVALID = 1,       /* arguments, network or engine are no good */
  BRAID_CUDA_UNSUPPORTED = 2,   /* this device or version cannot do it */
  BRAID_CUDA_OUT_OF_MEMORY = 3, /* of the device or page-locked */
  BRAID_CUDA_DEVICE_LOST = 4,   /* the device runs nothing more in this process */
  BRAID_CUDA_MISSING = 5,       /* no driver, no library, no device */
  BRAID_CUDA_INTERNAL = 6
} braid_cuda_code;

typedef struct {
  int32_t code;
  char message[1020]; /* one line, without the operation, which the caller names */
} braid_cuda_error;

typedef struct braid_cuda_runtime braid_cuda_runtime; /* the libraries, opened */
typedef struct braid_cuda_builder braid_cuda_builder; /* a network on its way to an engine */
typedef struct braid_cuda_blob braid_cuda_blob;       /* bytes that the library owns */
typedef struct braid_cuda_engine braid_cuda_engine;   /* a network, ready on a device */
typedef struct braid_cuda_exec braid_cuda_exec;       /* execution context and its stream */
typedef struct braid_cuda_call braid_cuda_call;       /* an exec bound to tensors, and its event */

typedef struct {
  int32_t tensorrt; /* of the library that is loaded: 8601 is 8.6.1, 100700 is 10.7.0 */
  int32_t cuda;     /* runtime: 12040 is 12.4 */
  int32_t driver;   /* the newest CUDA that the driver serves, likewise */
} braid_cuda_versions;

typedef struct {
  char name[256];
  int32_t compute_capability; /* 90 is 9.0 */
  int32_t multiprocessors;
  int32_t dla_cores;
  int32_t integrated;   /* 1: shares memory with the CPU, as on Jetson */
  uint64_t memory;      /* bytes */
  char uuid[64];        /* as nvidia-smi writes it */
} braid_cuda_device;

/* Element types, with the numbers of ONNX's TensorProto.DataType. */
typedef enum {
  BRAID_CUDA_FLOAT32 = 1,
  BRAID_CUDA_UINT8 = 2,
  BRAID_CUDA_INT8 = 3,
  BRAID_CUDA_INT32 = 6,
  BRAID_CUDA_INT64 = 7,
  BRAID_CUDA_BOOL = 9,
  BRAID_CUDA_FLOAT16 = 10
} braid_cuda_type;

/* Layouts of a tensor, named as TensorRT's TensorFormat. */
typedef enum {
  BRAID_CUDA_LINEAR = 0,
  BRAID_CUDA_CHW16 = 1,      /* DLA, FP16 */
  BRAID_CUDA_CHW32 = 2,      /* DLA, INT8 */
  BRAID_CUDA_DLA_LINEAR = 3, /* DLA, rows padded as the hardware wants */
  BRAID_CUDA_HWC8 = 4        /* GPU, FP16: what its convolutions work on */
} braid_cuda_format;

typedef enum {
  BRAID_CUDA_FLAG_FP16 = 0,
  BRAID_CUDA_FLAG_INT8 = 1,
  BRAID_CUDA_FLAG_TF32 = 2,             /* on by default: cleared by builder_flag's value 0 */
  BRAID_CUDA_FLAG_GPU_FALLBACK = 3,     /* layers a DLA cannot run go to its GPU */
  BRAID_CUDA_FLAG_PREFER_PRECISION = 4, /* layers' own types before faster ones */
  BRAID_CUDA_FLAG_DIRECT_IO = 5         /* no reformat at inputs and outputs */
} braid_cuda_flag;

typedef enum {
  BRAID_CUDA_POOL_WORKSPACE = 0,
  BRAID_CUDA_POOL_DLA_SRAM = 1,
  BRAID_CUDA_POOL_DLA_LOCAL_DRAM = 2,
  BRAID_CUDA_POOL_DLA_GLOBAL_DRAM = 3
} braid_cuda_pool;

/* When a call makes a copy. */
typedef enum {
  BRAID_CUDA_BEFORE = 0,   /* before the network runs, each time */
  BRAID_CUDA_AFTER = 1,    /* behind it, each time */
  BRAID_CUDA_ON_DEMAND = 2 /* before it, where call_start asks; at most 64 of them */
} braid_cuda_when;

#define BRAID_CUDA_MAX_DIMS 8

typedef struct {
  const char *name; /* the engine's, valid as long as it is */
  int32_t input;    /* 1: input, 0: output */
  int32_t type;     /* braid_cuda_type */
  int32_t format;   /* braid_cuda_format; -1: another one */
  int32_t rank;
  int64_t shape[BRAID_CUDA_MAX_DIMS];
  uint64_t bytes; /* that its memory must have, padding of the format included */
} braid_cuda_tensor;

#define BRAID_CUDA_HOST (-1) /* in place of a GPU's number: page-locked memory */
#define BRAID_CUDA_NO_DLA (-1)

typedef struct {
  uint32_t abi;  /* BRAID_CUDA_ABI */
  uint32_t size; /* of this table, bytes */

  /* Opens CUDA and TensorRT. */
  int (*runtime_open)(braid_cuda_runtime **out, braid_cuda_error *err);
  int (*runtime_close)(braid_cuda_runtime *r, braid_cuda_error *err);
  int (*versions)(braid_cuda_runtime *r, braid_cuda_versions *out, braid_cuda_error *err);
  int (*device_count)(braid_cuda_runtime *r, int32_t *out, braid_cuda_error *err);
  int (*device)(braid_cuda_runtime *r, int32_t gpu, braid_cuda_device *out, braid_cuda_error *err);

  /* Zeroed memory, aligned to 256 bytes. Host memory is page-locked and every
   * GPU may copy from and to it. */
  int (*alloc_device)(braid_cuda_runtime *r, int32_t gpu, uint64_t bytes, void **out, braid_cuda_error *err);
  int (*free_device)(braid_cuda_runtime *r, int32_t gpu, void *p, braid_cuda_error *err);
  int (*alloc_host)(braid_cuda_runtime *r, uint64_t bytes, void **out, braid_cuda_error *err);
  int (*free_host)(braid_cuda_runtime *r, void *p, braid_cuda_error *err);

  /* Lets gpu `from` reach the memory of gpu `to`: *direct is 1, or 0 where copies
   * go through the host. Before call_copy of a call on `from`: copies are by a kernel
   * then, where the library was built by nvcc. */
  int (*peer)(braid_cuda_runtime *r, int32_t from, int32_t to, int32_t *direct, braid_cuda_error *err);

  /* A builder: parse once, then set, then build once. builder_parse copies what
   * it keeps. Precisions are flags; with none of them the engine is FP32. */
  int (*builder_new)(braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, braid_cuda_error *err);
  int (*builder_parse)(braid_cuda_builder *b, const void *onnx, uint64_t size, braid_cuda_error *err);
  int (*builder_flag)(braid_cuda_builder *b, int32_t flag, int32_t value, braid_cuda_error *err);
  /* Where layers go by default: a DLA core, or the GPU for BRAID_CUDA_NO_DLA. */
  int (*builder_device)(braid_cuda_builder *b, int32_t dla_core, braid_cuda_error *err);
  int (*builder_pool)(braid_cuda_builder *b, int32_t pool, uint64_t bytes, braid_cuda_error *err);
  /* Optimisation level 0 (fast to build) to 5. */
  int (*builder_level)(braid_cuda_builder *b, int32_t level, braid_cuda_error *err);
  /* Type and layout of an input or output. */
  int (*builder_io)(braid_cuda_builder *b, const char *tensor, int32_t type, int32_t format, braid_cuda_error *err);
  /* Dynamic range of a tensor, -amax to amax (INT8 without Q/DQ). */
  int (*builder_range)(braid_cuda_builder *b, const char *tensor, float amax, braid_cuda_error *err);
  /* Times of tactics, from an earlier builder_timings; a foreign cache is refused
   * with BRAID_CUDA_INVALID and the builder goes on without. */
  int (*builder_timing_cache)(braid_cuda_builder *b, const void *data, uint64_t size, braid_cuda_error *err);
  /* What the layers of the parsed network are and which a DLA could run, JSON:
   * [{"layer":…,"type":…,"dla":true}]. */
  int (*builder_layers)(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
  int (*builder_build)(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
  int (*builder_timings)(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err);
  int (*builder_close)(braid_cuda_builder *b, braid_cuda_error *err);

  int (*blob_data)(braid_cuda_blob *b, const void **data, uint64_t *size, braid_cuda_error *err);
  int (*blob_close)(braid_cuda_blob *b, braid_cuda_error *err);

  int (*engine_load)(braid_cuda_runtime *r, int32_t gpu, int32_t dla_core, const void *blob, uint64_t size,
                     braid_cuda_engine **out, braid_cuda_error *err);
  int (*engine_tensor_count)(braid_cuda_engine *e, int32_t *out, braid_cuda_error *err);
  int (*engine_tensor)(braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, braid_cuda_error *err);
  /* Bytes of device memory that one exec needs besides tensors. */
  int (*engine_memory)(braid_cuda_engine *e, uint64_t *out, braid_cuda_error *err);
  /* TensorRT's engine inspector: JSON with which layer runs where, reformats too. */
  int (*engine_inspect)(braid_cuda_engine *e, braid_cuda_blob **out, braid_cuda_error *err);
  int (*engine_close)(braid_cuda_engine *e, braid_cuda_error *err);

  /* rank: a GPU does what execs of a higher one ask for first, as far as it tells them apart; 0 is the last. */
  int (*exec_new)(braid_cuda_engine *e, int32_t rank, braid_cuda_exec **out, braid_cuda_error *err);
  /* Before any call: each run of the network takes factor times as long as it does,
   * and all stretched execs of a GPU share one stream, first in first out. A GPU that
   * stands in for a slower processor; needs a library that was built by nvcc. */
  int (*exec_stretch)(braid_cuda_exec *x, double factor, braid_cuda_error *err);
  int (*exec_close)(braid_cuda_exec *x, braid_cuda_error *err);

  /* A call: call_tensor for each tensor of the engine, call_copy for what is to
   * be copied, then call_ready. spin: call_wait spins instead of sleeping. */
  int (*call_new)(braid_cuda_exec *x, int32_t spin, braid_cuda_call **out, braid_cuda_error *err);
  int (*call_tensor)(braid_cuda_call *c, const char *name, void *p, braid_cuda_error *err);
  /* when: a braid_cuda_when. A GPU's number or BRAID_CUDA_HOST says whose memory
   * each address is. */
  int (*call_copy)(braid_cuda_call *c, int32_t when, void *dst, int32_t dst_gpu, const void *src, int32_t src_gpu,
                   uint64_t bytes, braid_cuda_error *err);
  /* Runs once, waits, and where graph is 1 captures a CUDA graph for all that
   * call_start does from then on. */
  int (*call_ready)(braid_cuda_call *c, int32_t graph, braid_cuda_error *err);
  /* Enqueues copies and network behind the end of `after` (NULL: nothing to wait
   * for) and records the call's event. Bit i of wanted asks for the i-th copy on
   * demand. Does not block and allocates nothing. Where it fails nothing of it is
   * left on the device, which is waited for then. */
  int (*call_start)(braid_cuda_call *c, braid_cuda_call *after, uint64_t wanted, braid_cuda_error *err);
  /* Runs a ready call as a whole and layer after layer, and waits: how long each took on
   * the device. The layers run on a context of their own, which has as much memory as the
   * exec for as long. JSON: {"run_ms":…,"at_once":true,"layers":[{"layer":…,
   * "ms":…}]}, in the order of the run, named as engine_inspect does; a DLA is one
   * layer. at_once: all was enqueued before the first layer began, so that none
   * waited for its launch. To take a time takes time: layers are longer together. */
  int (*call_profile)(braid_cuda_call *c, braid_cuda_blob **out, braid_cuda_error *err);
  /* Waits for what the last call_start enqueued. Where it fails nothing of it is left
   * on the device either, unless that is lost. */
  int (*call_wait)(braid_cuda_call *c, braid_cuda_error *err);
  int (*call_close)(braid_cuda_call *c, braid_cuda_error *err);
} braid_cuda_functions;

/* The one exported symbol. */
const braid_cuda_functions *braid_cuda_table(void);

#ifdef __cplusplus
}
#endif

#endif
