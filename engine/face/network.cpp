#include "engine/face/network.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/face/head.h"
#include "kernels/cpu/conv/convolution.h"
#include "kernels/cpu/conv/normalise.h"
#include "kernels/cpu/team.h"

namespace engine {
namespace {

using kernels::Maps;
using kernels::MapSize;

/// Weights of a stage, ready for use.
struct Stage {
  MapSize in, out;  ///< out: after pooling
  bool pool;
  kernels::PackedWindow weights;
  std::vector<float> scale, shift;
  MapSize convolved() const { return {in.height, in.width, out.channels}; }
};

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

std::vector<Stage> stages_of(const FaceModel& model) {
  std::vector<Stage> stages;
  const auto side = static_cast<std::size_t>(model.spec.side);
  MapSize in{side, side, 1};
  for (std::size_t i = 0; i < model.spec.stages.size(); ++i) {
    const auto channels = static_cast<std::size_t>(model.spec.stages[i].channels);
    const bool pool = model.spec.stages[i].pool;
    const ScaleShift norm = folded_norm(model, i);
    Stage stage{in,
                kernels::activated_size({in.height, in.width, channels}, pool),
                pool,
                kernels::PackedWindow(in.channels, channels, kernels::PackedWindow::Direction::forward),
                floats(norm.scale),
                floats(norm.shift)};
    stage.weights.fill(taps_first(model.tensor(stage_tensor(i, "conv.weight"))));
    in = stage.out;
    stages.push_back(std::move(stage));
  }
  return stages;
}

/// The maps of one picture under way.
struct Desk {
  std::vector<Maps> convolved, out;  ///< a stage's
  Maps picture;
  std::vector<float> features;

  explicit Desk(const std::vector<Stage>& stages) : picture(stages.front().in, 1) {
    for (const Stage& stage : stages) {
      convolved.emplace_back(stage.convolved(), 1);
      out.emplace_back(stage.out, 1);
    }
    features.resize(stages.back().out.channels);
  }
  void lay(std::span<const float> pixels) {
    const MapSize& size = picture.size();
    for (std::size_t y = 0; y < size.height; ++y)
      std::copy_n(pixels.data() + y * size.width, size.width, picture.inside(0) + y * size.pitch());
  }
};

struct Rows {
  std::size_t first, count;
};

/// Rows of a stage's output, and the rows of its convolution that they are made of.
void run_stage(const Stage& stage, const float* in, Maps& convolved, Maps& out, const Rows& rows) {
  if (rows.count == 0) return;
  const std::size_t each = stage.pool ? 2 : 1;
  kernels::convolve({stage.in, in, &stage.weights, convolved.map(0), each * rows.first, each * rows.count});
  kernels::activate({stage.convolved(), convolved.map(0), stage.scale.data(), stage.shift.data(), stage.pool,
                     out.map(0), rows.first, rows.count});
}

}  // namespace

struct FaceNetwork::State {
  FaceModel model;
  std::vector<Stage> stages;
  kernels::Team team;
  std::vector<Desk> desks;  ///< one per thread

  State(const FaceModel& of, int threads) : model(of), stages(stages_of(of)), team(threads) {
    for (int i = 0; i < team.size(); ++i) desks.emplace_back(stages);
  }

  void finish(Desk& desk, std::span<double> probabilities) {
    kernels::map_mean(stages.back().out, desk.out.back().map(0), desk.features.data());
    face_probabilities<float>(model, desk.features, probabilities);
  }

  void classify_alone(Desk& desk, std::span<const float> picture, std::span<double> probabilities) {
    desk.lay(picture);
    const float* in = desk.picture.map(0);
    for (std::size_t i = 0; i < stages.size(); ++i) {
      run_stage(stages[i], in, desk.convolved[i], desk.out[i], {0, stages[i].out.height});
      in = desk.out[i].map(0);
    }
    finish(desk, probabilities);
  }

