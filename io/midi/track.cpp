#include "io/midi/track.h"

#include <array>
#include <string_view>

#include "io/midi/cursor.h"
#include "io/midi/text.h"

namespace io::midi {
namespace {

enum Meta : std::uint8_t {
  kText = 0x01,
  kTrackName = 0x03,
  kEndOfTrack = 0x2F,
  kTempo = 0x51,
  kSmpteOffset = 0x54,
  kTimeSignature = 0x58,
  kKeySignature = 0x59
};

struct MetaLength {
  std::uint8_t type;
  std::uint32_t length;
};
constexpr std::array<MetaLength, 5> kMetaLengths{
    {{kEndOfTrack, 0}, {kTempo, 3}, {kSmpteOffset, 5}, {kTimeSignature, 4}, {kKeySignature, 2}}};

class TrackReader {
 public:
  TrackReader(std::span<const std::uint8_t> bytes, TrackSpan span, RawSong& song, OpenNotes& open, Oddities& oddities)
      : c_{bytes.data(), span.begin, span.end}, song_(song), open_(open), oddities_(oddities) {
    song_.parts.push_back({.first_note = song_.notes.size(), .first_tempo = song_.tempos.size()});
    song_.tracks.emplace_back();
    programs_.fill(kNoProgram);
  }

  std::size_t read() {
    while (event()) {
    }
    finish();
    return c_.pos;
  }

 private:
  bool event();
  bool channel_event(unsigned status);
  bool meta_event();
  bool sysex_event();
  bool system_event(unsigned status);
  inline bool number(std::uint32_t& value, std::string_view what);
  bool payload(std::string_view& data);
  bool missing(std::size_t needed);
  bool find_status();
  void note_on(unsigned channel, unsigned pitch, unsigned velocity);
  void program_change(unsigned channel, unsigned program);
  void tempo(std::string_view data, std::size_t at);
  void key_signature(std::string_view data, std::size_t at);
  bool length_is_right(std::uint8_t type, std::size_t length, std::size_t at);
  void finish();
  unsigned clamp_data(unsigned value);

