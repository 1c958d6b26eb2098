// The readout in 16 bits: a level of dense layers (../../cell.h) in one kernel, sums and outputs in fp32.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/generate/tensor/steps/step.h"

namespace kernels {

/// A dense layer of a level.
struct TensorDense {
  PackedDense packed;
  const std::uint16_t* x = nullptr;  ///< [pieces, padded(terms)]; null: it reads the state
  const float* bias = nullptr;       ///< [size]
  int size = 0, to = 0;              ///< place in the readout row
  HeadCurve curve = HeadCurve::linear;
};

/// For the pieces with notes left.
struct TensorLevel {
  TensorDense parts[kMaxReadout];
  int count = 0;
  const Progress* progress = nullptr;  ///< [pieces]
  int pieces = 0, window = 0;
  bool staggered = false;    ///< a piece has W states: the one is read that has read the last min(W, consumed) notes
  LayerStates state;         ///< of the last layer; taken as zero where consumed = 0
  float* readout = nullptr;  ///< [pieces, readout_size]
  int readout_size = 0;
};

/// What dense layers read from readout rows, rounded to 16 bits, each with memory of its own.
struct RoundRows {
  struct Part {
    int from = 0, terms = 0;
    std::uint16_t* to = nullptr;  ///< [pieces, padded(terms)]
  } parts[kMaxReadout];
  int count = 0;
  const Progress* progress = nullptr;
  int pieces = 0;
  const float* readout = nullptr;
  int readout_size = 0;
};

inline namespace AFFETTO_PLATFORM {

void tensor_level(const TensorLevel& op, Precision precision, TileChoice tile, StreamRef stream);
void round_rows(const RoundRows& op, Precision precision, StreamRef stream);

/// All levels of a network's readout.
class TensorReadout {
 public:
  /// @param rows  most pieces at a time
  TensorReadout(const NetworkView& network, const PackedNetwork& packed, int rows, StreamRef stream);
  /// Enqueues the readout rows of the pieces with notes left. @param staggered  a piece has W states
  void read(const PiecesView& pieces, const LayerStates& state, bool staggered, TileChoice tile, StreamRef stream);

 private:
  struct Level {
    RoundRows inputs;
    TensorLevel outputs;
  };
  Level make_level(const NetworkView& network, const PackedNetwork& packed, const DenseView* parts, int count, int rows,
                   StreamRef stream);

  Precision precision_;
  std::vector<Level> levels_;
  std::vector<DeviceBuffer<std::uint16_t>> rounded_;
};

}  // namespace AFFETTO_PLATFORM
}  // namespace kernels
