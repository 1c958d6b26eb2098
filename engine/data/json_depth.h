// JSON from outside, before a parser that recurses sees it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace engine {

/// Deeper than anything we write (5), far shallower than what would exhaust a stack.
inline constexpr int kDeepestJson = 16;

/// Whether brackets nest deeper than that. Those within strings count too: a false alarm would need a text of ours to
/// hold that many unclosed ones.
inline bool nests_deeply(std::string_view json) {
  int depth = 0;
  for (const char c : json) {
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > kDeepestJson) return true;
  }
  return false;
}

/// Throws std::invalid_argument for text that does.
inline void require_shallow_json(std::string_view json) {
  if (nests_deeply(json))
    throw std::invalid_argument("it nests deeper than " + std::to_string(kDeepestJson) + " levels");
}

}  // namespace engine
