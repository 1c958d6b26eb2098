// Numbers of a measurement and how they are told: one JSON object a line, so that what is done stays when the rest
// fails.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace bench::gpu {

struct Spread {
  double median, p10, p90;
};
/// @param samples  at least one
Spread spread_of(std::vector<double> samples);

class Report {
 public:
  /// @param out  where the lines go, flushed one by one
  explicit Report(std::FILE* out) : out_(out) {}

  /// @param predicted  in the same unit; 0: nothing was predicted
  void add(const std::string& name, const std::string& unit, double predicted, const std::vector<double>& samples);
  void not_measured(const std::string& name, const std::string& why);
  /// The same, and the program shall end with 1.
  void failed(const std::string& name, const std::string& why);
  bool any_failed() const { return any_failed_; }

 private:
  std::FILE* out_;
  bool any_failed_ = false;
};

}  // namespace bench::gpu
