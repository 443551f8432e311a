#include "types.h"

namespace braid {

using nvinfer1::DataType;
using nvinfer1::TensorFormat;

DataType type_to_tensorrt(int32_t type) {
  switch (type) {
    case BRAID_CUDA_FLOAT32:
      return DataType::kFLOAT;
    case BRAID_CUDA_UINT8:
      return DataType::kUINT8;
    case BRAID_CUDA_INT8:
      return DataType::kINT8;
    case BRAID_CUDA_INT32:
      return DataType::kINT32;
#if NV_TENSORRT_MAJOR >= 10
    case BRAID_CUDA_INT64:
      return DataType::kINT64;
#endif
    case BRAID_CUDA_BOOL:
      return DataType::kBOOL;
    case BRAID_CUDA_FLOAT16:
      return DataType::kHALF;
    default:
      fail(BRAID_CUDA_UNSUPPORTED, "this TensorRT has no tensors of ONNX type " + std::to_string(type));
  }
}

int32_t type_of(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return BRAID_CUDA_FLOAT32;
    case DataType::kUINT8:
      return BRAID_CUDA_UINT8;
    case DataType::kINT8:
      return BRAID_CUDA_INT8;
    case DataType::kINT32:
      return BRAID_CUDA_INT32;
#if NV_TENSORRT_MAJOR >= 10
    case DataType::kINT64:
      return BRAID_CUDA_INT64;
#endif
    case DataType::kBOOL:
      return BRAID_CUDA_BOOL;
    case DataType::kHALF:
      return BRAID_CUDA_FLOAT16;
    default:
      return 0;
  }
}

TensorFormat format_to_tensorrt(int32_t format) {
  switch (format) {
    case BRAID_CUDA_LINEAR:
      return TensorFormat::kLINEAR;
    case BRAID_CUDA_CHW16:
      return TensorFormat::kCHW16;
    case BRAID_CUDA_CHW32:
      return TensorFormat::kCHW32;
    case BRAID_CUDA_HWC8:
      return TensorFormat::kHWC8;
    case BRAID_CUDA_DLA_LINEAR:
      return TensorFormat::kDLA_LINEAR;
    default:
      fail(BRAID_CUDA_UNSUPPORTED, "unknown layout " + std::to_string(format));
  }
}

int32_t format_of(TensorFormat format) {
  switch (format) {
    case TensorFormat::kLINEAR:
      return BRAID_CUDA_LINEAR;
    case TensorFormat::kCHW16:
      return BRAID_CUDA_CHW16;
    case TensorFormat::kCHW32:
      return BRAID_CUDA_CHW32;
    case TensorFormat::kHWC8:
      return BRAID_CUDA_HWC8;
    case TensorFormat::kDLA_LINEAR:
      return BRAID_CUDA_DLA_LINEAR;
    default:
      return -1;
  }
}

size_t bytes_of(int32_t type) {
  switch (type) {
    case BRAID_CUDA_INT64:
      return 8;
    case BRAID_CUDA_FLOAT32:
    case BRAID_CUDA_INT32:
      return 4;
    case BRAID_CUDA_FLOAT16:
      return 2;
    default:
      return 1;
  }
}

}  // namespace braid
