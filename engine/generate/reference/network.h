// The network as semantics.md writes it: double, one note at a time, one scalar at a time. The definition.
#pragma once

#include <string>
#include <vector>

#include "engine/data/note.h"
#include "engine/model/model.h"

namespace engine::reference {

using Vector = std::vector<double>;

struct State {
  std::vector<Vector> h, c;  ///< [layers][hidden]
};

/// Raw outputs, after a head's activation and before any clamp.
struct Outputs {
  Vector pitch_logits;  ///< [candidates]
  double step = 0, duration = 0;
};

class Network {
 public:
  explicit Network(const Model& model) : model_(model) {}
  const ModelSpec& spec() const { return model_.spec; }

  State zero_state() const;
  /// Advances the state by one note.
  void consume(State& state, const Note& note) const;
  /// The heads on the last hidden state.
  Outputs read(const State& state) const;
  /// Heads after exactly these notes from zero state: the replay of a window.
  Outputs replay(std::span<const Note> notes) const;

 private:
  Vector input(const Note& note) const;
  Vector dense(const std::string& name, const Vector& x, Activation activation) const;

  Model model_;
};

}  // namespace engine::reference
