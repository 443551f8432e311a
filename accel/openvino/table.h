/* What is used of OpenVINO's C API, found by name at run time, and calls through the
 * pointers, which Go cannot make itself. Nothing of OpenVINO is linked or included, so
 * the program starts on any machine.
 *
 * Functions and structs were held against the public headers of 2024.6, 2025.4 and
 * 2026.4 (src/bindings/c/include/openvino/c): they are the same in all three. The
 * numbers of element types are not, and are asked for at run time: see types.go. */
#ifndef BRAID_OPENVINO_TABLE_H
#define BRAID_OPENVINO_TABLE_H

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The library's objects. */
typedef struct ov_core ov_core;
typedef struct ov_model ov_model;
typedef struct ov_compiled_model ov_compiled_model;
typedef struct ov_infer_request ov_infer_request;
typedef struct ov_tensor ov_tensor;
typedef struct ov_const_port ov_const_port; /* an input or output of a compiled model */

typedef struct {
  int64_t rank;
  int64_t *dims;
} ov_shape;

typedef struct {
  const char *build, *description;
} ov_version;

typedef struct {
  char **names;
  size_t size;
} ov_devices;

typedef struct {
  int status;                          /* 2: it ran; 1: there is nothing to run; 0: it did not */
  int64_t real_time, cpu_time;         /* microseconds */
  const char *node, *exec, *node_type; /* exec: the kernel */
} ov_layer;

typedef struct {
  ov_layer *layers;
  size_t size;
} ov_layers;

/* An int is an ov_status_e: 0 is success, and only OV_GENERAL and what lies above
 * OV_BAD_PARAMETER leave a message behind. */
enum { OV_OK = 0, OV_BAD_PARAMETER = -14 };

typedef struct {
  int (*version)(ov_version *);
  void (*version_free)(ov_version *);
  const char *(*last_message)(void);
  const char *(*status_text)(int status);
  void (*text_free)(const char *);

  int (*core_create)(ov_core **);
  void (*core_free)(ov_core *);
  int (*core_devices)(const ov_core *, ov_devices *);
  void (*devices_free)(ov_devices *);
  int (*core_get)(const ov_core *, const char *device, const char *key, char **value);
  int (*core_set)(const ov_core *, const char *device, ...);
  int (*core_read)(const ov_core *, const char *data, size_t size, const ov_tensor *weights, ov_model **);
  int (*core_compile)(const ov_core *, const ov_model *, const char *device, size_t arguments, ov_compiled_model **, ...);
  int (*core_import)(const ov_core *, const char *data, size_t size, const char *device, ov_compiled_model **);
  void (*model_free)(ov_model *);

  int (*compiled_export)(const ov_compiled_model *, const char *path);
  int (*compiled_input)(const ov_compiled_model *, const char *name, ov_const_port **);
  int (*compiled_output)(const ov_compiled_model *, const char *name, ov_const_port **);
  int (*compiled_get)(const ov_compiled_model *, const char *key, char **value);
  int (*compiled_request)(const ov_compiled_model *, ov_infer_request **);
  void (*compiled_free)(ov_compiled_model *);

  int (*port_type)(const ov_const_port *, int *type);
  int (*port_shape)(const ov_const_port *, ov_shape *);
  void (*port_free)(ov_const_port *);
  int (*shape_free)(ov_shape *);

  int (*request_set)(ov_infer_request *, const char *name, const ov_tensor *);
  int (*request_infer)(ov_infer_request *);
  int (*request_start)(ov_infer_request *);
  int (*request_wait)(ov_infer_request *);
  int (*request_layers)(ov_infer_request *, ov_layers *);
  void (*layers_free)(ov_layers *);
  void (*request_free)(ov_infer_request *);

  int (*tensor_create)(int type, ov_shape, ov_tensor **);
  int (*tensor_on)(int type, ov_shape, void *memory, ov_tensor **);
  int (*tensor_bytes)(const ov_tensor *, size_t *);
  void (*tensor_free)(ov_tensor *);
} ov_functions;

