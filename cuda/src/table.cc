// The one symbol that the library exports.
#include "entries.h"

namespace {

using namespace braid;

// In the order of the header.
constexpr braid_cuda_functions kTable = {
    BRAID_CUDA_ABI,
    sizeof(braid_cuda_functions),
    runtime_open,
    runtime_close,
    versions,
    device_count,
    device,
    alloc_device,
    free_device,
    alloc_host,
    free_host,
    peer,
    builder_new,
    builder_parse,
    builder_flag,
    builder_device,
    builder_pool,
    builder_level,
    builder_io,
    builder_range,
    builder_timing_cache,
    builder_layers,
    builder_build,
    builder_timings,
    builder_close,
    blob_data,
    blob_close,
    engine_load,
    engine_tensor_count,
    engine_tensor,
    engine_memory,
    engine_inspect,
    engine_close,
    exec_new,
    exec_stretch,
    exec_close,
    call_new,
    call_tensor,
    call_copy,
    call_ready,
    call_start,
    call_profile,
    call_wait,
    call_close,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const braid_cuda_functions *braid_cuda_table(void) { return &kTable; }
