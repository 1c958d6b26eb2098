// What a network is, as data: nothing about a particular network is written into code elsewhere.
#pragma once

#include <string>
#include <vector>

#include "engine/model/sampling.h"

namespace engine {

/// What of a note goes in or comes out.
enum class Field { pitch, step, duration };
enum class Encoding {
  scaled,     ///< the number times `scale`: one input
  one_hot,    ///< `classes` inputs, one of them 1
  embedding,  ///< a row of a table [classes, width]
};
enum class Activation { linear, relu, tanh };
enum class Distribution {
  categorical,   ///< logits over `size` classes, cross-entropy
  non_negative,  ///< a number >= 0, squared error and a penalty below 0
};
/// How much of the past a prediction reads: exactly the last `window` notes from zero state, or all of it.
enum class StateMode { window, carry };

struct InputSpec {
  Field field = Field::pitch;
  Encoding encoding = Encoding::scaled;
  double scale = 1;  ///< scaled only
  int classes = 0;   ///< one_hot and embedding: how many values the field has
  int width = 1;     ///< embedding: columns of the table
  int columns() const { return encoding == Encoding::scaled ? 1 : encoding == Encoding::one_hot ? classes : width; }
  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

struct DenseSpec {
  int size = 0;
  Activation activation = Activation::relu;
  friend bool operator==(const DenseSpec&, const DenseSpec&) = default;
};

/// One output: hidden dense layers, then a dense layer of `size`. Tensors NAME_head.weight, NAME_head.bias, and
/// NAME_head.hidden.I.weight, NAME_head.hidden.I.bias.
struct HeadSpec {
  std::string name;  ///< of its tensors and of its loss
  Field field = Field::pitch;
  int size = 1;
  std::vector<DenseSpec> hidden = {};
  Activation activation = Activation::linear;
  Distribution distribution = Distribution::non_negative;
  double loss_weight = 1;
  friend bool operator==(const HeadSpec&, const HeadSpec&) = default;
};

struct ModelSpec {
  std::string name;               ///< of the preset or family
  std::vector<InputSpec> inputs;  ///< concatenated in this order
  std::vector<int> lstm;          ///< hidden size of each layer, bottom first; at least one
  double dropout = 0;             ///< between layers, training only
  std::vector<DenseSpec> dense;   ///< after the last LSTM layer, shared by the heads: dense.I.weight, dense.I.bias
  std::vector<HeadSpec> heads;    ///< exactly one for each of pitch, step and duration
  int window = 1;                 ///< W, notes
  StateMode state = StateMode::window;
  Sampling sampling;  ///< defaults
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;

  int input_columns() const;                ///< I: sum over inputs
  const HeadSpec& head(Field field) const;  ///< throws std::out_of_range if there is none
  int features_of_heads() const;            ///< size of what the heads read
};

/// Bounds on what a model file may ask for: far above every preset (1 to 4 layers of at most 1024), far below what
/// would exhaust memory.
struct SpecLimits {
  static constexpr int kLayers = 16, kHidden = 8192, kClasses = 65536, kWindow = 4096, kDense = 8;
};

/// Throws ModelError with the first thing that is impossible about `spec`; `where` names the file or preset.
void check_spec(const ModelSpec& spec, const std::string& where);

/// JSON text of a spec, and back. parse throws ModelError for anything it cannot be.
std::string format_spec(const ModelSpec& spec);
ModelSpec parse_spec(const std::string& json, const std::string& where);
/// The same for sampling options alone.
std::string format_sampling(const Sampling& sampling);
Sampling parse_sampling(const std::string& json, const std::string& where);

}  // namespace engine
