#include <stdlib.h>
#include <string.h>

#include "fake.h"

struct braid_cuda_builder {
  handle head;
  uint8_t *onnx;
  network net;
  float ranges[MAX_TENSORS]; /* of inputs and outputs */
  uint32_t flags;
  int32_t dla;
  int parsed, built;
};

#define TIMINGS "braid fake timings 1\n"

static const char *const flags[] = {"fp16", "int8", "tf32", "gpu_fallback", "prefer_precision", "direct_io"};
static const char *const pools[] = {"workspace", "dla_sram", "dla_local_dram", "dla_global_dram"};
static const char *const formats[] = {"linear", "chw16", "chw32", "dla_linear", "hwc8"};

static const char *type_name(int32_t type) {
  switch (type) {
    case BRAID_CUDA_FLOAT32:
      return "float32";
    case BRAID_CUDA_UINT8:
      return "uint8";
    case BRAID_CUDA_INT8:
      return "int8";
    case BRAID_CUDA_INT32:
      return "int32";
    case BRAID_CUDA_INT64:
      return "int64";
    case BRAID_CUDA_BOOL:
      return "bool";
    case BRAID_CUDA_FLOAT16:
      return "float16";
  }
  return NULL;
}

/* Starts an entry that comes between parse and build. */
static int enter(const char *entry, braid_cuda_builder *b, braid_cuda_error *err) {
  int rc = fake_enter(entry, b, KIND_BUILDER, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!b->parsed) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "nothing is parsed yet"));
  if (b->built) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "it is built already"));
  return BRAID_CUDA_OK;
}

