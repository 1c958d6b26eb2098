// A network that reads a face, as data: stages of 3x3 convolution, batch normalisation, ReLU and perhaps 2x2 pooling
// over a square grey picture; the mean over what is left of it; a dense layer; softmax.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace engine {

struct FaceStage {
  int channels = 0;
  bool pool = false;
  friend bool operator==(const FaceStage&, const FaceStage&) = default;
};

struct FaceSpec {
  std::string name;
  int side = 48;  ///< pixels of the picture
  std::vector<FaceStage> stages;
  std::vector<std::string> classes;
  double epsilon = 1e-5;   ///< added to a variance
  double temperature = 1;  ///< logits are divided by it, so that probabilities are what they say (Guo, Pleiss, Sun &
                           ///< Weinberger, "On calibration of modern neural networks", 2017)
  friend bool operator==(const FaceSpec&, const FaceSpec&) = default;

  int features() const { return stages.back().channels; }  ///< numbers that the dense layer reads
};

/// Bounds on what a file may ask for: far above the preset, far below what would exhaust memory.
struct FaceLimits {
  static constexpr int kSide = 512, kStages = 64, kChannels = 4096, kClasses = 1024;
  static constexpr double kMaps = 1 << 24;  ///< numbers of one picture's maps, which a thread keeps: 64 MB
};

/// The preset: 0.84 M parameters, 106 M multiplications a picture, for FER2013's seven classes.
FaceSpec face_spec();

/// Throws ModelError with the first thing that is impossible about `spec`; `where` names the file or preset.
void check_face_spec(const FaceSpec& spec, const std::string& where);

/// JSON text of a spec, and back. parse throws ModelError for anything it cannot be.
std::string format_face_spec(const FaceSpec& spec);
FaceSpec parse_face_spec(const std::string& json, const std::string& where);

}  // namespace engine
