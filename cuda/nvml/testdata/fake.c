/* A driver's NVML for tests: GPUs that differ in what they tell, by UUID. A test
 * takes a function away by giving it another name: -DnvmlShutdown=gone. */
#include <string.h>

#include "../table.h"

#define NVML __attribute__((visibility("default")))

enum { UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, ALREADY_INITIALIZED = 5, NOT_FOUND = 6 };

#ifndef INIT /* what the driver says to its start */
#define INIT NVML_SUCCESS
#endif
#ifndef SHUTDOWN /* and to its end */
#define SHUTDOWN NVML_SUCCESS
#endif

enum { FROM = 1000000, TO = 3000000, MS = 1000 }; /* the time that tests ask for, in microseconds */

struct nvmlDevice_st {
  const char *uuid;
  int counts;                      /* energy */
  int type;                        /* of the samples */
  unsigned int promised, returned; /* samples: when asked for their number, and for themselves */
  nvmlSample_t samples[5];
  int rates;
};

#define PERCENT(at, percent) {.timeStamp = (at), .sampleValue = {.uiVal = (percent)}}
#define BEFORE PERCENT(FROM, 100)
#define AFTER PERCENT(TO + 1, 100)
#define INSIDE PERCENT(FROM + 1, 90), PERCENT(FROM + 500 * MS, 60), PERCENT(TO, 30)

static struct nvmlDevice_st devices[] = {
    {"GPU-samples", 1, NVML_VALUE_TYPE_UNSIGNED_INT, 5, 5, {BEFORE, INSIDE, AFTER}, 1},
    {"GPU-fewer-than-promised", 1, NVML_VALUE_TYPE_UNSIGNED_INT, 100, 5, {BEFORE, INSIDE, AFTER}, 1},
    {"GPU-other-times", 1, NVML_VALUE_TYPE_UNSIGNED_INT, 2, 2, {BEFORE, AFTER}, 1},
    {"GPU-other-type", 1, 0, 5, 5, {BEFORE, INSIDE, AFTER}, 1},
    {"GPU-lost-samples", 1, NVML_VALUE_TYPE_UNSIGNED_INT, 5, 0, {BEFORE}, 1},
    {"GPU-none-promised", 1, NVML_VALUE_TYPE_UNSIGNED_INT, 0, 5, {BEFORE, INSIDE, AFTER}, 1},
    {"GPU-tells-nothing", 0, NVML_VALUE_TYPE_UNSIGNED_INT, 0, 0, {BEFORE}, 0},
};

static int started;

NVML int nvmlInit_v2(void) {
  if (started) return ALREADY_INITIALIZED; /* a test that did not close; the driver's counts */
  started = INIT == NVML_SUCCESS;
  return INIT;
}

NVML int nvmlShutdown(void) {
  if (!started) return UNINITIALIZED;
  started = 0;
  return SHUTDOWN;
}

NVML int nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
  if (!started) return UNINITIALIZED;
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
    if (strcmp(uuid, devices[i].uuid)) continue;
    *device = &devices[i];
    return NVML_SUCCESS;
  }
  return NOT_FOUND;
}

NVML int nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t d, unsigned long long *millijoules) {
  if (!started) return UNINITIALIZED;
  if (!d->counts) return NOT_SUPPORTED;
  *millijoules = 5000000000123ull; /* more than 32 bits hold */
  return NVML_SUCCESS;
}

NVML int nvmlDeviceGetSamples(nvmlDevice_t d, int sampling, unsigned long long after, int *type, unsigned int *count, nvmlSample_t *samples) {
  if (!started) return UNINITIALIZED;
  if (sampling != NVML_GPU_UTILIZATION_SAMPLES || after != FROM) return INVALID_ARGUMENT;
  *type = d->type;
  if (!samples) {
    *count = d->promised;
    return NVML_SUCCESS;
  }
  if (!d->returned) return NOT_FOUND;
  if (*count != d->promised) return INVALID_ARGUMENT;
  memcpy(samples, d->samples, d->returned * sizeof *samples);
  *count = d->returned;
  return NVML_SUCCESS;
}

NVML int nvmlDeviceGetUtilizationRates(nvmlDevice_t d, nvmlUtilization_t *u) {
  if (!started) return UNINITIALIZED;
  if (!d->rates) return NOT_SUPPORTED;
  *u = (nvmlUtilization_t){.gpu = 42, .memory = 7};
  return NVML_SUCCESS;
}
