#include "kernels/runtime/architectures.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace kernels {
namespace {

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end > 0) parts.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

struct Architecture {
  int capability = 0;
  std::string_view kind;  ///< "", "a", "-real" or "-virtual"
};
Architecture parse(std::string_view text) {
  Architecture architecture;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), architecture.capability);
  architecture.kind = text.substr(static_cast<std::size_t>(end - text.data()));
  return architecture;
}

bool machine_code_fits(const Architecture& code, int capability) {
  if (code.kind == "-virtual") return false;
  if (code.kind.starts_with("a")) return code.capability == capability;
  return code.capability / 10 == capability / 10 && code.capability <= capability;
}
bool ptx_fits(const Architecture& code, int capability) {
  return (code.kind.empty() || code.kind == "-virtual") && code.capability <= capability;
}

}  // namespace

std::optional<int> code_for(std::string_view architectures, int capability) {
  std::optional<int> machine, translated;
  for (const std::string_view text : split(architectures)) {
    const Architecture code = parse(text);
    if (machine_code_fits(code, capability)) machine = std::max(machine.value_or(0), code.capability);
    if (ptx_fits(code, capability)) translated = std::max(translated.value_or(0), code.capability);
  }
  return machine ? machine : translated;
}

std::string architectures_text(std::string_view architectures) {
  std::string text;
  for (const std::string_view one : split(architectures)) text += (text.empty() ? "sm_" : ", sm_") + std::string(one);
  return text;
}

}  // namespace kernels
