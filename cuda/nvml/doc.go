// Package nvml reads what the driver tells of NVIDIA GPUs: their energy counters
// and how busy they were. It opens NVML, the driver's libnvidia-ml.so.1, at run time,
// when a GPU is first asked for; where there is no driver, or no cgo, there are no
// GPUs. It runs nothing on them and sets nothing.
package nvml