/* Opens the library: NULL, or why not, which the caller frees. Once opened its code
 * stays in the process: its threads and TBB's may still run in it. */
static inline char *ov_open(ov_functions *f, const char *path) {
  struct {
    const char *name;
    void *to;
  } symbols[] = {
      {"ov_get_openvino_version", &f->version},
      {"ov_version_free", &f->version_free},
      {"ov_get_last_err_msg", &f->last_message},
      {"ov_get_error_info", &f->status_text},
      {"ov_free", &f->text_free},
      {"ov_core_create", &f->core_create},
      {"ov_core_free", &f->core_free},
      {"ov_core_get_available_devices", &f->core_devices},
      {"ov_available_devices_free", &f->devices_free},
      {"ov_core_get_property", &f->core_get},
      {"ov_core_set_property", &f->core_set},
      {"ov_core_read_model_from_memory_buffer", &f->core_read},
      {"ov_core_compile_model", &f->core_compile},
      {"ov_core_import_model", &f->core_import},
      {"ov_model_free", &f->model_free},
      {"ov_compiled_model_export_model", &f->compiled_export},
      {"ov_compiled_model_input_by_name", &f->compiled_input},
      {"ov_compiled_model_output_by_name", &f->compiled_output},
      {"ov_compiled_model_get_property", &f->compiled_get},
      {"ov_compiled_model_create_infer_request", &f->compiled_request},
      {"ov_compiled_model_free", &f->compiled_free},
      {"ov_port_get_element_type", &f->port_type},
      {"ov_const_port_get_shape", &f->port_shape},
      {"ov_output_const_port_free", &f->port_free},
      {"ov_shape_free", &f->shape_free},
      {"ov_infer_request_set_tensor", &f->request_set},
      {"ov_infer_request_infer", &f->request_infer},
      {"ov_infer_request_start_async", &f->request_start},
      {"ov_infer_request_wait", &f->request_wait},
      {"ov_infer_request_get_profiling_info", &f->request_layers},
      {"ov_profiling_info_list_free", &f->layers_free},
      {"ov_infer_request_free", &f->request_free},
      {"ov_tensor_create", &f->tensor_create},
      {"ov_tensor_create_from_host_ptr", &f->tensor_on},
      {"ov_tensor_get_byte_size", &f->tensor_bytes},
      {"ov_tensor_free", &f->tensor_free},
  };
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return strdup(dlerror());
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *p = dlsym(library, symbols[i].name);
    if (!p) {
      char *why = strdup(dlerror());
      dlclose(library);
      return why;
    }
    *(void **)symbols[i].to = p;
  }
  return NULL;
}

static inline int ov_version_of(const ov_functions *f, ov_version *v) { return f->version(v); }
static inline void ov_version_free(const ov_functions *f, ov_version *v) { f->version_free(v); }

/* What went wrong in the call before, for the caller to free by ov_text_free; NULL
 * where the library says no more than the status. The library keeps one message for
 * all threads: of two calls that fail at once both may be told the later one's. */
static inline const char *ov_message(const ov_functions *f, int status) {
  return status > OV_BAD_PARAMETER ? f->last_message() : NULL;
}
static inline const char *ov_status_text(const ov_functions *f, int status) { return f->status_text(status); }
static inline void ov_text_free(const ov_functions *f, const char *text) { f->text_free(text); }

/* The CPU plugin gives the thread that starts it a signal stack of its own, and unmaps
 * that when it ends, on whatever thread that is. Go needs the stack that it has set, at
 * the next signal: it is put back behind each call that may start the plugin. */
static inline int ov_put_back(const stack_t *own, int status) {
  sigaltstack(own, NULL);
  return status;
}
static inline stack_t ov_own_stack(void) {
  stack_t own;
  sigaltstack(NULL, &own);
  return own;
}

