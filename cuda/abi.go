//go:build cgo && linux

package cuda

// #include "include/braid_cuda.h"
import "C"

// The numbers in types.go, which is compiled without C too, are the header's: an
// index other than 0 does not compile.
var _ = [1]struct{}{}[0|
	(Float32^C.BRAID_CUDA_FLOAT32)|(Uint8^C.BRAID_CUDA_UINT8)|(Int8^C.BRAID_CUDA_INT8)|
	(Int32^C.BRAID_CUDA_INT32)|(Int64^C.BRAID_CUDA_INT64)|(Bool^C.BRAID_CUDA_BOOL)|
	(Float16^C.BRAID_CUDA_FLOAT16)]

var _ = [1]struct{}{}[0|
	(Linear^C.BRAID_CUDA_LINEAR)|(CHW16^C.BRAID_CUDA_CHW16)|
	(CHW32^C.BRAID_CUDA_CHW32)|(DLALinear^C.BRAID_CUDA_DLA_LINEAR)|
	(HWC8^C.BRAID_CUDA_HWC8)]

var _ = [1]struct{}{}[0|
	(FlagFP16^C.BRAID_CUDA_FLAG_FP16)|(FlagINT8^C.BRAID_CUDA_FLAG_INT8)|
	(FlagTF32^C.BRAID_CUDA_FLAG_TF32)|(FlagGPUFallback^C.BRAID_CUDA_FLAG_GPU_FALLBACK)|
	(FlagPreferPrecision^C.BRAID_CUDA_FLAG_PREFER_PRECISION)|(FlagDirectIO^C.BRAID_CUDA_FLAG_DIRECT_IO)]

var _ = [1]struct{}{}[0|
	(PoolWorkspace^C.BRAID_CUDA_POOL_WORKSPACE)|(PoolDLASRAM^C.BRAID_CUDA_POOL_DLA_SRAM)|
	(PoolDLALocalDRAM^C.BRAID_CUDA_POOL_DLA_LOCAL_DRAM)|(PoolDLAGlobalDRAM^C.BRAID_CUDA_POOL_DLA_GLOBAL_DRAM)]

var _ = [1]struct{}{}[0|(Host^C.BRAID_CUDA_HOST)|(NoDLA^C.BRAID_CUDA_NO_DLA)]
