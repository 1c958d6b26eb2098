#include "app/glue/render_events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <tuple>

#include "app/glue/render.h"
#include "engine/data/error.h"

namespace app {
namespace {

void check_time(const engine::ScoreNote& note) {
  const double end = note.onset_s + note.duration_s;
  if (!(note.onset_s >= 0 && note.duration_s >= 0 && std::isfinite(end))) {
    throw std::invalid_argument("render: a note begins at " + std::to_string(note.onset_s) + " s and lasts " +
                                std::to_string(note.duration_s) + " s");
  }
  if (end > kMaxRenderSeconds) {
    throw engine::Error({"render", "",
                         "the piece lasts " + std::to_string(std::llround(std::min(end, 1e15))) + " s, at most " +
                             std::to_string(std::llround(kMaxRenderSeconds)) + " s are rendered",
                         "cut the piece into parts"});
  }
}

/// Channels are given to programs in order, leaving out the drums'.
int channel_of(int program) { return program < kDrumChannel ? program : program + 1; }

void add(std::vector<RenderEvent>& events, const engine::ScoreNote& note, bool drum) {
  check_time(note);
  RenderEvent event;
  event.frame = std::llround(note.onset_s * kRenderRate);
  event.on = true;
  event.pitch = std::min<std::uint8_t>(note.pitch, 127);
  event.velocity = std::clamp<std::uint8_t>(note.velocity, 1, 127);
  event.program = std::min<std::uint8_t>(note.program, 127);
  event.channel = drum ? kDrumChannel : channel_of(event.program);
  event.note = events.size() / 2;
  events.push_back(event);
  event.frame =
      std::max(event.frame + kShortestKey, std::int64_t{std::llround((note.onset_s + note.duration_s) * kRenderRate)});
  event.on = false;
  events.push_back(event);
}

}  // namespace

std::vector<RenderEvent> render_events(const engine::Score& score) {
  std::vector<RenderEvent> events;
  events.reserve(2 * (score.notes.size() + score.drums.size()));
  for (const engine::ScoreNote& note : score.notes) add(events, note, false);
  for (const engine::ScoreNote& note : score.drums) add(events, note, true);
  std::ranges::stable_sort(events, {}, [](const RenderEvent& e) { return std::tuple(e.frame, e.on); });

  std::vector<std::array<std::size_t, 128>> owner(kRenderChannels);  // the note that last took each key
  std::erase_if(events, [&](const RenderEvent& e) {
    std::size_t& key = owner[static_cast<std::size_t>(e.channel)][e.pitch];
    if (e.on) key = e.note;
    return !e.on && key != e.note;
  });
  return events;
}

Level level_of(const engine::Audio& audio) {
  Level level;
  double squares = 0;
  for (const float sample : audio.samples) {
    level.peak = std::max(level.peak, std::abs(static_cast<double>(sample)));
    squares += static_cast<double>(sample) * sample;
  }
  if (audio.samples.empty()) return level;
  level.rms = std::sqrt(squares / static_cast<double>(audio.samples.size()));
  level.seconds = static_cast<double>(audio.samples.size()) / audio.channels / audio.sample_rate;
  return level;
}

double decibels(double magnitude) { return 20 * std::log10(magnitude); }

}  // namespace app
