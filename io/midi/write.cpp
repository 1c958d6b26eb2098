#include "io/midi/write.h"

#include <algorithm>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "io/midi/cursor.h"
#include "io/midi/plan.h"

namespace io {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t kReleaseVelocity = 64;  // the standard's value for keyboards that do not measure it
constexpr std::uint8_t kText = 0x01, kTrackName = 0x03, kEndOfTrack = 0x2F, kTempo = 0x51;

void put_number(Bytes& out, std::uint32_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_tag(Bytes& out, std::string_view tag) { out.insert(out.end(), tag.begin(), tag.end()); }

void put_varlen(Bytes& out, std::uint32_t value) {
  for (int shift = 21; shift > 0; shift -= 7) {
    if (value >> shift != 0) out.push_back(static_cast<std::uint8_t>(0x80 | (value >> shift & 0x7F)));
  }
  out.push_back(static_cast<std::uint8_t>(value & 0x7F));
}

// At delta time 0.
void put_meta(Bytes& out, std::uint8_t type, std::string_view data) {
  if (data.size() > midi::kMaxVarlen) {
    throw std::invalid_argument("write MIDI: a text of " + std::to_string(data.size()) + " bytes; must be below 2^28");
  }
  out.insert(out.end(), {0, 0xFF, type});
  put_varlen(out, static_cast<std::uint32_t>(data.size()));
  out.insert(out.end(), data.begin(), data.end());
}

void put_program(Bytes& out, std::uint8_t channel, std::uint8_t program) {
  out.insert(out.end(), {static_cast<std::uint8_t>(0xC0 | channel), program});
}

// Begins a track chunk; end_track fills in its length.
std::size_t begin_track(Bytes& out) {
  put_tag(out, "MTrk");
  put_number(out, 0, 4);
  return out.size();
}

void end_track(Bytes& out, std::size_t begin) {
  put_meta(out, kEndOfTrack, {});
  const std::size_t length = out.size() - begin;
  if (length > std::numeric_limits<std::uint32_t>::max()) {
    throw std::invalid_argument("write MIDI: a track of " + std::to_string(length) + " bytes; must be below 2^32");
  }
  for (int i = 0; i < 4; ++i) {
    out[begin - 4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  }
}

void put_conductor(Bytes& out, const std::vector<std::string>& texts, std::uint32_t us_per_quarter) {
  const std::size_t begin = begin_track(out);
  for (const std::string& text : texts) put_meta(out, kText, text);
  out.insert(out.end(), {0, 0xFF, kTempo, 3});
  put_number(out, us_per_quarter, 3);
  end_track(out, begin);
}

// Note-ons and note-offs in the order of the file, one number each: tick, then off before on, then the note's index.
class Events {
 public:
  explicit Events(const std::vector<midi::PlannedNote>& notes) {
    keys_.reserve(2 * notes.size());
    for (std::size_t i = 0; i < notes.size(); ++i) {
      keys_.push_back(key(notes[i].onset, 1, i));
      keys_.push_back(key(notes[i].end, 0, i));
    }
    std::sort(keys_.begin(), keys_.end());
  }
  std::span<const std::uint64_t> keys() const { return keys_; }

  static std::int64_t tick(std::uint64_t key) { return static_cast<std::int64_t>(key >> (kIndexBits + 1)); }
  static bool on(std::uint64_t key) { return (key >> kIndexBits & 1) != 0; }
  static std::size_t note(std::uint64_t key) { return key & ((std::uint64_t{1} << kIndexBits) - 1); }

 private:
  static constexpr int kIndexBits = 35;  // with 28 bits of tick and one of kind: 64
  static_assert(kMaxMidiTick < std::int64_t{1} << (63 - kIndexBits));
  static std::uint64_t key(std::int64_t tick, std::uint64_t on, std::size_t note) {
    return static_cast<std::uint64_t>(tick) << (kIndexBits + 1) | on << kIndexBits | note;
  }

  std::vector<std::uint64_t> keys_;
};

void put_track(Bytes& out, const midi::PlannedTrack& track) {
  const std::size_t begin = begin_track(out);
  if (!track.name.empty()) put_meta(out, kTrackName, track.name);
  if (track.set_program) {
    put_varlen(out, 0);
    put_program(out, track.channel, track.program);
  }
  std::int64_t now = 0;
  const Events events(track.notes);
  for (const std::uint64_t key : events.keys()) {
    const midi::PlannedNote& note = track.notes[Events::note(key)];
    const bool on = Events::on(key);
    put_varlen(out, static_cast<std::uint32_t>(Events::tick(key) - now));
    now = Events::tick(key);
    if (on && note.change_program) {
      put_program(out, track.channel, note.program);
      put_varlen(out, 0);
    }
    const unsigned status = (on ? 0x90u : 0x80u) | track.channel;
    out.insert(out.end(), {static_cast<std::uint8_t>(status), note.pitch, on ? note.velocity : kReleaseVelocity});
  }
  end_track(out, begin);
}

}  // namespace

std::vector<std::uint8_t> format_midi(const engine::Score& score) {
  const midi::Plan plan = midi::make_plan(score);
  Bytes out;
  out.reserve(64 + 9 * (score.notes.size() + score.drums.size()));
  put_tag(out, "MThd");
  put_number(out, 6, 4);
  put_number(out, 1, 2);
  put_number(out, static_cast<std::uint32_t>(plan.tracks.size() + 1), 2);
  put_number(out, static_cast<std::uint32_t>(plan.ticks_per_quarter), 2);
  put_conductor(out, score.texts, plan.us_per_quarter);
  for (const midi::PlannedTrack& track : plan.tracks) put_track(out, track);
  return out;
}

}  // namespace io
