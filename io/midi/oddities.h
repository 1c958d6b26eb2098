// What a lenient reader lets pass and a strict one does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace io::midi {

/// "byte 12: format: 7, expected 0, 1 or 2; read as format 1"
struct Oddity {
  std::size_t offset;      ///< in the file, bytes
  std::string_view thing;  ///< what `found` is
  std::uint64_t found;     ///< the value in the file
  std::string_view expected;
  std::string_view mend;  ///< what a lenient reader does about it
};

class Oddities {
 public:
  Oddities(bool strict, std::string name) : strict_(strict), name_(std::move(name)) {}

  /// Strict: throws FormatError. Lenient: keeps a sentence; beyond kMaxMidiWarnings only counts, at no cost.
  void add(const Oddity& oddity);
  /// The file cannot be read at all. Throws FormatError whatever the mode.
  [[noreturn]] void fail(std::size_t offset, const std::string& found_and_expected, const std::string& hint) const;
  /// The sentences, the last of which counts those left out.
  std::vector<std::string> take();

 private:
  bool strict_;
  std::string name_;
  std::vector<std::string> sentences_;
  std::uint64_t left_out_ = 0;
};

}  // namespace io::midi
