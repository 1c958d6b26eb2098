#include "io/midi/plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "io/midi/write.h"

namespace io::midi {
namespace {

constexpr std::uint8_t kDrumChannel = 9;
constexpr std::size_t kMelodicChannels = 15;
constexpr int kDefaultTicks = 480;
constexpr int kMaxTicksPerQuarter = 32767;
constexpr double kMicrosecondsPerMinute = 60e6;
constexpr double kMaxTempo = 0xFFFFFF;
constexpr int kUnknownProgram = -1;

std::uint32_t tempo_of(double bpm) {
  const double us = std::round(kMicrosecondsPerMinute / bpm);
  if (!(bpm > 0) || !(us >= 1) || !(us <= kMaxTempo)) {
    throw std::invalid_argument("write MIDI: bpm = " + std::to_string(bpm) + "; must be within 3.58 and 6e7");
  }
  return static_cast<std::uint32_t>(us);
}

// Checks notes and turns their times into ticks.
class Ticker {
 public:
  Ticker(int ticks_per_quarter, std::uint32_t us_per_quarter) : ticks_(ticks_per_quarter), us_(us_per_quarter) {}

  PlannedNote note(const engine::ScoreNote& n, const char* kind, std::size_t index) const {
    const auto refuse = [&](const char* field, double value, const char* expected) {
      throw std::invalid_argument("write MIDI: " + std::string(kind) + " " + std::to_string(index) + ": " + field +
                                  " = " + std::to_string(value) + "; must be " + expected);
    };
    if (n.pitch > 127) refuse("pitch", n.pitch, "within 0 and 127");
    if (n.program > 127) refuse("program", n.program, "within 0 and 127");
    if (n.velocity < 1 || n.velocity > 127) refuse("velocity", n.velocity, "within 1 and 127");
    if (!(n.duration_s >= 0)) refuse("duration_s", n.duration_s, "0 or more");
    const double onset = ticks(n.onset_s), end = ticks(n.onset_s + n.duration_s);
    const auto limit = static_cast<double>(kMaxMidiTick);
    if (!(onset >= 0 && onset < limit)) refuse("onset_s", n.onset_s, "0 or more, and below 2^28 ticks");
    if (!(end <= limit)) refuse("duration_s", n.duration_s, "such that the note ends below 2^28 ticks");
    const auto onset_tick = static_cast<std::int64_t>(onset);
    return {.onset = onset_tick,
            .end = std::max(static_cast<std::int64_t>(end), onset_tick + 1),
            .pitch = n.pitch,
            .velocity = n.velocity,
            .program = n.program};
  }

 private:
  double ticks(double seconds) const { return std::round(seconds * 1e6 * ticks_ / us_); }