static inline int ov_core_create(const ov_functions *f, ov_core **c) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_create(c));
}
static inline void ov_core_free(const ov_functions *f, ov_core *c) { f->core_free(c); }
static inline int ov_core_devices(const ov_functions *f, const ov_core *c, ov_devices *d) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_devices(c, d));
}
static inline void ov_devices_free(const ov_functions *f, ov_devices *d) { f->devices_free(d); }
static inline int ov_core_get(const ov_functions *f, const ov_core *c, const char *device, const char *key, char **value) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_get(c, device, key, value));
}
static inline int ov_core_set(const ov_functions *f, const ov_core *c, const char *device, const char *key, const char *value) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_set(c, device, key, value));
}
static inline int ov_core_read(const ov_functions *f, const ov_core *c, const char *data, size_t size, ov_model **m) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_read(c, data, size, NULL, m));
}
static inline int ov_core_compile(const ov_functions *f, const ov_core *c, const ov_model *m, const char *device, ov_compiled_model **out) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_compile(c, m, device, 0, out));
}
static inline int ov_core_import(const ov_functions *f, const ov_core *c, const char *data, size_t size, const char *device, ov_compiled_model **out) {
  stack_t own = ov_own_stack();
  return ov_put_back(&own, f->core_import(c, data, size, device, out));
}
static inline void ov_model_free(const ov_functions *f, ov_model *m) { f->model_free(m); }

static inline int ov_compiled_export(const ov_functions *f, const ov_compiled_model *m, const char *path) { return f->compiled_export(m, path); }
static inline int ov_compiled_get(const ov_functions *f, const ov_compiled_model *m, const char *key, char **value) { return f->compiled_get(m, key, value); }
static inline int ov_compiled_port(const ov_functions *f, const ov_compiled_model *m, int input, const char *name, ov_const_port **p) {
  return input ? f->compiled_input(m, name, p) : f->compiled_output(m, name, p);
}
static inline int ov_compiled_request(const ov_functions *f, const ov_compiled_model *m, ov_infer_request **r) { return f->compiled_request(m, r); }
static inline void ov_compiled_free(const ov_functions *f, ov_compiled_model *m) { f->compiled_free(m); }

static inline int ov_port_type(const ov_functions *f, const ov_const_port *p, int *type) { return f->port_type(p, type); }
static inline int ov_port_shape(const ov_functions *f, const ov_const_port *p, ov_shape *s) { return f->port_shape(p, s); }
static inline void ov_port_free(const ov_functions *f, ov_const_port *p) { f->port_free(p); }
static inline void ov_shape_free(const ov_functions *f, ov_shape *s) { f->shape_free(s); }

static inline int ov_request_set(const ov_functions *f, ov_infer_request *r, const char *name, const ov_tensor *t) { return f->request_set(r, name, t); }
static inline int ov_request_infer(const ov_functions *f, ov_infer_request *r) { return f->request_infer(r); }
static inline int ov_request_start(const ov_functions *f, ov_infer_request *r) { return f->request_start(r); }
static inline int ov_request_wait(const ov_functions *f, ov_infer_request *r) { return f->request_wait(r); }
static inline int ov_request_layers(const ov_functions *f, ov_infer_request *r, ov_layers *l) { return f->request_layers(r, l); }
static inline void ov_layers_free(const ov_functions *f, ov_layers *l) { f->layers_free(l); }
static inline void ov_request_free(const ov_functions *f, ov_infer_request *r) { f->request_free(r); }

/* dims is Go's: it is copied. */
static inline int ov_tensor_on(const ov_functions *f, int type, int64_t rank, int64_t *dims, void *memory, ov_tensor **t) {
  ov_shape s = {rank, dims};
  return f->tensor_on(type, s, memory, t);
}
/* The bytes of eight elements of a type, 0 where no tensor can be made of it. */
static inline size_t ov_bytes_of_eight(const ov_functions *f, int type) {
  int64_t eight = 8;
  ov_shape s = {1, &eight};
  ov_tensor *t = NULL;
  size_t n = 0;
  if (f->tensor_create(type, s, &t) != OV_OK) return 0;
  if (f->tensor_bytes(t, &n) != OV_OK) n = 0;
  f->tensor_free(t);
  return n;
}
static inline void ov_tensor_free(const ov_functions *f, ov_tensor *t) { f->tensor_free(t); }

#endif
