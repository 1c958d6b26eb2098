// MIDI files built byte by byte, for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "io/midi/read.h"

namespace test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Bytes text_bytes(std::string_view text) { return {text.begin(), text.end()}; }

/// `count` bytes, big-endian.
inline Bytes number_bytes(std::uint32_t value, int count) {
  Bytes out;
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
  return out;
}

/// A chunk of any name, whose length may lie.
inline Bytes chunk(std::string_view name, const Bytes& data, std::ptrdiff_t lie = 0) {
  const auto length = static_cast<std::uint32_t>(static_cast<std::ptrdiff_t>(data.size()) + lie);
  return text_bytes(name) + number_bytes(length, 4) + data;
}

inline const Bytes kEnd = {0, 0xFF, 0x2F, 0};

/// A track that ends as it should.
inline Bytes track(const Bytes& events) { return chunk("MTrk", events + kEnd); }

inline Bytes header(std::uint32_t format, std::uint32_t tracks, std::uint32_t division) {
  return chunk("MThd", number_bytes(format, 2) + number_bytes(tracks, 2) + number_bytes(division, 2));
}

/// A format 1 file of 480 ticks per quarter.
inline Bytes file(std::initializer_list<Bytes> tracks) {
  Bytes out = header(1, static_cast<std::uint32_t>(tracks.size()), 480);
  for (const Bytes& t : tracks) out = out + track(t);
  return out;
}

/// 500000 microseconds per quarter is 120 per minute; with 480 ticks a quarter, 960 ticks are a second.
inline Bytes tempo(std::uint32_t us_per_quarter) { return Bytes{0, 0xFF, 0x51, 3} + number_bytes(us_per_quarter, 3); }

/// One event after `delta` ticks (below 2^14).
inline Bytes event(std::uint32_t delta, const Bytes& bytes) {
  const Bytes low = {static_cast<std::uint8_t>(delta & 0x7F)};
  return (delta < 0x80 ? low : Bytes{static_cast<std::uint8_t>(0x80 | delta >> 7)} + low) + bytes;
}

inline Bytes on(std::uint32_t delta, std::uint8_t pitch, std::uint8_t channel = 0, std::uint8_t velocity = 100) {
  return event(delta, {static_cast<std::uint8_t>(0x90 | channel), pitch, velocity});
}

inline Bytes off(std::uint32_t delta, std::uint8_t pitch, std::uint8_t channel = 0) {
  return event(delta, {static_cast<std::uint8_t>(0x80 | channel), pitch, 64});
}

inline engine::Score lenient(const Bytes& bytes) { return io::parse_midi(bytes, "test.mid"); }
inline engine::Score strict(const Bytes& bytes) { return io::parse_midi(bytes, "test.mid", {.strict = true}); }

/// "60:0-480 62:480-960": pitch, onset and end of each note, in ticks of 1/960 s.
inline std::string told(const std::vector<engine::ScoreNote>& notes) {
  const auto ticks = [](double seconds) { return std::to_string(static_cast<long long>(seconds * 960 + 0.5)); };
  std::string text;
  for (const engine::ScoreNote& n : notes) {
    text += (text.empty() ? "" : " ") + std::to_string(n.pitch) + ":" + ticks(n.onset_s) + "-" +
            ticks(n.onset_s + n.duration_s);
  }
  return text;
}

}  // namespace test
