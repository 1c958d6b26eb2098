// From ticks to seconds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/midi/chunks.h"

namespace io::midi {

inline constexpr std::uint32_t kDefaultTempo = 500000;  ///< microseconds per quarter before the first tempo event

struct RawTempo {
  std::uint64_t tick = 0;
  std::uint32_t us_per_quarter = kDefaultTempo;
};

class TempoMap {
 public:
  /// @param tempos  in any order; of those at one tick the last wins
  TempoMap(Division division, std::span<const RawTempo> tempos);

  /// Seconds from tick 0; never decreases with the tick.
  double seconds(std::uint64_t tick) const;
  /// Quarters per minute in force at `tick`.
  double bpm(std::uint64_t tick) const;

 private:
  struct Segment {
    std::uint64_t tick;
    double seconds;  // at `tick`
    std::uint32_t us_per_quarter;
  };
  double elapsed(const Segment& segment, std::uint64_t tick) const;
  const Segment& segment_at(std::uint64_t tick) const;

  Division division_;
  std::vector<Segment> segments_;
};

}  // namespace io::midi
