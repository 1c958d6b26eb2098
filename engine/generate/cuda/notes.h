// What a launch writes: notes, and the traces of those who asked.
#pragma once

#include <vector>

#include "engine/generate/decoder.h"
#include "kernels/generate/network.h"
#include "kernels/generate/pieces.h"
#include "kernels/runtime/buffer.h"

namespace engine::AFFETTO_PLATFORM {

class NoteBlock {
 public:
  NoteBlock(const kernels::NetworkView& network, int slots, int block, kernels::StreamRef stream);

  /// Where a launch of `total` notes shall write. Only a first traced launch of a size takes memory.
  kernels::OutputView begin(int total, bool traced);
  /// Enqueues the way back.
  void download(int total);
  const kernels::Played& note(int at) const { return host_[static_cast<std::size_t>(at)]; }
  void fill_trace(int at, NoteTrace& trace) const;

 private:
  /// One array of a trace, `width` numbers a note.
  template <typename T>
  struct Traced {
    kernels::DeviceBuffer<T> device;
    std::vector<T> host;
    void reserve(std::size_t size, kernels::StreamRef stream);
  };

  kernels::StreamRef stream_;
  std::size_t candidates_;
  bool traced_ = false;
  kernels::DeviceBuffer<kernels::Played> device_;
  kernels::PinnedBuffer<kernels::Played> host_;
  Traced<float> logits_, scores_, probabilities_, predicted_;
  Traced<double> u_, modulation_;
};

}  // namespace engine::AFFETTO_PLATFORM
