// What all entries share: errors, TensorRT's log, and the frame around an entry.
#ifndef BRAID_SUPPORT_H
#define BRAID_SUPPORT_H

#include "tensorrt.h"

#include <cstdint>
#include <exception>
#include <new>
#include <string>

#include "../include/braid_cuda.h"

namespace braid {

struct Failure {
  int code;
  std::string text;
};

[[noreturn]] void fail(int code, std::string text);

// Fails when e is an error, which is then cleared; what names the CUDA function.
void check(cudaError_t e, const char *what);

// text as a string of JSON, in quotes.
std::string quoted(const char *text);

// Does e mean that the device runs nothing more in this process?
bool lost(cudaError_t e);

int report(braid_cuda_error *err, int code, const char *text) noexcept;

// entry runs the body of a table entry and turns what it throws into a code.
template <typename Body>
int entry(braid_cuda_error *err, Body body) noexcept {
  try {
    body();
    return BRAID_CUDA_OK;
  } catch (const Failure &f) {
    return report(err, f.code, f.text.c_str());
  } catch (const std::bad_alloc &) {
    return report(err, BRAID_CUDA_OUT_OF_MEMORY, "no memory left on the host");
  } catch (const std::exception &e) {
    return report(err, BRAID_CUDA_INTERNAL, e.what());
  } catch (...) {
    return report(err, BRAID_CUDA_INTERNAL, "unknown exception");
  }
}

// One logger for all of TensorRT, which takes only the first one it is given.
nvinfer1::ILogger &logger();

// Said marks a point in TensorRT's log. Its text is what was logged since:
// errors, or the last warning; lines of this thread before those of others.
class Said {
 public:
  Said();
  std::string text() const;
  // The first line of this thread with part in it, or nothing.
  std::string line(const char *part) const;
  // Fails with the text, or with otherwise where nothing was logged. code is used
  // unless the text or CUDA tell better.
  [[noreturn]] void fail(int code, const char *otherwise) const;

 private:
  uint64_t since_;
};

}  // namespace braid

#endif
