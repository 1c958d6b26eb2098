// A score as what a synthesiser is told, and when.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/note.h"

namespace app {

struct RenderEvent {
  std::int64_t frame = 0;  ///< from the start of the score
  bool on = false;         ///< key down, or up
  std::uint8_t pitch = 0, velocity = 0, program = 0;
  int channel = 0;       ///< kDrumChannel for drums, else one for each program
  std::size_t note = 0;  ///< counts notes and drums: joins key down and up
  friend bool operator==(const RenderEvent&, const RenderEvent&) = default;
};

inline constexpr int kDrumChannel = 9;
/// Channels that events may name: 128 programs and the drums, in whole ports of 16.
inline constexpr int kRenderChannels = 144;
/// Shortest time that a key is down, in frames: one block of the synthesiser, below which nothing would sound.
inline constexpr std::int64_t kShortestKey = 64;

/// Events in order of time; at one frame keys go up before others go down. A key up is left out where a later note has
/// taken the key over (the same pitch and program): it ends with that note.
/// @throws engine::Error if the score is longer than kMaxRenderSeconds; std::invalid_argument for a time that is
///         negative or not finite
std::vector<RenderEvent> render_events(const engine::Score& score);

}  // namespace app
