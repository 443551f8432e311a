// Package hostcpu is what the runtimes that compute on the CPU have in common: the
// host memory of tensors, cores that a thread is kept on, and what Linux calls the
// processor. It runs no network.
package hostcpu
