#include "io/midi/oddities.h"

#include "io/midi/read.h"

namespace io::midi {
namespace {

std::string sentence(const Oddity& o) {
  return "byte " + std::to_string(o.offset) + ": " + std::string(o.thing) + ": " + std::to_string(o.found) +
         ", expected " + std::string(o.expected);
}

}  // namespace

void Oddities::add(const Oddity& oddity) {
  if (strict_) {
    throw FormatError({.what = "read MIDI",
                       .where = name_,
                       .why = sentence(oddity),
                       .hint = "the file breaks the standard; read it leniently to use what it holds"});
  }
  if (sentences_.size() >= static_cast<std::size_t>(kMaxMidiWarnings)) {
    ++left_out_;
    return;
  }
  sentences_.push_back(sentence(oddity) + "; " + std::string(oddity.mend));
}

void Oddities::fail(std::size_t offset, const std::string& found_and_expected, const std::string& hint) const {
  throw FormatError({.what = "read MIDI",
                     .where = name_,
                     .why = "byte " + std::to_string(offset) + ": " + found_and_expected,
                     .hint = hint});
}

std::vector<std::string> Oddities::take() {
  if (left_out_ > 0) sentences_.push_back("and " + std::to_string(left_out_) + " more oddities");
  left_out_ = 0;
  return std::move(sentences_);
}

}  // namespace io::midi
