// How far long work is: a bar on a terminal, a plain line every ten seconds elsewhere.
#pragma once

#include <chrono>
#include <string>

namespace app {

class Progress {
 public:
  /// @param verb   "generate", starts each line
  /// @param total  units in all, 0 if unknown
  /// @param unit   "pieces"
  /// @param quiet  print nothing
  Progress(std::string verb, std::uint64_t total, std::string unit, bool quiet = false);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Tells how many units are done, and anything else worth a few words. Cheap: prints a few times a second at most.
  void update(std::uint64_t done, const std::string& note = "");
  /// Prints the last state and ends the line. Idempotent.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void print(const std::string& note);

  std::string verb_, unit_;
  std::uint64_t total_, done_ = 0;
  bool quiet_, terminal_, drawn_ = false;
  Clock::time_point begin_, last_;
};

/// "4.2 ms", "1.2 s", "3 min 05 s", "2 h 07 min".
std::string human_seconds(double seconds);
/// "950", "12.3 k", "1.20 M".
std::string human_count(double count);

}  // namespace app
