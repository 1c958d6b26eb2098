// Numbers as a checkpoint's metadata holds them: as text from which exactly the same number comes back.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "engine/data/error.h"

namespace trainer {

inline std::string exact_text(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%a", value);
  return buffer;
}
template <typename Integer>
std::string exact_text(Integer value) {
  return std::to_string(value);
}

/// Reads them: numbers(key, value) for each. @throws engine::ModelError
struct CheckpointNumbers {
  const std::map<std::string, std::string>& metadata;
  const std::string& where;

  [[noreturn]] void refuse(const std::string& why) const {
    throw engine::ModelError({"open checkpoint", where, why, "use an earlier checkpoint, or start the training anew"});
  }
  const std::string& entry(const std::string& key) const {
    const auto it = metadata.find(key);
    if (it == metadata.end()) refuse("it has no entry " + key);
    return it->second;
  }
  void operator()(const char* key, double& value) const {
    const std::string& s = entry(key);
    char* end = nullptr;
    value = std::strtod(s.c_str(), &end);
    if (s.empty() || *end != '\0' || std::isnan(value)) refuse(std::string(key) + " is '" + s + "', expected a number");
  }
  template <typename Integer>
  void operator()(const char* key, Integer& value) const {
    const std::string& s = entry(key);
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc() || end != s.data() + s.size() || value < Integer{0}) {
      refuse(std::string(key) + " is '" + s + "', expected a whole number of 0 or more");
    }
  }
};

}  // namespace trainer
