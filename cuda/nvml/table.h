/* The few types and functions of NVML that are used, as the NVML API Reference has
 * them, found by name at run time; and calls through their pointers, which Go cannot
 * make itself. Nothing of NVML is linked, so the program starts on any machine. */
#ifndef BRAID_NVML_TABLE_H
#define BRAID_NVML_TABLE_H

#include <dlfcn.h>
#include <stdlib.h>

/* Enumerations of NVML, as int: nvmlReturn_t, nvmlSamplingType_t, nvmlValueType_t. */
enum { NVML_SUCCESS = 0 };
enum { NVML_GPU_UTILIZATION_SAMPLES = 1 };
enum { NVML_VALUE_TYPE_UNSIGNED_INT = 1 };

typedef struct nvmlDevice_st *nvmlDevice_t; /* the driver's */

typedef struct {
  unsigned int gpu, memory; /* percent of the time */
} nvmlUtilization_t;

typedef union {
  double dVal;
  unsigned int uiVal;
  unsigned long long ullVal;
} nvmlValue_t;

typedef struct {
  unsigned long long timeStamp; /* microseconds since 1970 */
  nvmlValue_t sampleValue;
} nvmlSample_t;

/* Each returns an nvmlReturn_t. */
typedef struct {
  int (*init)(void);
  int (*shutdown)(void);
  int (*by_uuid)(const char *uuid, nvmlDevice_t *device);
  int (*energy)(nvmlDevice_t device, unsigned long long *millijoules);
  int (*samples)(nvmlDevice_t device, int sampling, unsigned long long after, int *type, unsigned int *count, nvmlSample_t *samples);
  int (*utilization)(nvmlDevice_t device, nvmlUtilization_t *utilization);
} nvml_functions;

/* Opens and starts NVML: 1, or 0 where it is missing, too old for one of the
 * functions, or finds no driver. Once started its code stays in the process. */
static inline int nvml_open(nvml_functions *f, const char *path) {
  struct {
    const char *name;
    void *to;
  } symbols[] = {
      {"nvmlInit_v2", &f->init},
      {"nvmlShutdown", &f->shutdown},
      {"nvmlDeviceGetHandleByUUID", &f->by_uuid},
      {"nvmlDeviceGetTotalEnergyConsumption", &f->energy},
      {"nvmlDeviceGetSamples", &f->samples},
      {"nvmlDeviceGetUtilizationRates", &f->utilization},
  };
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  int found = library != NULL;
  for (size_t i = 0; found && i < sizeof symbols / sizeof *symbols; i++) {
    void *p = dlsym(library, symbols[i].name);
    *(void **)symbols[i].to = p;
    found = p != NULL;
  }
  if (found && f->init() == NVML_SUCCESS) return 1;
  if (library) dlclose(library);
  return 0;
}

static inline int nvml_shutdown(const nvml_functions *f) { return f->shutdown(); }
static inline int nvml_by_uuid(const nvml_functions *f, const char *uuid, nvmlDevice_t *device) { return f->by_uuid(uuid, device); }
static inline int nvml_energy(const nvml_functions *f, nvmlDevice_t d, unsigned long long *millijoules) { return f->energy(d, millijoules); }
static inline int nvml_samples(const nvml_functions *f, nvmlDevice_t d, int sampling, unsigned long long after, int *type, unsigned int *count, nvmlSample_t *samples) {
  return f->samples(d, sampling, after, type, count, samples);
}
static inline int nvml_utilization(const nvml_functions *f, nvmlDevice_t d, nvmlUtilization_t *u) { return f->utilization(d, u); }

#endif
