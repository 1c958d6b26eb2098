// Seconds per stage of a command: load, compose, render, write.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace app {

class Stages {
 public:
  /// Runs work() and adds its seconds to a stage.
  template <typename Work>
  auto time(const std::string& stage, Work&& work) {
    struct Timer {
      Stages& stages;
      const std::string& stage;
      std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
      ~Timer() {
        stages.seconds_[stage] += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      }
    } timer{*this, stage};
    return work();
  }
  void add(const std::string& stage, double seconds) { seconds_[stage] += seconds; }
  double operator[](const std::string& stage) const {
    const auto it = seconds_.find(stage);
    return it == seconds_.end() ? 0.0 : it->second;
  }
  const std::map<std::string, double>& all() const { return seconds_; }

 private:
  std::map<std::string, double> seconds_;
};

}  // namespace app
