// TensorRT's and CUDA's headers, for the versions that braid knows.
#ifndef BRAID_TENSORRT_H
#define BRAID_TENSORRT_H

#include <NvInferVersion.h>

#if NV_TENSORRT_MAJOR >= 11 || NV_TENSORRT_MAJOR < 8 || (NV_TENSORRT_MAJOR == 8 && NV_TENSORRT_MINOR < 6)
#error "braid needs TensorRT 8.6 to 10.x: 11 has no precision flags and no DLA, and before 8.6 what braid calls is missing"
#else

// FP16 and INT8 flags, dynamic ranges and setType are deprecated in 10.x, but
// they are the only way that also works in 8.6.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <NvInfer.h>
#include <NvOnnxParser.h>
#include <cuda_runtime_api.h>

#endif
#endif
