#include <string.h>

#include "fake.h"

/* A walk over protocol buffers, with the field numbers of onnx.proto. Nothing is
 * believed: every length is held against what is there. */

typedef struct {
  uint32_t number, wire;
  uint64_t value; /* of a varint */
  span bytes;     /* of a length-delimited field */
} field;

static int varint(span *s, uint64_t *out) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (s->at == s->end) return 0;
    uint8_t b = *s->at++;
    value |= (uint64_t)(b & 0x7f) << shift;
    if (b < 0x80) {
      *out = value;
      return 1;
    }
  }
  return 0;
}

static int skip(span *s, uint64_t n) {
  if (n > (uint64_t)(s->end - s->at)) return 0;
  s->at += n;
  return 1;
}

/* The next field: 1, at the end 0, -1 where it is damaged. */
static int next(span *s, field *f) {
  uint64_t key, size;
  *f = (field){0};
  if (s->at == s->end) return 0;
  if (!varint(s, &key) || key >> 3 == 0 || key >> 3 > 1u << 29) return -1;
  f->number = (uint32_t)(key >> 3);
  f->wire = key & 7;
  switch (f->wire) {
    case 0:
      return varint(s, &f->value) ? 1 : -1;
    case 1:
      return skip(s, 8) ? 1 : -1;
    case 2:
      if (!varint(s, &size)) return -1;
      f->bytes.at = s->at;
      if (!skip(s, size)) return -1;
      f->bytes.end = s->at;
      return 1;
    case 5:
      return skip(s, 4) ? 1 : -1;
  }
  return -1;
}

/* The last field of this number and wire type: 1, 0 where there is none, or -1. */
static int find(span s, uint32_t number, uint32_t wire, field *out) {
  int rc, found = 0;
  field f;
  *out = (field){0};
  while ((rc = next(&s, &f)) > 0) {
    if (f.number != number || f.wire != wire) continue;
    *out = f;
    found = 1;
  }
  return rc < 0 ? -1 : found;
}

static int is(span s, const char *name) {
  size_t n = strlen(name);
  return (size_t)(s.end - s.at) == n && (n == 0 || memcmp(s.at, name, n) == 0);
}

static span string_of(span s, uint32_t number) {
  field f;
  if (find(s, number, 2, &f) == 1) return f.bytes;
  return (span){NULL, NULL};
}

static int initialiser(const network *n, span name) {
  span g = n->graph;
  field f;
  while (next(&g, &f) > 0) {
    if (f.number != 5 || f.wire != 2) continue;
    span own = string_of(f.bytes, 8);
    if (own.end - own.at == name.end - name.at && (own.at == own.end || memcmp(own.at, name.at, (size_t)(own.end - own.at)) == 0)) return 1;
  }
  return 0;
}

/* Dimensions of a TensorShapeProto. */
static int read_shape(tensor *t, span shape, braid_cuda_error *err) {
  field dim, value;
  int rc;
  while ((rc = next(&shape, &dim)) > 0) {
    if (dim.number != 1 || dim.wire != 2) continue;
    if (t->rank == BRAID_CUDA_MAX_DIMS) return fake_error(err, BRAID_CUDA_UNSUPPORTED, "tensor \"%s\" has too many dimensions", t->name);
    if (find(dim.bytes, 1, 0, &value) != 1 || value.value == 0 || value.value > INT32_MAX)
      return fake_error(err, BRAID_CUDA_INVALID, "dimension %d of tensor \"%s\" is not fixed", t->rank, t->name);
    t->shape[t->rank++] = (int64_t)value.value;
  }
  if (rc < 0 || tensor_count(t) == 0) return fake_error(err, BRAID_CUDA_INVALID, "the shape of tensor \"%s\" is no good", t->name);
  return BRAID_CUDA_OK;
}

static int known_type(int32_t type) {
  switch (type) {
    case BRAID_CUDA_FLOAT32:
    case BRAID_CUDA_UINT8:
    case BRAID_CUDA_INT8:
    case BRAID_CUDA_INT32:
    case BRAID_CUDA_INT64:
    case BRAID_CUDA_BOOL:
    case BRAID_CUDA_FLOAT16:
      return 1;
  }
  return 0;
}

/* A ValueInfoProto: an input or output. */
static int read_tensor(network *n, span info, int input, braid_cuda_error *err) {
  span name = string_of(info, 1);
  if (input && initialiser(n, name)) return BRAID_CUDA_OK;
  if (n->count == MAX_TENSORS) return fake_error(err, BRAID_CUDA_UNSUPPORTED, "more than %d inputs and outputs", MAX_TENSORS);
  tensor *t = &n->tensors[n->count];
  memset(t, 0, sizeof *t);
  size_t size = (size_t)(name.end - name.at);
  if (size == 0 || size >= NAME_ROOM) return fake_error(err, BRAID_CUDA_INVALID, "an input or output has no name, or too long a one");
  memcpy(t->name, name.at, size);
  t->input = input;
  field type, tensor_type, elem, shape;
  if (find(info, 2, 2, &type) != 1 || find(type.bytes, 1, 2, &tensor_type) != 1 || find(tensor_type.bytes, 1, 0, &elem) != 1)
    return fake_error(err, BRAID_CUDA_INVALID, "\"%s\" is no tensor, or its type is not stated", t->name);
  t->type = t->file_type = (int32_t)elem.value;
  if (!known_type(t->type)) return fake_error(err, BRAID_CUDA_UNSUPPORTED, "tensor \"%s\" has element type %d", t->name, t->type);
  if (find(tensor_type.bytes, 2, 2, &shape) != 1) return fake_error(err, BRAID_CUDA_INVALID, "tensor \"%s\" has no shape", t->name);
  n->count++;
  return read_shape(t, shape.bytes, err);
}

