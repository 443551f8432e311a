#include <stdlib.h>
#include <string.h>

#include "fake.h"

/* FNV-1a of what follows the field hash. */
uint64_t blob_hash(const void *blob, uint64_t size) {
  const uint8_t *p = blob;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (uint64_t i = offsetof(blob_head, flags); i < size; i++) hash = (hash ^ p[i]) * UINT64_C(1099511628211);
  return hash;
}

static int check_blob(const void *blob, uint64_t size, blob_head *head, braid_cuda_error *err) {
  if (size < sizeof *head) return fake_error(err, BRAID_CUDA_INVALID, "this is no engine");
  memcpy(head, blob, sizeof *head);
  if (memcmp(head->magic, BLOB_MAGIC, sizeof BLOB_MAGIC) != 0) return fake_error(err, BRAID_CUDA_INVALID, "this is no engine");
  if (head->size != size || head->hash != blob_hash(blob, size)) return fake_error(err, BRAID_CUDA_INVALID, "the engine is damaged");
  return BRAID_CUDA_OK;
}

static int check_core(const blob_head *head, int32_t core, braid_cuda_error *err) {
  if (core < BRAID_CUDA_NO_DLA || core >= fake.machine.dla_cores)
    return fake_error(err, BRAID_CUDA_INVALID, "there is no DLA core %d, only %d of them", core, fake.machine.dla_cores);
  if (head->dla != (core != BRAID_CUDA_NO_DLA))
    return fake_error(err, BRAID_CUDA_INVALID, "the engine is for %s", head->dla ? "a DLA" : "the GPU");
  return BRAID_CUDA_OK;
}

/* Fills the engine from the blob, whose ONNX bytes it copies. */
static int fill(braid_cuda_engine *e, const uint8_t *blob, braid_cuda_error *err) {
  uint64_t size = e->info.size - sizeof e->info;
  uint8_t *own = malloc(size + 1);
  if (!own) return fake_error(err, BRAID_CUDA_INTERNAL, "no memory for the engine");
  memcpy(own, blob + sizeof e->info, size);
  int rc = onnx_read(&e->net, own, size, err);
  if (rc != BRAID_CUDA_OK) {
    free(own);
    return rc;
  }
  for (int i = 0; i < e->info.count; i++) e->memory += tensor_bytes(&e->info.tensors[i]);
  e->id = ++fake.networks;
  return BRAID_CUDA_OK;
}

int fake_engine_load(braid_cuda_runtime *r, int32_t gpu, int32_t dla_core, const void *blob, uint64_t size,
                     braid_cuda_engine **out, braid_cuda_error *err) {
  blob_head head;
  int rc = fake_enter("engine_load", r, KIND_RUNTIME, gpu, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = check_blob(blob, size, &head, err);
  if (rc == BRAID_CUDA_OK) rc = check_core(&head, dla_core, err);
  if (rc == BRAID_CUDA_OK) rc = fake_take(gpu, size, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  braid_cuda_engine *e = fake_open(sizeof *e, KIND_ENGINE, &r->head, gpu);
  if (!e) abort();
  e->dla = dla_core;
  e->info = head;
  rc = fill(e, blob, err);
  if (rc != BRAID_CUDA_OK) {
    fake_give(gpu, size);
    fake_drop(&e->head);
    free(e);
    return fake_leave(rc);
  }
  *out = e;
  return fake_leave(BRAID_CUDA_OK);
}

int fake_engine_tensor_count(braid_cuda_engine *e, int32_t *out, braid_cuda_error *err) {
  int rc = fake_enter("engine_tensor_count", e, KIND_ENGINE, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  *out = e->info.count;
  return fake_leave(BRAID_CUDA_OK);
}

int fake_engine_tensor(braid_cuda_engine *e, int32_t i, braid_cuda_tensor *out, braid_cuda_error *err) {
  int rc = fake_enter("engine_tensor", e, KIND_ENGINE, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (i < 0 || i >= e->info.count) return fake_leave(fake_error(err, BRAID_CUDA_INVALID, "there is no tensor %d", i));
  const tensor *t = &e->info.tensors[i];
  out->name = t->name;
  out->input = t->input;
  out->type = t->type;
  out->format = t->format;
  out->rank = t->rank;
  memcpy(out->shape, t->shape, sizeof out->shape);
  out->bytes = tensor_bytes(t);
  return fake_leave(BRAID_CUDA_OK);
}

int fake_engine_memory(braid_cuda_engine *e, uint64_t *out, braid_cuda_error *err) {
  int rc = fake_enter("engine_memory", e, KIND_ENGINE, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  *out = e->memory;
  return fake_leave(BRAID_CUDA_OK);
}

typedef struct {
  text *text;
  const braid_cuda_engine *engine;
} inspection;

static int inspect_layer(const node *n, void *with) {
  inspection *i = with;
  text_print(i->text, "%s{\"Name\":", n->index ? "," : "");
  text_json(i->text, n->name);
  text_print(i->text, ",\"LayerType\":");
  text_json(i->text, n->op);
  text_print(i->text, ",\"Device\":\"%s\"}", i->engine->dla != BRAID_CUDA_NO_DLA && onnx_dla(n) ? "DLA" : "GPU");
  return 0;
}

int fake_engine_inspect(braid_cuda_engine *e, braid_cuda_blob **out, braid_cuda_error *err) {
  int rc = fake_enter("engine_inspect", e, KIND_ENGINE, OF_HANDLE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  text t = {0};
  inspection i = {&t, e};
  text_print(&t, "{\"Layers\":[");
  onnx_nodes(&e->net, inspect_layer, &i);
  text_print(&t, "],\"Bindings\":[");
  for (int k = 0; k < e->info.count; k++) {
    const uint8_t *name = (const uint8_t *)e->info.tensors[k].name;
    text_print(&t, "%s", k ? "," : "");
    text_json(&t, (span){name, name + strlen(e->info.tensors[k].name)});
  }
  text_print(&t, "]}");
  return fake_leave(fake_blob(&e->head, (uint8_t *)t.text, t.size, out, err));
}

int fake_engine_close(braid_cuda_engine *e, braid_cuda_error *err) {
  if (!e) return BRAID_CUDA_OK;
  int rc = fake_begin(e, KIND_ENGINE, err);
  if (rc != BRAID_CUDA_OK) return rc;
  rc = fake_childless(&e->head, err);
  if (rc != BRAID_CUDA_OK) return fake_leave(rc);
  fake_give(e->head.gpu, e->info.size);
  free((void *)(uintptr_t)e->net.file.at);
  return fake_leave(fake_close("engine_close", &e->head, err));
}
