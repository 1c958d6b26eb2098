// Did you mean ...?
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace app {

/// The name that the fewest single-letter edits (insert, drop, replace) make of `word`, if at most a third of the word
/// must change; the first of equals.
std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& names);

}  // namespace app
