// Which note-off ends which note-on, in time linear in the events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace io::midi {

inline constexpr std::uint64_t kStillOpen = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint8_t kNoProgram = 0xFF;

/// A note in ticks from the start of its track.
struct RawNote {
  std::uint64_t onset = 0;
  std::uint64_t end = kStillOpen;
  std::int32_t next = -1;  ///< next open note of the same pitch and channel
  std::uint8_t pitch = 0, velocity = 0, channel = 0;
  std::uint8_t program = kNoProgram;  ///< as its own track says, kNoProgram if it does not
  std::uint16_t track = 0;
};

/// The open notes of one track. Each list holds indices into the vector given to every call.
class OpenNotes {
 public:
  /// Opens the last element of `notes`.
  void on(std::vector<RawNote>& notes);
  void off(std::vector<RawNote>& notes, unsigned channel, unsigned pitch, std::uint64_t tick);
  /// Ends what is open among notes[first...] at `tick` and forgets the track. Returns how many notes that were.
  std::size_t finish(std::vector<RawNote>& notes, std::size_t first, std::uint64_t tick);

 private:
  // Notes of the latest tick are kept apart from earlier ones, so that an off finds the earlier ones without walking.
  struct Slot {
    std::int32_t earlier = -1;
    std::int32_t now = -1, now_last = -1;
    std::uint32_t owed = 0;  // offs that belong to notes which another off has ended already
    std::uint64_t now_tick = 0;
  };
  static void settle(Slot& slot, std::vector<RawNote>& notes, std::uint64_t tick);
  static void close(Slot& slot, std::int32_t& list, std::vector<RawNote>& notes, std::uint64_t tick);

  std::array<Slot, 16 * 128> slots_;
};

}  // namespace io::midi
