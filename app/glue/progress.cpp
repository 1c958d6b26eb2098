#include "app/glue/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace app {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{100};
constexpr std::chrono::seconds kPlainInterval{10};
constexpr int kBarWidth = 24;

template <typename... Args>
std::string text(const char* format, Args... args) {
  char buffer[128];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

}  // namespace

std::string human_seconds(double seconds) {
  if (seconds < 0.1) return text("%.1f ms", seconds * 1e3);
  if (seconds < 60) return text(seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  const long whole = static_cast<long>(seconds);
  if (whole < 3600) return text("%ld min %02ld s", whole / 60, whole % 60);
  return text("%ld h %02ld min", whole / 3600, whole / 60 % 60);
}

std::string human_count(double count) {
  if (count < 1000) return text("%.0f", count);
  if (count < 1e6) return text("%.1f k", count / 1e3);
  return text("%.2f M", count / 1e6);
}

Progress::Progress(std::string verb, std::uint64_t total, std::string unit, bool quiet)
    : verb_(std::move(verb)),
      unit_(std::move(unit)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      begin_(Clock::now()),
      last_(begin_) {}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done, const std::string& note) {
  done_ = done;
  const auto now = Clock::now();
  if (quiet_ || now - last_ < (terminal_ ? std::chrono::milliseconds(kTerminalInterval) : kPlainInterval)) return;
  last_ = now;
  print(note);
}

void Progress::print(const std::string& note) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  std::string line = verb_ + " ";
  if (terminal_ && total_) {
    const int filled = static_cast<int>(kBarWidth * std::min(done_, total_) / total_);
    line += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
  }
  line += std::to_string(done_) + (total_ ? "/" + std::to_string(total_) : "") + " " + unit_ + ", " +
          human_count(rate) + " " + unit_ + "/s";
  if (total_ && rate > 0 && done_ < total_) {
    line += ", " + human_seconds(static_cast<double>(total_ - done_) / rate) + " left";
  }
  if (!note.empty()) line += ", " + note;
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::finish() {
  if (quiet_ || !drawn_) return;
  if (terminal_) {
    print("");
    std::fputc('\n', stderr);
  }
  quiet_ = true;
}

}  // namespace app
