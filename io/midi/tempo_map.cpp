#include "io/midi/tempo_map.h"

#include <algorithm>

namespace io::midi {
namespace {

constexpr double kMicroseconds = 1e6;  // per second
constexpr int kDropFrame = 29;         // stands for 30000/1001 frames per second

}  // namespace

TempoMap::TempoMap(Division division, std::span<const RawTempo> tempos) : division_(division) {
  std::vector<RawTempo> sorted(tempos.begin(), tempos.end());
  const auto by_tick = [](const RawTempo& a, const RawTempo& b) { return a.tick < b.tick; };
  if (!std::is_sorted(sorted.begin(), sorted.end(), by_tick)) std::stable_sort(sorted.begin(), sorted.end(), by_tick);
  segments_.reserve(sorted.size() + 1);
  segments_.push_back({0, 0.0, kDefaultTempo});
  for (const RawTempo& t : sorted) {
    if (t.tick == segments_.back().tick) {
      segments_.back().us_per_quarter = t.us_per_quarter;
    } else {
      segments_.push_back({t.tick, segments_.back().seconds + elapsed(segments_.back(), t.tick), t.us_per_quarter});
    }
  }
}

// One rounding for the product and one for the quotient, so that a constant tempo has no drift.
double TempoMap::elapsed(const Segment& segment, std::uint64_t tick) const {
  const auto ticks = static_cast<double>(tick - segment.tick);
  if (division_.ticks_per_quarter > 0) {
    return ticks * segment.us_per_quarter / (kMicroseconds * division_.ticks_per_quarter);
  }
  const double ticks_per_frame = division_.ticks_per_frame;
  if (division_.frames_per_second == kDropFrame) return ticks * 1001 / (30000 * ticks_per_frame);
  return ticks / (division_.frames_per_second * ticks_per_frame);
}

const TempoMap::Segment& TempoMap::segment_at(std::uint64_t tick) const {
  if (segments_.size() == 1) return segments_.front();
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), tick,
                                      [](std::uint64_t t, const Segment& s) { return t < s.tick; });
  return *(after - 1);
}

double TempoMap::seconds(std::uint64_t tick) const {
  const Segment& segment = segment_at(tick);
  return segment.seconds + elapsed(segment, tick);
}

double TempoMap::bpm(std::uint64_t tick) const { return 60 * kMicroseconds / segment_at(tick).us_per_quarter; }

}  // namespace io::midi
