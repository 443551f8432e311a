#include <math.h>
#include <string.h>

#include "fake.h"

static uint64_t size_of(int32_t type) {
  switch (type) {
    case BRAID_CUDA_FLOAT32:
    case BRAID_CUDA_INT32:
      return 4;
    case BRAID_CUDA_INT64:
      return 8;
    case BRAID_CUDA_FLOAT16:
      return 2;
  }
  return 1;
}

/* Elements; 0 where they are too many. */
uint64_t tensor_count(const tensor *t) {
  uint64_t n = 1;
  for (int i = 0; i < t->rank; i++) {
    if (n > (UINT64_C(1) << 40) / (uint64_t)t->shape[i]) return 0;
    n *= (uint64_t)t->shape[i];
  }
  return n;
}

/* A tensor as batch, channels, height and width, and how they lie in memory:
 * channels in groups of vector, rows of pitch elements. */
typedef struct {
  uint64_t batch, c, h, w, vector, pitch;
} layout;

static layout layout_of(const tensor *t) {
  layout l = {1, 1, 1, 1, 1, 1};
  uint64_t *last[] = {&l.w, &l.h, &l.c};
  for (int i = 0; i < t->rank; i++) {
    int back = t->rank - 1 - i;
    if (back < 3)
      *last[back] = (uint64_t)t->shape[i];
    else
      l.batch *= (uint64_t)t->shape[i];
  }
  l.pitch = l.w;
  if (t->format == BRAID_CUDA_CHW16) l.vector = 16;
  if (t->format == BRAID_CUDA_CHW32) l.vector = 32;
  /* All channels of a pixel together, filled up to a multiple of 8. */
  if (t->format == BRAID_CUDA_HWC8) l.vector = (l.c + 7) / 8 * 8;
  if (t->format == BRAID_CUDA_DLA_LINEAR) {
    uint64_t row = 64 / size_of(t->type);
    l.pitch = (l.w + row - 1) / row * row;
  }
  return l;
}

static uint64_t groups(const layout *l) { return (l->c + l->vector - 1) / l->vector; }

/* Where element i of the row-major order lies. */
static uint64_t place(const layout *l, uint64_t i) {
  uint64_t x = i % l->w, y = i / l->w % l->h, c = i / (l->w * l->h) % l->c, n = i / (l->w * l->h * l->c);
  uint64_t group = n * groups(l) + c / l->vector;
  return ((group * l->h + y) * l->pitch + x) * l->vector + c % l->vector;
}

uint64_t tensor_bytes(const tensor *t) {
  layout l = layout_of(t);
  return l.batch * groups(&l) * l.vector * l.h * l.pitch * size_of(t->type);
}

const char *tensor_refused(const tensor *t) {
  int number = t->file_type == BRAID_CUDA_FLOAT32 || t->file_type == BRAID_CUDA_FLOAT16;
  int small = t->type == BRAID_CUDA_FLOAT32 || t->type == BRAID_CUDA_FLOAT16 || t->type == BRAID_CUDA_INT8;
  if (t->type != t->file_type && !(number && small)) return "its type cannot become this one";
  if (t->format == BRAID_CUDA_LINEAR) return NULL;
  if (t->rank < 3) return "this format wants channels, height and width";
  if (t->format == BRAID_CUDA_HWC8 && t->type != BRAID_CUDA_FLOAT16) return "HWC8 is of FP16";
  if (t->format == BRAID_CUDA_CHW16 && t->type != BRAID_CUDA_FLOAT16) return "CHW16 is of FP16";
  if (t->format == BRAID_CUDA_CHW32 && t->type != BRAID_CUDA_INT8) return "CHW32 is of INT8";
  if (t->format == BRAID_CUDA_DLA_LINEAR && t->type != BRAID_CUDA_FLOAT16 && t->type != BRAID_CUDA_INT8) return "DLA_LINEAR is of FP16 or INT8";
  return NULL;
}

static float from_half(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
  if (exponent == 0) return (sign ? -1.0f : 1.0f) * ldexpf((float)fraction, -24);
  uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

/* Rounds to the nearest, ties to even; too large becomes infinite. */
static uint16_t to_half(float f) {
  uint16_t sign = signbit(f) ? 0x8000 : 0;
  float a = fabsf(f);
  if (isnan(f)) return sign | 0x7e00;
  if (a >= 65520.0f) return sign | 0x7c00;
  if (a < 0x1p-14f) return sign | (uint16_t)lrintf(ldexpf(a, 24)); /* 0x400 is the least normal one */
  int exponent;
  long fraction = lrintf(ldexpf(frexpf(a, &exponent), 11)); /* 1024 to 2048 */
  return sign | (uint16_t)(((exponent + 14) << 10) + fraction - 1024);
}

static float get(const tensor *t, const uint8_t *p) {
  uint16_t half;
  float f;
  int32_t i;
  int64_t l;
  switch (t->type) {
    case BRAID_CUDA_FLOAT32:
      memcpy(&f, p, sizeof f);
      return f;
    case BRAID_CUDA_FLOAT16:
      memcpy(&half, p, sizeof half);
      return from_half(half);
    case BRAID_CUDA_INT32:
      memcpy(&i, p, sizeof i);
      return (float)i;
    case BRAID_CUDA_INT64:
      memcpy(&l, p, sizeof l);
      return (float)l;
    case BRAID_CUDA_INT8:
      return (float)(int8_t)*p * t->scale;
  }
  return *p;
}

static float clamp(float f, float low, float high) { return isnan(f) ? 0 : fminf(fmaxf(rintf(f), low), high); }

static void put(const tensor *t, float f, uint8_t *p) {
  uint16_t half;
  int32_t i;
  int64_t l;
  switch (t->type) {
    case BRAID_CUDA_FLOAT32:
      memcpy(p, &f, sizeof f);
      return;
    case BRAID_CUDA_FLOAT16:
      half = to_half(f);
      memcpy(p, &half, sizeof half);
      return;
    case BRAID_CUDA_INT32:
      i = (int32_t)clamp(f, -0x1p31f, 0x1.fffffep30f);
      memcpy(p, &i, sizeof i);
      return;
    case BRAID_CUDA_INT64:
      l = (int64_t)clamp(f, -0x1p63f, 0x1.fffffep62f);
      memcpy(p, &l, sizeof l);
      return;
    case BRAID_CUDA_INT8:
      *p = (uint8_t)(int8_t)clamp(f / t->scale, -128, 127);
      return;
    case BRAID_CUDA_BOOL:
      *p = f != 0;
      return;
  }
  *p = (uint8_t)clamp(f, 0, 255);
}

void tensor_load(const tensor *t, const uint8_t *from, float *to) {
  layout l = layout_of(t);
  uint64_t n = tensor_count(t), size = size_of(t->type);
  for (uint64_t i = 0; i < n; i++) to[i] = get(t, from + place(&l, i) * size);
}

/* What no element lies in gets 0xFF, NaN in floats: nobody may count on it. */
void tensor_store(const tensor *t, const float *from, uint8_t *to) {
  layout l = layout_of(t);
  uint64_t n = tensor_count(t), size = size_of(t->type);
  memset(to, 0xFF, tensor_bytes(t));
  for (uint64_t i = 0; i < n; i++) put(t, from[i], to + place(&l, i) * size);
}