  /// One picture by all: each takes some rows of every stage.
  void classify_together(std::span<const float> picture, std::span<double> probabilities) {
    Desk& desk = desks.front();
    desk.lay(picture);
    const auto members = static_cast<std::size_t>(team.size());
    team.run(team.size(), [&](int member) {
      const auto me = static_cast<std::size_t>(member);
      const float* in = desk.picture.map(0);
      for (std::size_t i = 0; i < stages.size(); ++i) {
        const std::size_t height = stages[i].out.height, first = height * me / members;
        run_stage(stages[i], in, desk.convolved[i], desk.out[i], {first, height * (me + 1) / members - first});
        if (!team.barrier().wait()) return;
        in = desk.out[i].map(0);
      }
    });
    finish(desk, probabilities);
  }
};

FaceNetwork::FaceNetwork(const FaceModel& model, int threads) : state_(std::make_unique<State>(model, threads)) {}
FaceNetwork::~FaceNetwork() = default;
FaceNetwork::FaceNetwork(FaceNetwork&&) noexcept = default;
FaceNetwork& FaceNetwork::operator=(FaceNetwork&&) noexcept = default;

const FaceSpec& FaceNetwork::spec() const { return state_->model.spec; }

std::size_t count_pictures(const FaceSpec& spec, std::size_t pixels, std::size_t probabilities, const char* who) {
  const std::size_t each = static_cast<std::size_t>(spec.side) * static_cast<std::size_t>(spec.side);
  const std::size_t classes = spec.classes.size(), count = pixels / each;
  if (pixels == count * each && probabilities == count * classes) return count;
  throw std::invalid_argument(std::string(who) + ": " + std::to_string(pixels) + " pixels and " +
                              std::to_string(probabilities) + " probabilities; " + std::to_string(each) + " and " +
                              std::to_string(classes) + " a picture");
}

void FaceNetwork::classify(std::span<const float> pictures, std::span<double> probabilities) {
  const std::size_t pixels = state_->stages.front().in.pixels(), classes = spec().classes.size();
  const std::size_t count = count_pictures(spec(), pictures.size(), probabilities.size(), "FaceNetwork::classify");
  const auto members = static_cast<std::size_t>(state_->team.size());
  // What is left over after everybody had a picture of their own is done together.
  const std::size_t alone = count / members * members;
  const auto part = [&](std::size_t i) { return pictures.subspan(i * pixels, pixels); };
  const auto result = [&](std::size_t i) { return probabilities.subspan(i * classes, classes); };
  if (alone > 0) {
    state_->team.run(static_cast<int>(members), [&](int member) {
      for (auto i = static_cast<std::size_t>(member); i < alone; i += members)
        state_->classify_alone(state_->desks[static_cast<std::size_t>(member)], part(i), result(i));
    });
  }
  for (std::size_t i = alone; i < count; ++i) state_->classify_together(part(i), result(i));
}

void standardise(std::span<float> picture) {
  double sum = 0, square = 0;
  for (const float p : picture)
    sum += static_cast<double>(p), square += static_cast<double>(p) * static_cast<double>(p);
  const auto count = static_cast<double>(picture.size());
  const double mean = sum / count, variance = std::max(square / count - mean * mean, 0.0);
  const double inverse = 1 / std::max(std::sqrt(variance), 1.0);
  for (float& p : picture) p = static_cast<float>((static_cast<double>(p) - mean) * inverse);
}

void standardise(std::span<const std::uint8_t> pixels, std::span<float> picture) {
  std::copy(pixels.begin(), pixels.end(), picture.begin());
  standardise(picture);
}

std::vector<float> taps_first(const Tensor& weight) {
  const auto out = static_cast<std::size_t>(weight.shape[0]), in = static_cast<std::size_t>(weight.shape[1]);
  constexpr std::size_t kAll = kernels::kTaps * kernels::kTaps;
  std::vector<float> taps(weight.values.size());
  for (std::size_t i = 0; i < taps.size(); ++i)
    taps[(i % kAll * in + i / kAll % in) * out + i / kAll / in] = weight.values[i];
  return taps;
}

Tensor taps_last(std::span<const float> taps, std::int64_t in, std::int64_t out) {
  const auto ins = static_cast<std::size_t>(in), outs = static_cast<std::size_t>(out);
  constexpr std::size_t kAll = kernels::kTaps * kernels::kTaps;
  Tensor weight{{out, in, 3, 3}, std::vector<float>(taps.size())};
  for (std::size_t i = 0; i < taps.size(); ++i)
    weight.values[i] = taps[(i % kAll * ins + i / kAll % ins) * outs + i / kAll / ins];
  return weight;
}

}  // namespace engine
