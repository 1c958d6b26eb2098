// The sampling options of the command line, shared by generate (for one run) and package (as a model's defaults).
#pragma once

#include <optional>
#include <string>

#include "engine/model/sampling.h"

namespace CLI {
class App;
}

namespace app {

/// As typed; what is absent leaves the model's default.
struct SamplingOptions {
  std::optional<double> temperature, top_p, alpha, beta, modulation_sigma;
  std::optional<int> top_k;
  bool greedy = false;
  std::string sampler, modulation_draw, modulation_form;
};

void add_sampling_options(CLI::App& command, SamplingOptions& options);

/// Throws UsageError naming the first option that is out of range, with a hint.
engine::Sampling resolve_sampling(const SamplingOptions& options, engine::Sampling defaults);

/// Throws UsageError unless `holds`. `got` is printed as the option's value.
void check_option(const std::string& option, double got, bool holds, const std::string& expected,
                  const std::string& hint);

/// `text` as one of the named choices; an empty text leaves `value`. Throws UsageError.
template <typename Enum>
void choose_option(const std::string& option, const std::string& text, Enum& value,
                   std::initializer_list<std::pair<const char*, Enum>> choices);

/// Throws the usage error of an option.
[[noreturn]] void refuse_option(const std::string& option, const std::string& why, const std::string& hint);

template <typename Enum>
void choose_option(const std::string& option, const std::string& text, Enum& value,
                   std::initializer_list<std::pair<const char*, Enum>> choices) {
  if (text.empty()) return;
  std::string names;
  for (const auto& [name, choice] : choices) {
    if (text == name) {
      value = choice;
      return;
    }
    names += (names.empty() ? "" : " or ") + std::string(name);
  }
  refuse_option(option, "it is '" + text + "', expected " + names, "leave it out for the model's default");
}

}  // namespace app