int fake_builder_new(braid_cuda_runtime *r, int32_t gpu, braid_cuda_builder **out, braid_cuda_error *err) {
  int rc = fake_enter("builder_new", r, KIND_RUNTIME, gpu, err);
  if (rc != BRAID_CUDA_OK) return rc;
  braid_cuda_builder *b = fake_open(sizeof *b, KIND_BUILDER, &r->head, gpu);
  if (!b) return fake_leave(fake_error(err, BRAID_CUDA_INTERNAL, "no memory for a builder"));
  b->dla = BRAID_CUDA_NO_DLA;
  b->flags = 1u << BRAID_CUDA_FLAG_TF32;
  fake_record("builder_new gpu=%d", gpu);
  *out = b;
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_parse(braid_cuda_builder *b, const void *onnx, uint64_t size, braid_cuda_error *err) {
  int rc = fake_enter("builder_parse", b, KIND_BUILDER, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (b->parsed) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "a network is parsed already"));
  free(b->onnx);
  b->onnx = malloc(size + 1);
  if (!b->onnx) return fake_leave(fake_error(err, BRAID_CUDA_INTERNAL, "no memory for the network"));
  if (size > 0) memcpy(b->onnx, onnx, size);
  rc = onnx_read(&b->net, b->onnx, size, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  b->parsed = 1;
  fake_record("parse");
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_flag(braid_cuda_builder *b, int32_t flag, int32_t value, braid_cuda_error *err) {
  int rc = enter("builder_flag", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (flag < 0 || flag > BRAID_CUDA_FLAG_DIRECT_IO) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no flag %d", flag));
  b->flags = value ? b->flags | 1u << flag : b->flags & ~(1u << flag);
  fake_record("flag %s=%d", flags[flag], value != 0);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_device(braid_cuda_builder *b, int32_t dla_core, braid_cuda_error *err) {
  int rc = enter("builder_device", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (dla_core < BRAID_CUDA_NO_DLA || dla_core >= fake.machine.dla_cores)
    return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no DLA core %d, only %d of them", dla_core, fake.machine.dla_cores));
  b->dla = dla_core;
  if (dla_core == BRAID_CUDA_NO_DLA)
    fake_record("device gpu");
  else
    fake_record("device dla=%d", dla_core);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_pool(braid_cuda_builder *b, int32_t pool, uint64_t bytes, braid_cuda_error *err) {
  int rc = enter("builder_pool", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (pool < 0 || pool > BRAID_CUDA_POOL_DLA_GLOBAL_DRAM) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no pool %d", pool));
  fake_record("pool %s=%llu", pools[pool], (unsigned long long)bytes);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_level(braid_cuda_builder *b, int32_t level, braid_cuda_error *err) {
  int rc = enter("builder_level", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (level < 0 || level > 5) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "level %d is not between 0 and 5", level));
  fake_record("level %d", level);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_io(braid_cuda_builder *b, const char *name, int32_t type, int32_t format, braid_cuda_error *err) {
  int rc = enter("builder_io", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!type_name(type) || format < 0 || format > BRAID_CUDA_HWC8)
    return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no type %d or no format %d", type, format));
  for (int i = 0; i < b->net.count; i++) {
    if (strcmp(b->net.tensors[i].name, name) != 0) continue;
    tensor changed = b->net.tensors[i];
    changed.type = type;
    changed.format = format;
    const char *why = tensor_refused(&changed);
    if (why) return fake_leave(fake_error(err, BRAID_CUDA_UNSUPPORTED, "%s", why));
    b->net.tensors[i] = changed;
    fake_record("io %s %s %s", name, type_name(type), formats[format]);
    return fake_leave(BRAID_CUDA_OK);
  }
  return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the network has no input or output of this name"));
}

int fake_builder_range(braid_cuda_builder *b, const char *name, float amax, braid_cuda_error *err) {
  int rc = enter("builder_range", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!(amax > 0)) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "a range is above 0"));
  if (!onnx_has(&b->net, name)) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the network has no tensor of this name"));
  for (int i = 0; i < b->net.count; i++)
    if (strcmp(b->net.tensors[i].name, name) == 0) b->ranges[i] = amax;
  fake_record("range %s %g", name, (double)amax);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_timing_cache(braid_cuda_builder *b, const void *data, uint64_t size, braid_cuda_error *err) {
  int rc = enter("builder_timing_cache", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (size != sizeof TIMINGS - 1 || memcmp(data, TIMINGS, size) != 0)
    return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "the timing cache is of another device or version"));
  fake_record("timing_cache");
  return fake_leave(BRAID_CUDA_OK);
}

static int list_layer(const node *n, void *with) {
  text *t = with;
  text_print(t, "%s{\"layer\":", n->index ? "," : "");
  text_json(t, n->name);
  text_print(t, ",\"type\":");
  text_json(t, n->op);
  text_print(t, ",\"dla\":%s}", onnx_dla(n) ? "true" : "false");
  return 0;
}

int fake_builder_layers(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) {
  int rc = enter("builder_layers", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  text t = {0};
  text_print(&t, "[");
  onnx_nodes(&b->net, list_layer, &t);
  text_print(&t, "]");
  fake_record("layers");
  return fake_leave(fake_blob(&b->head, (uint8_t *)t.text, t.size, out, err));
}

static int refuse_off_dla(const node *n, void *with) {
  if (onnx_dla(n)) return 0;
  int size = (int)(n->name.end - n->name.at), op = (int)(n->op.end - n->op.at);
  return fake_error(with, BRAID_CUDA_UNSUPPORTED, "layer %.*s (%.*s) cannot run on a DLA and GPU fallback is off",
                    size > 256 ? 256 : size, n->name.at ? (const char *)n->name.at : "", op, (const char *)n->op.at);
}

static int has(const braid_cuda_builder *b, int flag) { return (b->flags >> flag & 1u) != 0; }

/* What TensorRT would find wrong when it builds. */
static int check_build(const braid_cuda_builder *b, braid_cuda_error *err) {
  for (int i = 0; i < b->net.count; i++) {
    const tensor *t = &b->net.tensors[i];
    if (t->type == BRAID_CUDA_INT8 && t->file_type != BRAID_CUDA_INT8 && b->ranges[i] == 0)
      return fake_error(err, BRAID_CUDA_INVALID, "tensor \"%s\" is INT8 and has no range", t->name);
    if (t->type == BRAID_CUDA_FLOAT16 && t->file_type != t->type && !has(b, BRAID_CUDA_FLAG_FP16))
      return fake_error(err, BRAID_CUDA_INVALID, "tensor \"%s\" is FP16, which is off", t->name);
    if (t->format == BRAID_CUDA_DLA_LINEAR && b->dla == BRAID_CUDA_NO_DLA)
      return fake_error(err, BRAID_CUDA_UNSUPPORTED, "tensor \"%s\" has a format of DLAs, and the engine is for the GPU", t->name);
  }
  if (b->dla == BRAID_CUDA_NO_DLA) return BRAID_CUDA_OK;
  if (!has(b, BRAID_CUDA_FLAG_FP16) && !has(b, BRAID_CUDA_FLAG_INT8)) return fake_error(err, BRAID_CUDA_UNSUPPORTED, "a DLA runs FP16 and INT8 only");
  return has(b, BRAID_CUDA_FLAG_GPU_FALLBACK) ? BRAID_CUDA_OK : onnx_nodes(&b->net, refuse_off_dla, err);
}

static int make_blob(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) {
  uint64_t onnx = (uint64_t)(b->net.file.end - b->net.file.at);
  uint8_t *data = calloc(1, sizeof(blob_head) + onnx);
  if (!data) return fake_error(err, BRAID_CUDA_INTERNAL, "no memory for the engine");
  blob_head *h = (blob_head *)data;
  memcpy(h->magic, BLOB_MAGIC, sizeof BLOB_MAGIC);
  h->size = sizeof *h + onnx;
  h->flags = b->flags;
  h->dla = b->dla != BRAID_CUDA_NO_DLA;
  h->count = b->net.count;
  for (int i = 0; i < b->net.count; i++) {
    h->tensors[i] = b->net.tensors[i];
    h->tensors[i].scale = b->ranges[i] > 0 ? b->ranges[i] / 127 : 1;
  }
  memcpy(data + sizeof *h, b->net.file.at, onnx);
  h->hash = blob_hash(data, h->size);
  return fake_blob(&b->head, data, h->size, out, err);
}

int fake_builder_build(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) {
  int rc = enter("builder_build", b, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = check_build(b, err);
  if (rc == BRAID_CUDA_OK) rc = make_blob(b, out, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  b->built = 1;
  fake_record("build");
  return fake_leave(BRAID_CUDA_OK);
}

int fake_builder_timings(braid_cuda_builder *b, braid_cuda_blob **out, braid_cuda_error *err) {
  int rc = fake_enter("builder_timings", b, KIND_BUILDER, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (!b->built) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "nothing is built yet"));
  fake_record("timings");
  return fake_leave(fake_blob(&b->head, (uint8_t *)strdup(TIMINGS), sizeof TIMINGS - 1, out, err));
}

int fake_builder_close(braid_cuda_builder *b, braid_cuda_error *err) {
  if (!b) return BRAID_CUDA_OK;
  int rc = fake_begin(b, KIND_BUILDER, err);
  if (rc != BRAID_CUDA_OK) return rc;
  free(b->onnx);
  rc = fake_close("builder_close", &b->head, err);
  if (rc == BRAID_CUDA_OK) fake_record("builder_close");
  return fake_leave(rc);
}
