// The note cache:
//   8 bytes  "AFFNOTES"      u32 version 1    u32 0
//   u64 pieces, u64 notes, u64 FNV-1a of everything that follows
//   per piece: u32 length of its name, the name      then per piece: u64 notes
//   notes x u8 pitch, notes x f32 step, notes x f32 duration
// all little-endian.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/data/error.h"
#include "trainer/data/checksum.h"
#include "trainer/data/corpus.h"

namespace trainer {
namespace {

constexpr char kMagic[] = "AFFNOTES";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeader = 40, kChecksumAt = 32, kLongestName = 65536;
static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

template <typename T>
void put(std::vector<std::uint8_t>& bytes, T value) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), p, p + sizeof value);
}

template <typename T>
void put_all(std::vector<std::uint8_t>& bytes, const std::vector<T>& values) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes.insert(bytes.end(), p, p + values.size() * sizeof(T));
}

/// Takes numbers from the front; refuses to go beyond the end.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> bytes, const std::string& where) : rest_(bytes), where_(where) {}

  [[noreturn]] void refuse(const std::string& why) const {
    throw engine::Error({"read note cache", where_, why, "delete the cache: it is made again from the music files"});
  }
  std::span<const std::uint8_t> take(std::uint64_t count, const char* what) {
    if (count > rest_.size()) {
      refuse(std::string(what) + " needs " + std::to_string(count) + " bytes, " + std::to_string(rest_.size()) +
             " are left");
    }
    const auto front = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return front;
  }
  template <typename T>
  T number(const char* what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  template <typename T>
  void array(std::uint64_t count, std::vector<T>& to, const char* what) {
    if (count > rest_.size() / sizeof(T))
      refuse(std::string(what) + ": " + std::to_string(count) + " values do not fit");
    const auto from = take(count * sizeof(T), what);
    to.resize(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(to.data(), from.data(), from.size());
  }
  std::span<const std::uint8_t> rest() const { return rest_; }

 private:
  std::span<const std::uint8_t> rest_;
  const std::string& where_;
};

void read_pieces(Reader& in, std::uint64_t pieces, std::uint64_t notes, Corpus& corpus) {
  if (pieces > in.rest().size() / 12) in.refuse(std::to_string(pieces) + " pieces do not fit into the file");
  for (std::uint64_t p = 0; p < pieces; ++p) {
    const auto length = in.number<std::uint32_t>("length of a name");
    if (length > kLongestName) in.refuse("a name of " + std::to_string(length) + " bytes, expected at most 65536");
    const auto name = in.take(length, "a name");
    corpus.names.emplace_back(name.begin(), name.end());
  }
  std::uint64_t total = 0;
  for (std::uint64_t p = 0; p < pieces; ++p) {
    const auto count = in.number<std::uint64_t>("length of a piece");
    if (count > notes - total) in.refuse("the pieces have more than the " + std::to_string(notes) + " notes stated");
    total += count;
    corpus.piece_begin.push_back(static_cast<std::size_t>(total));
  }
  if (total != notes) {
    in.refuse("the pieces have " + std::to_string(total) + " notes, the header says " + std::to_string(notes));
  }
}

void check_values(const Reader& in, const Corpus& corpus) {
  const auto bad_time = [](float s) { return !(std::isfinite(s) && s >= 0); };
  if (std::any_of(corpus.pitch.begin(), corpus.pitch.end(), [](std::uint8_t p) { return p > 127; })) {
    in.refuse("it holds a pitch above 127");
  }
  if (std::any_of(corpus.step_s.begin(), corpus.step_s.end(), bad_time) ||
      std::any_of(corpus.duration_s.begin(), corpus.duration_s.end(), bad_time)) {
    in.refuse("it holds a step or duration that is negative or not a number");
  }
}

}  // namespace

std::vector<std::uint8_t> to_bytes(const Corpus& corpus) {
  std::vector<std::uint8_t> bytes(kMagic, kMagic + 8);
  bytes.reserve(kHeader + corpus.notes() * 9 + corpus.pieces() * 64);
  put(bytes, kVersion);
  put(bytes, std::uint32_t{0});
  put(bytes, static_cast<std::uint64_t>(corpus.pieces()));
  put(bytes, static_cast<std::uint64_t>(corpus.notes()));
  put(bytes, std::uint64_t{0});
  for (const std::string& name : corpus.names) {
    const std::string kept = name.substr(0, kLongestName);
    put(bytes, static_cast<std::uint32_t>(kept.size()));
    bytes.insert(bytes.end(), kept.begin(), kept.end());
  }
  for (std::size_t p = 0; p < corpus.pieces(); ++p) put(bytes, static_cast<std::uint64_t>(corpus.length(p)));
  put_all(bytes, corpus.pitch);
  put_all(bytes, corpus.step_s);
  put_all(bytes, corpus.duration_s);
  const std::uint64_t checksum = fnv1a(std::span<const std::uint8_t>(bytes).subspan(kHeader));
  std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof checksum);
  return bytes;
}

Corpus corpus_from_bytes(std::span<const std::uint8_t> bytes, const std::string& where) {
  Reader in(bytes, where);
  const auto magic = in.take(8, "the header");
  if (!std::equal(magic.begin(), magic.end(), kMagic)) in.refuse("it does not begin with AFFNOTES");
  const auto version = in.number<std::uint32_t>("the header");
  if (version != kVersion) in.refuse("version " + std::to_string(version) + ", expected 1");
  in.number<std::uint32_t>("the header");
  const auto pieces = in.number<std::uint64_t>("the header");
  const auto notes = in.number<std::uint64_t>("the header");
  const auto checksum = in.number<std::uint64_t>("the header");
  if (fnv1a(in.rest()) != checksum) in.refuse("its checksum does not match: it is damaged");
  Corpus corpus;
  read_pieces(in, pieces, notes, corpus);
  in.array(notes, corpus.pitch, "pitches");
  in.array(notes, corpus.step_s, "steps");
  in.array(notes, corpus.duration_s, "durations");
  if (!in.rest().empty()) in.refuse(std::to_string(in.rest().size()) + " bytes follow the last note");
  check_values(in, corpus);
  return corpus;
}

}  // namespace trainer