static int read_tensors(network *n, uint32_t number, int input, braid_cuda_error *err) {
  span g = n->graph;
  field f;
  while (next(&g, &f) > 0) {
    if (f.number != number || f.wire != 2) continue;
    int rc = read_tensor(n, f.bytes, input, err);
    if (rc != BRAID_CUDA_OK) return rc;
  }
  return BRAID_CUDA_OK;
}

int onnx_nodes(const network *n, int (*f)(const node *, void *), void *with) {
  span g = n->graph;
  field got;
  for (int i = 0; next(&g, &got) > 0;) {
    if (got.number != 1 || got.wire != 2) continue;
    node one = {string_of(got.bytes, 3), string_of(got.bytes, 4), got.bytes, i++};
    int rc = f(&one, with);
    if (rc != 0) return rc;
  }
  return 0;
}

static const char *const operators[] = {
    "Abs", "Add", "AveragePool", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape",
    "Conv", "ConvTranspose", "DequantizeLinear", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten",
    "Floor", "Gather", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater", "HardSigmoid", "HardSwish", "Identity",
    "InstanceNormalization", "LayerNormalization", "LeakyRelu", "Less", "Log", "MatMul", "Max", "MaxPool", "Min", "Mul",
    "Neg", "PRelu", "Pad", "Pow", "QuantizeLinear", "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceSum", "Relu",
    "Reshape", "Resize", "Shape", "Sigmoid", "Slice", "Softmax", "Softplus", "Split", "Sqrt", "Squeeze", "Sub", "Tanh",
    "Tile", "TopK", "Transpose", "Unsqueeze", "Upsample", "Where",
};

static const char *const of_dla[] = {
    "Add", "AveragePool", "BatchNormalization", "Clip", "Concat", "Conv", "ConvTranspose", "GlobalAveragePool", "LeakyRelu",
    "MaxPool", "Mul", "Relu", "Sigmoid", "Sub", "Tanh",
};

static int listed(span op, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (is(op, list[i])) return 1;
  return 0;
}

int onnx_dla(const node *n) { return listed(n->op, of_dla, sizeof of_dla / sizeof *of_dla); }

static int check_node(const node *n, void *with) {
  braid_cuda_error *err = with;
  span all = n->all;
  field f;
  int rc;
  while ((rc = next(&all, &f)) > 0) continue;
  if (rc < 0) return fake_error(err, BRAID_CUDA_INVALID, "node %d is damaged", n->index);
  if (listed(n->op, operators, sizeof operators / sizeof *operators)) return BRAID_CUDA_OK;
  int op = (int)(n->op.end - n->op.at), name = (int)(n->name.end - n->name.at);
  return fake_error(err, BRAID_CUDA_UNSUPPORTED, "node %d (\"%.*s\") has the unknown operator %.*s", n->index,
                    name > 64 ? 64 : name, n->name.at ? (const char *)n->name.at : "", op > 64 ? 64 : op,
                    n->op.at ? (const char *)n->op.at : "");
}

int onnx_read(network *n, const uint8_t *bytes, uint64_t size, braid_cuda_error *err) {
  n->file = (span){bytes, bytes + size};
  n->count = 0;
  field graph, f;
  if (size == 0 || find(n->file, 7, 2, &graph) != 1) return fake_error(err, BRAID_CUDA_INVALID, "this is no ONNX file");
  n->graph = graph.bytes;
  span all = n->graph;
  int rc;
  while ((rc = next(&all, &f)) > 0) continue;
  if (rc < 0) return fake_error(err, BRAID_CUDA_INVALID, "the graph is damaged");
  rc = onnx_nodes(n, check_node, err);
  if (rc == BRAID_CUDA_OK) rc = read_tensors(n, 11, 1, err);
  int inputs = n->count;
  if (rc == BRAID_CUDA_OK) rc = read_tensors(n, 12, 0, err);
  if (rc != BRAID_CUDA_OK) return rc;
  if (n->count == inputs) return fake_error(err, BRAID_CUDA_INVALID, "the network has no output");
  return BRAID_CUDA_OK;
}

typedef struct {
  const char *name;
} wanted;

/* Whether the node writes the tensor. */
static int writes(const node *n, void *with) {
  const wanted *w = with;
  span all = n->all;
  field f;
  while (next(&all, &f) > 0)
    if (f.number == 2 && f.wire == 2 && is(f.bytes, w->name)) return 1;
  return 0;
}

int onnx_has(const network *n, const char *name) {
  for (int i = 0; i < n->count; i++)
    if (strcmp(n->tensors[i].name, name) == 0) return 1;
  wanted w = {name};
  const uint8_t *at = (const uint8_t *)name;
  return onnx_nodes(n, writes, &w) || initialiser(n, (span){at, at + strlen(name)});
}
