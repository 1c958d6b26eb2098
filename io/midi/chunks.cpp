#include "io/midi/chunks.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "io/midi/cursor.h"
#include "io/midi/read.h"

namespace io::midi {
namespace {

constexpr std::size_t kChunkHead = 8;    // four letters and a length
constexpr std::size_t kHeaderBytes = 6;  // format, tracks, division
constexpr int kFallbackTicks = 480;      // where the division is 0
constexpr std::string_view kEndOfTrack("\xFF\x2F\x00", 3);
constexpr std::string_view kGiveMidi = "give a Standard MIDI File (.mid)";

bool has_tag(std::span<const std::uint8_t> bytes, std::size_t pos, std::string_view tag) {
  return pos <= bytes.size() && bytes.size() - pos >= tag.size() &&
         std::equal(tag.begin(), tag.end(), bytes.begin() + static_cast<std::ptrdiff_t>(pos),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

std::string first_bytes_text(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return "an empty file";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t b : bytes.first(std::min<std::size_t>(4, bytes.size()))) {
    hex += hex.empty() ? "" : " ";
    hex += digits[b >> 4];
    hex += digits[b & 15];
  }
  return "the bytes " + hex;
}

// Start and end of the MIDI file inside RIFF RMID.
TrackSpan riff_content(std::span<const std::uint8_t> bytes, Oddities& oddities) {
  oddities.add({0, "RIFF form RMID around the file, tracks from byte", 12, "MThd at byte 0", "unwrapped"});
  std::size_t pos = 12;
  while (bytes.size() - pos >= kChunkHead) {
    const std::size_t length = std::size_t{bytes[pos + 4]} | std::size_t{bytes[pos + 5]} << 8 |
                               std::size_t{bytes[pos + 6]} << 16 | std::size_t{bytes[pos + 7]} << 24;
    const std::size_t begin = pos + kChunkHead;
    if (has_tag(bytes, pos, "data")) return {begin, begin + std::min(length, bytes.size() - begin)};
    if (length + (length & 1) > bytes.size() - begin) break;
    pos = begin + length + (length & 1);
  }
  oddities.fail(pos, "found the end of a RIFF RMID file, expected its \"data\" chunk", std::string(kGiveMidi));
}

Division smpte_division(std::size_t at, int frames, int ticks, Oddities& oddities) {
  if (frames != 24 && frames != 25 && frames != 29 && frames != 30) {
    oddities.add({at, "SMPTE frames per second", static_cast<std::uint64_t>(frames), "24, 25, 29 or 30", "used as is"});
  }
  return {.ticks_per_quarter = 0, .frames_per_second = frames, .ticks_per_frame = ticks};
}

Division read_division(std::span<const std::uint8_t> bytes, std::size_t at, Oddities& oddities) {
  const std::uint32_t word = big_endian(bytes, at, 2);
  const int frames = 256 - static_cast<int>(word >> 8);
  if (word >= 0x8000 && (word & 0xFF) != 0) {
    return smpte_division(at, frames, static_cast<int>(word & 0xFF), oddities);
  }
  if (word > 0 && word < 0x8000) return {.ticks_per_quarter = static_cast<int>(word)};
  oddities.add({at, "division", word, "ticks above 0", "read as 480 ticks per quarter"});
  return {.ticks_per_quarter = kFallbackTicks};
}

std::size_t header_end(std::size_t begin, std::size_t length, std::size_t file_end, Oddities& oddities) {
  const std::size_t body = begin + kChunkHead;
  if (length < kHeaderBytes) {
    oddities.fail(begin + 4, "found an MThd of " + std::to_string(length) + " bytes, expected 6 or more",
                  "the header is damaged; export the file again");
  }
  if (length <= file_end - body) return body + length;
  oddities.add({begin + 4, "length of MThd", length, "6", "read as 6"});
  return body + kHeaderBytes;
}

}  // namespace

Header read_header(std::span<const std::uint8_t> bytes, Oddities& oddities) {
  TrackSpan file{0, bytes.size()};
  if (has_tag(bytes, 0, "RIFF") && has_tag(bytes, 8, "RMID")) file = riff_content(bytes, oddities);
  const auto content = bytes.first(file.end);
  if (!has_tag(content, file.begin, "MThd")) {
    oddities.fail(file.begin, "found " + first_bytes_text(content.subspan(file.begin)) + ", expected \"MThd\"",
                  "this is not a MIDI file; " + std::string(kGiveMidi));
  }
  if (file.end - file.begin < kChunkHead + kHeaderBytes) {
    oddities.fail(file.end, "found the end of the file, expected a header of 14 bytes",
                  "the file is cut short; copy or export it again");
  }
  const std::size_t body = file.begin + kChunkHead;
  Header header;
  header.chunks_begin = header_end(file.begin, big_endian(bytes, file.begin + 4, 4), file.end, oddities);
  header.chunks_end = file.end;
  header.format = static_cast<int>(big_endian(bytes, body, 2));
  if (header.format > 2) {
    oddities.add({body, "format", static_cast<std::uint64_t>(header.format), "0, 1 or 2", "read as format 1"});
    header.format = 1;
  }
  header.declared_tracks = static_cast<int>(big_endian(bytes, body + 2, 2));
  header.division = read_division(bytes, body + 4, oddities);
  return header;
}

bool TrackWalker::is_chunk_start(std::size_t pos) const {
  if (pos == bytes_.size() || has_tag(bytes_, pos, "MTrk")) return true;
  if (bytes_.size() - pos < kChunkHead) return false;
  const auto tag = bytes_.subspan(pos, 4);
  const bool letters = std::all_of(tag.begin(), tag.end(), [](std::uint8_t b) { return b >= 0x20 && b < 0x7F; });
  return letters && big_endian(bytes_, pos + 4, 4) <= bytes_.size() - pos - kChunkHead;
}

std::size_t TrackWalker::next_track_start(std::size_t from) const {
  constexpr std::string_view tag = "MTrk";
  const auto found =
      std::search(bytes_.begin() + static_cast<std::ptrdiff_t>(from), bytes_.end(), tag.begin(), tag.end());
  return static_cast<std::size_t>(found - bytes_.begin());
}

TrackSpan TrackWalker::track_at(std::size_t pos) {
  const std::size_t begin = pos + kChunkHead;
  const std::size_t length = big_endian(bytes_, pos + 4, 4);
  if (length <= bytes_.size() - begin) {
    const std::size_t end = begin + length;
    if (is_chunk_start(end) ||
        (length >= kEndOfTrack.size() && has_tag(bytes_, end - kEndOfTrack.size(), kEndOfTrack))) {
      return {begin, end};
    }
  }
  const std::size_t end = next_track_start(begin);
  oddities_.add({pos + 4, "length of a track", length, "one that leads to the next chunk or the end of the file",
                 "read up to the next track or the end"});
  return {begin, end};
}

void TrackWalker::skip_alien() {
  const std::size_t at = pos_;
  const bool chunk = is_chunk_start(pos_);
  pos_ = chunk ? pos_ + kChunkHead + big_endian(bytes_, pos_ + 4, 4) : next_track_start(pos_);
  oddities_.add({at, chunk ? "alien chunk, bytes" : "bytes outside any chunk", pos_ - at, "a track", "skipped"});
}

std::optional<TrackSpan> TrackWalker::next() {
  while (pos_ < bytes_.size()) {
    if (has_tag(bytes_, pos_, "MTrk") && bytes_.size() - pos_ >= kChunkHead) {
      const TrackSpan span = track_at(pos_);
      pos_ = span.end;
      return span;
    }
    if (has_tag(bytes_, pos_, "MTrk")) {
      oddities_.add({pos_, "MTrk cut short, bytes", bytes_.size() - pos_, "8 or more", "skipped"});
      pos_ = bytes_.size();
    } else {
      skip_alien();
    }
  }
  return std::nullopt;
}

void TrackWalker::track_ended_at(std::size_t offset) {
  if (offset >= pos_) return;
  oddities_.add({offset, "bytes after the end of the track", pos_ - offset, "0", "skipped"});
  if (has_tag(bytes_, offset, "MTrk")) pos_ = offset;
}

}  // namespace io::midi

namespace io {

bool looks_like_midi(std::span<const std::uint8_t> first_bytes) {
  return midi::has_tag(first_bytes, 0, "MThd") ||
         (midi::has_tag(first_bytes, 0, "RIFF") && midi::has_tag(first_bytes, 8, "RMID"));
}

}  // namespace io
