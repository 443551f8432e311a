// Package cudatest gives tests a CUDA library without CUDA: it compiles the
// stand-in of cuda/src/fake.c, hands out a copy of it for each test, and computes
// in plain Go what the networks compute. Other stand-ins are compiled alike. Only tests
// import it.
package cudatest
