// Device memory of a rung of the face network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kernels/conv/face_rung.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// Weights, uploaded once.
class KeptWeights {
 public:
  explicit KeptWeights(StreamRef stream) : stream_(stream) {}
  /// Waits until they are there.
  template <typename T>
  const T* keep(std::span<const T> values) {
    DeviceBuffer<std::byte> buffer(stream_, values.size_bytes());
    buffer.upload(std::as_bytes(values));
    stream_.synchronize();
    buffers_.push_back(std::move(buffer));
    return reinterpret_cast<const T*>(buffers_.back().data());
  }
  template <typename T>
  const T* keep(const std::vector<T>& values) {
    return keep(std::span<const T>(values));
  }

 private:
  StreamRef stream_;
  std::vector<DeviceBuffer<std::byte>> buffers_;
};

/// Two areas between which a network's maps go to and fro.
template <typename Element>
class MapPair {
 public:
  MapPair(std::size_t elements, StreamRef stream) : areas_{{stream, elements}, {stream, elements}} {}
  Element* now() const { return areas_[turn_].data(); }
  Element* next() const { return areas_[1 - turn_].data(); }
  void turn() { turn_ = 1 - turn_; }

 private:
  DeviceBuffer<Element> areas_[2];
  int turn_ = 0;
};

/// Elements of the largest map of `slots` pictures.
/// @param size_of  (side, side after pooling, stage) -> elements of one picture's
template <class SizeOf>
std::size_t largest_map(const FaceWeights& weights, int slots, const SizeOf& size_of) {
  std::size_t largest = 0;
  int side = weights.side;
  for (const FaceStageWeights& stage : weights.stages) {
    const int after = stage.pool ? side / 2 : side;
    largest = std::max(largest, static_cast<std::size_t>(size_of(side, after, stage)));
    side = after;
  }
  return largest * static_cast<std::size_t>(slots);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
