// TensorRT says why something failed only in its log, from any of its threads.
#include "support.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <mutex>
#include <thread>

namespace braid {
namespace {

constexpr size_t kLines = 64;     // kept
constexpr size_t kLength = 1000;  // of a line, bytes

struct Line {
  uint64_t number;
  std::thread::id thread;
  bool error;
  std::string text;
};

class Log : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char *message) noexcept override {
    if (severity > Severity::kWARNING || message == nullptr) return;
    try {
      std::string text(message);
      if (text.size() > kLength) text.resize(kLength);
      const std::lock_guard<std::mutex> hold(mutex_);
      // Warnings never push errors out: a build may log very many.
      const bool error = severity <= Severity::kERROR;
      auto &lines = error ? errors_ : warnings_;
      lines.push_back({++number_, std::this_thread::get_id(), error, std::move(text)});
      if (lines.size() > kLines) lines.pop_front();
    } catch (...) {
      // A line less in the log is better than an exception within TensorRT.
    }
  }

  uint64_t number() {
    const std::lock_guard<std::mutex> hold(mutex_);
    return number_;
  }

  std::string text(uint64_t since) {
    const std::lock_guard<std::mutex> hold(mutex_);
    const auto self = std::this_thread::get_id();
    for (const bool own : {true, false}) {
      std::string all;
      for (const Line &l : errors_) {
        if (l.number <= since || (own && l.thread != self) || all.find(l.text) != std::string::npos) continue;
        if (!all.empty()) all += "; ";
        all += l.text;
      }
      if (!all.empty()) return all;
    }
    for (auto l = warnings_.rbegin(); l != warnings_.rend() && l->number > since; ++l) {
      if (l->thread == self) return l->text;
    }
    return "";
  }

  std::string line(uint64_t since, const char *part) {
    const std::lock_guard<std::mutex> hold(mutex_);
    for (const Line &l : errors_) {
      if (l.number > since && l.thread == std::this_thread::get_id() && l.text.find(part) != std::string::npos)
        return l.text;
    }
    return "";
  }

 private:
  std::mutex mutex_;
  uint64_t number_ = 0;
  std::deque<Line> errors_, warnings_;
};

Log &the_log() {
  // Never destroyed: TensorRT may log while the process ends.
  static Log *log = new Log;
  return *log;
}

bool has(const std::string &lower, std::initializer_list<const char *> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char *part) { return lower.find(part) != std::string::npos; });
}

int code_in(const std::string &text, int otherwise) {
  std::string lower(text);
  for (char &c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (has(lower, {"out of memory", "outofmemory"})) return BRAID_CUDA_OUT_OF_MEMORY;
  if (has(lower, {"not support", "unsupported", "could not find any implementation"})) return BRAID_CUDA_UNSUPPORTED;
  return otherwise;
}

}  // namespace

nvinfer1::ILogger &logger() { return the_log(); }

Said::Said() : since_(the_log().number()) {}

std::string Said::text() const { return the_log().text(since_); }

std::string Said::line(const char *part) const { return the_log().line(since_, part); }

void Said::fail(int code, const char *otherwise) const {
  std::string why = text();
  // TensorRT's functions return no CUDA error; what they met is the last one, and
  // a lost device also answers the next call with it.
  const cudaError_t last = cudaGetLastError();
  const cudaError_t next = cudaStreamQuery(cudaStreamLegacy);
  cudaGetLastError();
  const cudaError_t dead = lost(last) ? last : next;
  if (lost(dead)) {
    braid::fail(BRAID_CUDA_DEVICE_LOST, std::string(cudaGetErrorString(dead)) + " (" + cudaGetErrorName(dead) + ")" +
                                            (why.empty() ? "" : ": " + why));
  }
  if (why.empty()) why = otherwise;
  braid::fail(last == cudaErrorMemoryAllocation ? BRAID_CUDA_OUT_OF_MEMORY : code_in(why, code), why);
}

}  // namespace braid