  double ticks_, us_;
};

// Notes come in the order of their onsets; an earlier note of the same pitch ends where the next one begins.
void part_equal_pitches(std::vector<PlannedNote>& notes) {
  std::array<std::vector<std::size_t>, 128> last;  // the notes of each pitch's latest onset
  for (std::size_t i = 0; i < notes.size(); ++i) {
    auto& same = last[notes[i].pitch];
    if (!same.empty() && notes[same.front()].onset == notes[i].onset) {
      same.push_back(i);
      const std::int64_t end = std::max(notes[same.front()].end, notes[i].end);
      notes[same.front()].end = end;  // the others follow below
      notes[i].end = end;
      continue;
    }
    for (const std::size_t k : same) notes[k].end = std::min(notes[same.front()].end, notes[i].onset);
    same.assign(1, i);
  }
  for (const auto& same : last) {
    for (const std::size_t k : same) notes[k].end = notes[same.front()].end;
  }
}

// The name of the track that all these notes come from, if there is one such.
std::string common_name(const engine::Score& score, std::span<const engine::ScoreNote* const> notes) {
  const std::uint16_t track = notes.front()->track;
  const bool one =
      std::all_of(notes.begin(), notes.end(), [&](const engine::ScoreNote* n) { return n->track == track; });
  return one && track < score.tracks.size() ? score.tracks[track].name : std::string();
}

PlannedTrack plan_track(const engine::Score& score, const Ticker& ticker,
                        std::span<const engine::ScoreNote* const> sources, const engine::ScoreNote* first,
                        const char* kind) {
  PlannedTrack track;
  track.name = common_name(score, sources);
  track.notes.reserve(sources.size());
  for (const engine::ScoreNote* n : sources) {
    track.notes.push_back(ticker.note(*n, kind, static_cast<std::size_t>(n - first)));
  }
  const auto before = [](const PlannedNote& a, const PlannedNote& b) {
    return std::tie(a.onset, a.program, a.pitch) < std::tie(b.onset, b.program, b.pitch);
  };
  std::stable_sort(track.notes.begin(), track.notes.end(), before);
  part_equal_pitches(track.notes);
  return track;
}

std::vector<const engine::ScoreNote*> with_program(const std::vector<engine::ScoreNote>& notes, int program) {
  std::vector<const engine::ScoreNote*> chosen;
  for (const engine::ScoreNote& n : notes) {
    if (n.program == program || program == kUnknownProgram) chosen.push_back(&n);
  }
  return chosen;
}

// The first track of a channel sets its program at the start. On a shared channel, and among drums of several kits, a
// program change goes before each note that finds another program than its own.
void place_program_changes(std::span<PlannedTrack> tracks) {
  std::array<int, 16> current, users{};
  current.fill(kUnknownProgram);
  for (PlannedTrack& track : tracks) {
    track.program = track.notes.front().program;
    track.set_program = users[track.channel]++ == 0;
    if (track.set_program) current[track.channel] = track.program;
  }
  std::vector<std::pair<PlannedNote*, std::uint8_t>> order;  // as a player meets them: by tick, then by track
  for (PlannedTrack& track : tracks) {
    if (users[track.channel] == 1 && track.channel != kDrumChannel) continue;
    for (PlannedNote& n : track.notes) order.emplace_back(&n, track.channel);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first->onset < b.first->onset; });
  for (const auto& [note, channel] : order) {
    note->change_program = current[channel] != note->program;
    current[channel] = note->program;
  }
}

}  // namespace

Plan make_plan(const engine::Score& score) {
  Plan plan;
  plan.ticks_per_quarter = score.ticks_per_quarter == 0 ? kDefaultTicks : score.ticks_per_quarter;
  if (plan.ticks_per_quarter < 1 || plan.ticks_per_quarter > kMaxTicksPerQuarter) {
    throw std::invalid_argument("write MIDI: ticks_per_quarter = " + std::to_string(plan.ticks_per_quarter) +
                                "; must be within 0 and 32767");
  }
  plan.us_per_quarter = tempo_of(score.bpm);
  const Ticker ticker(plan.ticks_per_quarter, plan.us_per_quarter);

  std::array<bool, 256> used{};
  for (const engine::ScoreNote& n : score.notes) used[n.program] = true;
  for (int program = 0; program < static_cast<int>(used.size()); ++program) {
    if (!used[static_cast<std::size_t>(program)]) continue;
    const std::size_t slot = plan.tracks.size() % kMelodicChannels;
    const auto notes = with_program(score.notes, program);
    plan.tracks.push_back(plan_track(score, ticker, notes, score.notes.data(), "note"));
    plan.tracks.back().channel = static_cast<std::uint8_t>(slot < kDrumChannel ? slot : slot + 1);
  }
  if (!score.drums.empty()) {
    const auto drums = with_program(score.drums, kUnknownProgram);
    plan.tracks.push_back(plan_track(score, ticker, drums, score.drums.data(), "drum"));
    plan.tracks.back().channel = kDrumChannel;
  }
  place_program_changes(plan.tracks);
  return plan;
}

}  // namespace io::midi
