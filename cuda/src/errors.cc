// Errors: CUDA's codes as braid's, and messages of one line.
#include "support.h"

#include <cstdio>
#include <cstring>
#include <utility>

namespace braid {

void fail(int code, std::string text) { throw Failure{code, std::move(text)}; }

bool lost(cudaError_t e) {
  switch (static_cast<int>(e)) {
    // "The process must be terminated": newer than the oldest headers that braid is built with.
    case 226:  // cudaErrorContained
    case 721:  // cudaErrorTensorMemoryLeak
    case 810:  // cudaErrorMpsClientTerminated
    case cudaErrorCudartUnloading:
    case cudaErrorDevicesUnavailable:
    case cudaErrorDeviceUninitialized:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorContextIsDestroyed:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorExternalDevice:  // a DLA's, among others: CUDA is unusable from then on
    case cudaErrorUnknown:         // a GPU that has fallen off the bus
      return true;
    default:
      return false;
  }
}

static int code_of(cudaError_t e) {
  if (lost(e)) return BRAID_CUDA_DEVICE_LOST;
  switch (e) {
    case cudaErrorMemoryAllocation:
      return BRAID_CUDA_OUT_OF_MEMORY;
    case cudaErrorInsufficientDriver:
    case cudaErrorNoDevice:
    case cudaErrorStubLibrary:
    case cudaErrorInitializationError:
    case cudaErrorSystemNotReady:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
      return BRAID_CUDA_MISSING;
    case cudaErrorInvalidValue:
    case cudaErrorInvalidDevice:
      return BRAID_CUDA_INVALID;
    case cudaErrorNotSupported:
    case cudaErrorNoKernelImageForDevice:
      return BRAID_CUDA_UNSUPPORTED;
    default:
      return BRAID_CUDA_INTERNAL;
  }
}

void check(cudaError_t e, const char *what) {
  if (e == cudaSuccess) return;
  cudaGetLastError();
  fail(code_of(e), std::string(what) + ": " + cudaGetErrorString(e) + " (" + cudaGetErrorName(e) + ")");
}

int report(braid_cuda_error *err, int code, const char *text) noexcept {
  err->code = code;
  size_t n = 0;
  bool blank = true;  // runs of white space become one blank
  for (const char *p = text; *p != 0 && n + 1 < sizeof err->message; p++) {
    const auto c = static_cast<unsigned char>(*p);
    if (c <= ' ' || c == 0x7f) {
      if (!blank) err->message[n++] = ' ';
      blank = true;
    } else {
      err->message[n++] = *p;
      blank = false;
    }
  }
  if (n + 1 == sizeof err->message) {  // cut: not within a character
    while (n > 0 && (static_cast<unsigned char>(err->message[n - 1]) & 0xc0) == 0x80) n--;
    if (n > 0 && static_cast<unsigned char>(err->message[n - 1]) >= 0xc0) n--;
  }
  while (n > 0 && err->message[n - 1] == ' ') n--;
  std::memset(err->message + n, 0, sizeof err->message - n);
  return code;
}

std::string quoted(const char *text) {
  std::string out = "\"";
  for (const char *p = text ? text : ""; *p != 0; p++) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += *p;
    } else if (c < 0x20) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\u%04x", static_cast<unsigned>(c));
      out += hex;
    } else {
      out += *p;
    }
  }
  return out + '"';
}

}  // namespace braid
