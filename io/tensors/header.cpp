#include "io/tensors/header.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "io/tensors/tensors.h"

namespace io {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kMetadataKey = "__metadata__";

std::string not_json(std::size_t position) {
  return "the header is not JSON in UTF-8 at its byte " + std::to_string(position);
}

/// Receives the parser's events and holds where in the header it is. Every event that has no place there ends the
/// parse.
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  TensorHeader header;
  std::string tensor;   ///< the entry being read
  std::string problem;  ///< why the parse ended early; empty: it did not

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_float(number_float_t, const string_t& text) override { return refuse("the number " + printable(text)); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool number_integer(number_integer_t value) override { return refuse("the number " + std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& text) override;
  bool start_object(std::size_t) override;
  bool key(string_t& text) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override;

 private:
  enum class Place { before, root, metadata, entry, shape, offsets };

  bool refuse(const std::string& found);
  bool fail(std::string why) {
    problem = std::move(why);
    return false;
  }
  bool tensor_key(const std::string& text);
  bool entry_key(const std::string& text);

  Place place_ = Place::before;
  std::string key_;
  TensorEntry* entry_ = nullptr;
  bool seen_metadata_ = false;
};

bool HeaderReader::refuse(const std::string& found) {
  switch (place_) {
    case Place::before:
      return fail("the header is " + found);
    case Place::root:
      return fail("the entry is " + found + "; expected an object with dtype, shape and data_offsets");
    case Place::metadata:
      return fail("the metadata value of \"" + printable(key_) + "\" is " + found + "; expected text");
    case Place::entry:
      return fail(key_ + " is " + found + (key_ == "dtype" ? "; expected text" : "; expected a list of whole numbers"));
    case Place::shape:
    case Place::offsets:
      return fail(key_ + " holds " + found + "; expected whole numbers from 0 to 2^63 - 1");
  }
  return false;
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::offsets) {
    if (entry_->offsets->size() == 2) return fail("data_offsets holds more than 2 numbers; expected [begin, end]");
    entry_->offsets->push_back(value);
    return true;
  }
  if (place_ != Place::shape || value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return refuse("the number " + std::to_string(value));
  }
  if (entry_->shape->size() == kMaxTensorRank) {
    return fail("shape has more than " + std::to_string(kMaxTensorRank) + " dimensions");
  }
  entry_->shape->push_back(static_cast<std::int64_t>(value));
  return true;
}

bool HeaderReader::string(string_t& text) {
  if (place_ == Place::metadata) {
    header.metadata[key_] = std::move(text);
    return true;
  }
  if (place_ != Place::entry || key_ != "dtype") return refuse("the text \"" + printable(text) + "\"");
  entry_->dtype = std::move(text);
  return true;
}

bool HeaderReader::start_object(std::size_t) {
  if (place_ == Place::before) {
    place_ = Place::root;
    return true;
  }
  if (place_ != Place::root) return refuse("an object");
  place_ = key_ == kMetadataKey ? Place::metadata : Place::entry;
  return true;
}

bool HeaderReader::key(string_t& text) {
  if (place_ == Place::root) return tensor_key(text);
  if (place_ == Place::entry) return entry_key(text);
  if (header.metadata.size() == kMaxTensors) {
    return fail("more than " + std::to_string(kMaxTensors) + " metadata entries");
  }
  if (!header.metadata.try_emplace(text).second)
    return fail("the metadata key \"" + printable(text) + "\" stands twice");
  key_ = std::move(text);
  return true;
}

bool HeaderReader::tensor_key(const std::string& text) {
  key_ = text;
  tensor = text;
  if (text == kMetadataKey) {
    if (seen_metadata_) return fail("the entry stands twice");
    seen_metadata_ = true;
    return true;
  }
  if (header.entries.size() == kMaxTensors) return fail("more than " + std::to_string(kMaxTensors) + " tensors");
  const auto [at, added] = header.entries.try_emplace(text);
  entry_ = &at->second;
  return added || fail("the name stands twice");
}

bool HeaderReader::entry_key(const std::string& text) {
  key_ = text;
  const bool twice = (text == "dtype" && entry_->dtype) || (text == "shape" && entry_->shape) ||
                     (text == "data_offsets" && entry_->offsets);
  if (twice) return fail(text + " stands twice");
  if (text == "dtype" || text == "shape" || text == "data_offsets") return true;
  return fail("unknown key \"" + printable(text) + "\"; expected dtype, shape and data_offsets");
}

bool HeaderReader::end_object() {
  place_ = place_ == Place::root ? Place::before : Place::root;
  tensor.clear();
  return true;
}

bool HeaderReader::start_array(std::size_t) {
  if (place_ != Place::entry || key_ == "dtype") return refuse("a list");
  if (key_ == "shape") {
    place_ = Place::shape;
    entry_->shape.emplace();
  } else {
    place_ = Place::offsets;
    entry_->offsets.emplace();
  }
  return true;
}

bool HeaderReader::end_array() {
  place_ = Place::entry;
  return true;
}

bool HeaderReader::parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
  return fail(not_json(position));
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kMost = 60;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += c;
    }
  }
  if (text.size() <= kMost) return out;
  // Not in the middle of a UTF-8 character: drop its first bytes.
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
  if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
  return out + "...";
}

FormatError TensorFile::error(std::string_view tensor, std::string why, std::string hint) const {
  std::string where(name);
  if (!tensor.empty()) where += ": tensor \"" + printable(tensor) + "\"";
  return FormatError(
      {.what = "read tensors", .where = std::move(where), .why = std::move(why), .hint = std::move(hint)});
}

TensorHeader parse_header(std::string_view json, const TensorFile& file) {
  if (!json.starts_with('{')) {
    const std::string found = json.empty() ? "nothing" : "byte " + std::to_string(static_cast<unsigned char>(json[0]));
    throw file.error("", "the header begins with " + found + "; expected { (123)");
  }
  // The parser would take a zero byte for the end and leave what follows unread.
  if (const std::size_t zero = json.find('\0'); zero != json.npos) throw file.error("", not_json(zero + 1));
  HeaderReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) throw file.error(reader.tensor, reader.problem);
  return std::move(reader.header);
}

}  // namespace io
