// The slots' memory on the device, and the host's mirror of what it sets and reads between launches.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/generate/decoder.h"
#include "engine/generate/voice.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/generate/seat.h"
#include "kernels/runtime/buffer.h"

namespace engine {

kernels::VoiceView view_of(const Voice& voice);
kernels::Played played_of(const Note& note);

/// The last W notes as a piece's ring holds them: note n at n mod W. @return [W]
std::vector<kernels::Played> ring_of(std::span<const Note> notes, int window);

namespace AFFETTO_PLATFORM {

/// State of `count` pieces: rings and, per layer, h and c.
struct PieceMemory {
  PieceMemory(const kernels::NetworkView& network, int count, kernels::StreamRef stream);
  /// Adds its pointers to a view.
  void show(kernels::PiecesView& view) const;

  kernels::DeviceBuffer<kernels::Played> window;
  std::vector<kernels::DeviceBuffer<float>> h, c;
};

/// A primer's end: one piece's memory, and how many notes it has consumed.
struct DevicePrimed final : Primed, std::enable_shared_from_this<DevicePrimed> {
  DevicePrimed(const void* owner_, const kernels::NetworkView& network, kernels::StreamRef stream)
      : owner(owner_), memory(network, 1, stream) {}
  const void* owner;  ///< the decoder it belongs to
  PieceMemory memory;
  std::int64_t consumed = 0;
};

/// All slots.
class DevicePieces {
 public:
  DevicePieces(const kernels::NetworkView& network, int slots, kernels::StreamRef stream);

  /// Notes that a slot starts from a primer with the next upload(). The primed start must live until then.
  void sit(int slot, std::shared_ptr<const DevicePrimed> start, const Voice& voice);
  void speak(int slot, const Voice& voice);
  /// The host's copy; what it sets travels with upload(), what the device wrote is there after receive().
  kernels::Progress& progress(int slot) { return progress_host_[static_cast<std::size_t>(slot)]; }

  /// Enqueues all that changed for slots 0 .. rows - 1. @return what the kernels look at
  kernels::PiecesView upload(int rows);
  /// Enqueues the way back of progress, which receive() takes in once the stream is past it.
  void download(int rows);
  void receive();

 private:
  void upload_seats(const kernels::PiecesView& view);

  kernels::NetworkView network_;
  kernels::StreamRef stream_;
  PieceMemory memory_;
  kernels::DeviceBuffer<kernels::VoiceView> voices_;
  kernels::DeviceBuffer<kernels::Progress> progress_;
  kernels::DeviceBuffer<float> readout_;
  kernels::DeviceBuffer<kernels::Seat> seats_;
  kernels::PinnedBuffer<kernels::VoiceView> voices_host_;
  kernels::PinnedBuffer<kernels::Progress> progress_host_, progress_back_;
  std::size_t coming_ = 0;  ///< rows of progress_back_ under way
  kernels::PinnedBuffer<kernels::Seat> seats_host_;
  std::vector<std::shared_ptr<const DevicePrimed>> starts_;  ///< [slots] null where nobody is to sit down
  std::vector<std::shared_ptr<const DevicePrimed>> seated_;  ///< kept until the stream is past their copies
  bool voices_changed_ = true;
};

}  // namespace AFFETTO_PLATFORM
}  // namespace engine
