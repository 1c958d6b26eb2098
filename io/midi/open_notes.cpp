#include "io/midi/open_notes.h"

namespace io::midi {
namespace {

std::size_t slot_index(unsigned channel, unsigned pitch) { return channel * 128u + pitch; }

}  // namespace

void OpenNotes::settle(Slot& slot, std::vector<RawNote>& notes, std::uint64_t tick) {
  if (slot.now < 0 || slot.now_tick == tick) return;
  notes[static_cast<std::size_t>(slot.now_last)].next = slot.earlier;
  slot.earlier = slot.now;
  slot.now = -1;
}

void OpenNotes::close(Slot& slot, std::int32_t& list, std::vector<RawNote>& notes, std::uint64_t tick) {
  std::uint32_t closed = 0;
  for (; list >= 0; ++closed) {
    RawNote& note = notes[static_cast<std::size_t>(list)];
    note.end = tick;
    list = note.next;
  }
  slot.owed += closed - 1;
}

void OpenNotes::on(std::vector<RawNote>& notes) {
  RawNote& note = notes.back();
  Slot& slot = slots_[slot_index(note.channel, note.pitch)];
  settle(slot, notes, note.onset);
  const auto index = static_cast<std::int32_t>(notes.size() - 1);
  if (slot.now < 0) slot.now_last = index;
  note.next = slot.now;
  slot.now = index;
  slot.now_tick = note.onset;
}

void OpenNotes::off(std::vector<RawNote>& notes, unsigned channel, unsigned pitch, std::uint64_t tick) {
  Slot& slot = slots_[slot_index(channel, pitch)];
  settle(slot, notes, tick);
  if (slot.earlier >= 0) {
    close(slot, slot.earlier, notes, tick);
  } else if (slot.owed > 0) {
    --slot.owed;
  } else if (slot.now >= 0) {
    close(slot, slot.now, notes, tick);
  }
}

std::size_t OpenNotes::finish(std::vector<RawNote>& notes, std::size_t first, std::uint64_t tick) {
  std::size_t open = 0;
  for (std::size_t i = first; i < notes.size(); ++i) {
    RawNote& note = notes[i];
    slots_[slot_index(note.channel, note.pitch)] = Slot{};
    if (note.end != kStillOpen) continue;
    note.end = tick;
    ++open;
  }
  return open;
}

}  // namespace io::midi
