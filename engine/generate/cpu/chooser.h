// Chooses the next note of a piece from the heads' outputs, in float32, over all candidates at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/emotion/clusters.h"
#include "engine/generate/cpu/network.h"
#include "engine/generate/cpu/piece.h"
#include "engine/generate/decoder.h"
#include "engine/generate/voice.h"
#include "kernels/cpu/step.h"

namespace engine::cpu {

/// One thread's scratch. Nothing is allocated after construction, unless a trace is asked for.
class Chooser {
 public:
  Chooser(const Network& network, const std::optional<Clusters>& clusters);

  /// Reads the piece's readout memory.
  /// @param note   index among the notes generated for the piece
  /// @param trace  filled, or null
  /// @throws ModelError if an output is not finite
  Note choose(const Piece& piece, const Voice& voice, std::uint32_t note, NoteTrace* trace);

 private:
  struct Prediction {
    std::uint32_t note;
    float step, duration;  ///< seconds, clamped at 0
  };
  void weigh(const Piece& piece, const Voice& voice, const Prediction& predicted);
  void fill_scores(const Piece& piece, int label, const Prediction& predicted);
  int draw(const Voice& voice, std::uint32_t note, double& u);
  int draw_gumbel(const Voice& voice, std::uint32_t note);
  void fill_trace(NoteTrace& trace) const;

  const Network& network_;
  std::optional<Clusters> clusters_;
  kernels::Blend blend_{};
  std::vector<float> scores_, blended_, weights_, sums_;
  std::vector<int> order_;
  double total_ = 0;
};

}  // namespace engine::cpu