  Cursor c_;
  RawSong& song_;
  OpenNotes& open_;
  Oddities& oddities_;
  std::uint64_t tick_ = 0;
  unsigned running_ = 0;    // the last channel status, 0 before the first
  bool cancelled_ = false;  // a sysex or meta event came since; the standard says that ends running status
  std::array<std::uint8_t, 16> programs_;
};

bool TrackReader::event() {
  if (c_.empty()) {
    oddities_.add({c_.pos, "track without an end-of-track event, bytes left", 0, "3 or more", "ended here"});
    return false;
  }
  std::uint32_t delta = 0;
  if (!number(delta, "delta time cut short or above 2^28, bytes left")) return false;
  tick_ += delta;
  if (missing(1)) return false;
  unsigned status = c_.data[c_.pos];
  if (status >= 0x80) {
    ++c_.pos;
  } else if (running_ != 0) {
    if (cancelled_) {
      oddities_.add({c_.pos, "running status after a sysex or meta event, data", status, "a status", "kept"});
    }
    cancelled_ = false;
    status = running_;
  } else {
    if (!find_status()) return false;
    status = c_.data[c_.pos++];
  }
  if (status < 0xF0) return channel_event(status);
  if (status == 0xFF) return meta_event();
  if (status == 0xF0 || status == 0xF7) return sysex_event();
  return system_event(status);
}

bool TrackReader::number(std::uint32_t& value, std::string_view what) {
  if (!c_.empty() && c_.data[c_.pos] < 0x80) {  // nearly always
    value = c_.data[c_.pos++];
    return true;
  }
  const std::size_t at = c_.pos;
  if (!read_varlen(c_, value)) {
    oddities_.add(
        {at, what, c_.left(), "a variable-length number of at most 4 bytes", "the rest of the track is skipped"});
    c_.pos = c_.end;
    return false;
  }
  if (c_.pos - at > kMaxVarlenBytes) {
    oddities_.add({at, "variable-length number, bytes", c_.pos - at, "at most 4", "read all the same"});
  }
  return true;
}

bool TrackReader::missing(std::size_t needed) {
  if (c_.left() >= needed) return false;
  oddities_.add({c_.pos, "event cut short, bytes left", c_.left(), "more", "the event is left out"});
  c_.pos = c_.end;
  return true;
}

bool TrackReader::find_status() {
  const std::size_t at = c_.pos;
  while (!c_.empty() && c_.data[c_.pos] < 0x80) ++c_.pos;
  oddities_.add({at, "data bytes before any status", c_.pos - at, "0", "skipped"});
  return !missing(1);
}

unsigned TrackReader::clamp_data(unsigned value) {
  if (value < 0x80) return value;
  oddities_.add({c_.pos, "data byte", value, "0 to 127", "read as 127"});
  return 127;
}

bool TrackReader::channel_event(unsigned status) {
  running_ = status;
  cancelled_ = false;
  const unsigned kind = status >> 4, channel = status & 15;
  const std::size_t length = kind == 0xC || kind == 0xD ? 1 : 2;
  if (missing(length)) return false;
  const unsigned first = c_.data[c_.pos];
  const unsigned second = length == 2 ? c_.data[c_.pos + 1] : 0;
  c_.pos += length;
  if (first >= 0x80) {
    oddities_.add({c_.pos - length, "data byte", first, "0 to 127", "the message is left out"});
    return true;
  }
  const unsigned value = clamp_data(second);
  if (kind == 0x9 && value > 0) {
    note_on(channel, first, value);
  } else if (kind == 0x8 || kind == 0x9) {
    open_.off(song_.notes, channel, first, tick_);
  } else if (kind == 0xC) {
    program_change(channel, first);
  }
  return true;
}

void TrackReader::note_on(unsigned channel, unsigned pitch, unsigned velocity) {
  song_.notes.push_back({.onset = tick_,
                         .pitch = static_cast<std::uint8_t>(pitch),
                         .velocity = static_cast<std::uint8_t>(velocity),
                         .channel = static_cast<std::uint8_t>(channel),
                         .program = programs_[channel],
                         .track = static_cast<std::uint16_t>(song_.tracks.size() - 1)});
  open_.on(song_.notes);
}

void TrackReader::program_change(unsigned channel, unsigned program) {
  programs_[channel] = static_cast<std::uint8_t>(program);
  song_.programs.push_back({tick_, static_cast<std::uint8_t>(channel), static_cast<std::uint8_t>(program)});
}

// Song position and the like belong on a cable, not into a file.
bool TrackReader::system_event(unsigned status) {
  oddities_.add({c_.pos - 1, "status byte", status, "a channel, sysex or meta event", "skipped"});
  const std::size_t length = status == 0xF2 ? 2 : status == 0xF1 || status == 0xF3 ? 1 : 0;
  if (missing(length)) return false;
  c_.pos += length;
  return true;
}

bool TrackReader::payload(std::string_view& data) {
  std::uint32_t length = 0;
  if (!number(length, "length of an event cut short or above 2^28, bytes left")) return false;
  const bool whole = length <= c_.left();
  if (!whole) oddities_.add({c_.pos, "event cut short, bytes left", c_.left(), "more", "read up to the end"});
  const std::size_t taken = whole ? length : c_.left();
  data = {reinterpret_cast<const char*>(c_.data) + c_.pos, taken};
  c_.pos += taken;
  return whole;
}

bool TrackReader::sysex_event() {
  cancelled_ = true;
  std::string_view data;
  return payload(data);
}

bool TrackReader::meta_event() {
  cancelled_ = true;
  if (missing(1)) return false;
  const std::size_t at = c_.pos;
  const std::uint8_t type = c_.data[c_.pos++];
  std::string_view data;
  if (type >= 0x80) oddities_.add({at, "type of a meta event", type, "0 to 127", "skipped"});
  const bool whole = payload(data);
  if (type == kText) song_.texts.emplace_back(data);
  if (type == kTrackName && song_.tracks.back().name.empty()) song_.tracks.back().name = clean_text(data);
  if (whole && length_is_right(type, data.size(), at)) {
    if (type == kTempo) tempo(data, at);
    if (type == kKeySignature) key_signature(data, at);
  }
  return whole && type != kEndOfTrack;
}

bool TrackReader::length_is_right(std::uint8_t type, std::size_t length, std::size_t at) {
  for (const MetaLength& rule : kMetaLengths) {
    if (rule.type != type || rule.length == length) continue;
    oddities_.add({at + 1, "length of a meta event", length, "the length of its type", "its content is ignored"});
    return false;
  }
  return true;
}

void TrackReader::tempo(std::string_view data, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(data[i])); };
  const std::uint32_t us = byte(0) << 16 | byte(1) << 8 | byte(2);
  if (us == 0) {
    oddities_.add({at, "tempo in microseconds per quarter", 0, "1 or more", "ignored"});
  } else {
    song_.tempos.push_back({tick_, us});
  }
}

void TrackReader::key_signature(std::string_view data, std::size_t at) {
  const int sharps = static_cast<std::int8_t>(data[0]);
  const auto mode = static_cast<std::uint8_t>(data[1]);
  if (sharps < -7 || sharps > 7) {
    oddities_.add({at, "byte of sharps or flats", static_cast<std::uint8_t>(data[0]), "-7 to 7", "ignored"});
  } else if (mode > 1) {
    oddities_.add({at, "mode of a key signature", mode, "0 or 1", "ignored"});
  }
}

void TrackReader::finish() {
  TrackPart& part = song_.parts.back();
  part.end_tick = tick_;
  const std::size_t open = open_.finish(song_.notes, part.first_note, tick_);
  if (open > 0) oddities_.add({c_.pos, "notes without an end in this track", open, "0", "ended with the track"});
}

}  // namespace

std::size_t read_track(std::span<const std::uint8_t> bytes, TrackSpan span, RawSong& song, OpenNotes& open,
                       Oddities& oddities) {
  return TrackReader(bytes, span, song, open, oddities).read();
}

}  // namespace io::midi
