package cuda

import "fmt"

// Versions are those of the libraries that were opened, in their makers' numbers.
type Versions struct {
	TensorRT TensorRTVersion
	CUDA     Version // of the runtime
	Driver   Version // the newest CUDA that the driver serves
}

// Version is a version of CUDA: 12040 is 12.4.
type Version int

func (v Version) String() string { return fmt.Sprintf("%d.%d", v/1000, v%1000/10) }

// TensorRTVersion is a version of TensorRT: 8601 is 8.6.1 and, counted
// differently since 10, 100700 is 10.7.0.
type TensorRTVersion int

func (v TensorRTVersion) String() string {
	if v < 10000 {
		return fmt.Sprintf("%d.%d.%d", v/1000, v%1000/100, v%100)
	}
	return fmt.Sprintf("%d.%d.%d", v/10000, v%10000/100, v%100)
}

// Device is a GPU and what belongs to it.
type Device struct {
	Name              string
	ComputeCapability int // 90 is 9.0
	Multiprocessors   int
	DLACores          int
	Integrated        bool  // shares memory with the CPU, as on Jetson
	Memory            int64 // bytes
	UUID              string
	Err               error // why it cannot be used; nothing else is known then
}

// Address is a place in device or page-locked memory. Go may not look behind it.
type Address uintptr

// Host stands in place of a GPU's number for page-locked memory.
const Host = -1

// NoDLA stands in place of a DLA core's number for the GPU itself.
const NoDLA = -1

// Place is an address and whose memory it is: a GPU's number, or Host.
type Place struct {
	GPU     int
	Address Address
}

// Type is a tensor's element type, with the numbers of ONNX's TensorProto.DataType.
type Type int32

// The types that cross the door.
const (
	Float32 Type = 1
	Uint8   Type = 2
	Int8    Type = 3
	Int32   Type = 6
	Int64   Type = 7
	Bool    Type = 9
	Float16 Type = 10
)

// Format is the layout of a tensor, named as TensorRT's TensorFormat.
type Format int32

// The layouts that are known.
const (
	Linear      Format = 0
	CHW16       Format = 1  // DLA, Float16
	CHW32       Format = 2  // DLA, Int8
	DLALinear   Format = 3  // DLA, rows padded as the hardware wants
	HWC8        Format = 4  // GPU, Float16: what its convolutions work on
	OtherFormat Format = -1 // of a loaded engine only
)

// Flag switches something on or off for a build.
type Flag int32

// The flags. All are off at first, but for FlagTF32.
const (
	FlagFP16            Flag = 0
	FlagINT8            Flag = 1
	FlagTF32            Flag = 2
	FlagGPUFallback     Flag = 3 // layers a DLA cannot run go to its GPU
	FlagPreferPrecision Flag = 4 // layers' own types before faster ones
	FlagDirectIO        Flag = 5 // no reformat at inputs and outputs
)

// Pool is a memory that a build may use up to a limit.
type Pool int32

// The pools.
const (
	PoolWorkspace     Pool = 0
	PoolDLASRAM       Pool = 1
	PoolDLALocalDRAM  Pool = 2
	PoolDLAGlobalDRAM Pool = 3
)

// Tensor is an input or output of an Engine.
type Tensor struct {
	Name   string
	Input  bool
	Type   Type
	Format Format
	Shape  []int64
	Bytes  int64 // that its memory must have, padding of the format included
}
