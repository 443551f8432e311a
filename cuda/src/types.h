// Element types and layouts, TensorRT's and the ABI's.
#ifndef BRAID_TYPES_H
#define BRAID_TYPES_H

#include <cstddef>
#include <string>

#include "support.h"

namespace braid {

// Fail with BRAID_CUDA_UNSUPPORTED for what this TensorRT does not have.
nvinfer1::DataType type_to_tensorrt(int32_t type);
nvinfer1::TensorFormat format_to_tensorrt(int32_t format);

// 0 and -1 for what the ABI has no number for.
int32_t type_of(nvinfer1::DataType type);
int32_t format_of(nvinfer1::TensorFormat format);

size_t bytes_of(int32_t type);  // of one element

}  // namespace braid

#endif
