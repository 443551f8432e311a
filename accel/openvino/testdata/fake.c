/* Libraries that are not OpenVINO 2024.0 or newer, for tests: -DVERSION="2023.3.0-1"
 * tells the version, -Dov_core_create=gone takes a function away. It has no devices,
 * and no element types that make sense. */
#include <stddef.h>

#define OPENVINO __attribute__((visibility("default")))

#ifndef VERSION
#define VERSION "2026.4.1-1-fake"
#endif

typedef struct {
  const char *build, *description;
} version;

OPENVINO int ov_get_openvino_version(version *v) {
  v->build = VERSION;
  v->description = "fake";
  return 0;
}

#define NOTHING(name) \
  OPENVINO int name(void) { return -1; }
NOTHING(ov_version_free)
OPENVINO const char *ov_get_last_err_msg(void) { return NULL; }
OPENVINO const char *ov_get_error_info(int status) { return status ? "general error" : "success"; }
NOTHING(ov_free)
NOTHING(ov_core_create)
NOTHING(ov_core_free)
NOTHING(ov_core_get_available_devices)
NOTHING(ov_available_devices_free)
NOTHING(ov_core_get_property)
NOTHING(ov_core_set_property)
NOTHING(ov_core_read_model_from_memory_buffer)
NOTHING(ov_core_compile_model)
NOTHING(ov_core_import_model)
NOTHING(ov_model_free)
NOTHING(ov_compiled_model_export_model)
NOTHING(ov_compiled_model_input_by_name)
NOTHING(ov_compiled_model_output_by_name)
NOTHING(ov_compiled_model_get_property)
NOTHING(ov_compiled_model_create_infer_request)
NOTHING(ov_compiled_model_free)
NOTHING(ov_port_get_element_type)
NOTHING(ov_const_port_get_shape)
NOTHING(ov_output_const_port_free)
NOTHING(ov_shape_free)
NOTHING(ov_infer_request_set_tensor)
NOTHING(ov_infer_request_infer)
NOTHING(ov_infer_request_start_async)
NOTHING(ov_infer_request_wait)
NOTHING(ov_infer_request_get_profiling_info)
NOTHING(ov_profiling_info_list_free)
NOTHING(ov_infer_request_free)
NOTHING(ov_tensor_create)
NOTHING(ov_tensor_create_from_host_ptr)
NOTHING(ov_tensor_get_byte_size)
NOTHING(ov_tensor_free)
