#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "kernels/conv/train/face_train_rung.h"
#include "kernels/conv/train/launch.h"
#include "kernels/conv/train/picture.h"
#include "kernels/conv/train/products.h"
#include "kernels/runtime/buffer.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument("face training: " + why); }

void check_range(const FaceTrainNetwork& network, const std::string& what, std::int64_t at, std::int64_t count) {
  if (at >= 0 && count <= network.size - at) return;
  refuse(what + " reaches beyond the " + std::to_string(network.size) + " parameters");
}

void check_stage(const FaceTrainNetwork& network, const FaceTrainStage& stage, const std::string& name, int reads) {
  if (stage.out < 1) refuse(name + " has " + std::to_string(stage.out) + " channels");
  if (stage.in != reads) refuse(name + " reads " + std::to_string(stage.in) + " channels of " + std::to_string(reads));
  check_range(network, name + "'s convolution", stage.conv, std::int64_t{9} * stage.in * stage.out);
  check_range(network, name + "'s gamma", stage.gamma, stage.out);
  check_range(network, name + "'s beta", stage.beta, stage.out);
}

void check_network(const FaceTrainNetwork& network, int slots) {
  if (network.stages.empty()) refuse("no stages");
  if (network.side < 1) refuse("pictures of " + std::to_string(network.side) + " pixels");
  int side = network.side, reads = 1;
  for (std::size_t i = 0; i < network.stages.size(); ++i) {
    check_stage(network, network.stages[i], "stage " + std::to_string(i), reads);
    reads = network.stages[i].out;
    side = network.stages[i].pool ? side / 2 : side;
  }
  if (side < 1) refuse("pooling leaves nothing of " + std::to_string(network.side) + " pixels");
  if (network.classes < 1) refuse("no classes");
  check_range(network, "the head's weight", network.head_weight, std::int64_t{network.classes} * network.features());
  check_range(network, "the head's bias", network.head_bias, network.classes);
  const std::int64_t pixels = std::int64_t{network.side} * network.side;
  if (slots < 1 || slots > kMostFaceTrainSlots || pixels * slots > std::numeric_limits<int>::max()) {
    refuse(std::to_string(slots) + " slots for pictures of " + std::to_string(network.side) +
           " pixels; expected 1 to " + std::to_string(kMostFaceTrainSlots) + ", and 2^31 pixels in all at most");
  }
}

std::vector<ProductShape> product_shapes(const FaceTrainNetwork& network) {
  std::vector<ProductShape> shapes;
  int side = network.side;
  for (const FaceTrainStage& s : network.stages) {
    shapes.push_back({side, s.in, s.out, shapes.empty() ? 1 : filled_up(s.in), filled_up(s.out), s.conv});
    side = s.pool ? side / 2 : side;
  }
  return shapes;
}

/// A rung but for its products.
template <class Element>
class FaceTraining final : public FaceTrainRung {
 public:
  using Products = FaceProducts<Element>;

  FaceTraining(const FaceTrainNetwork& network, const std::vector<ProductShape>& shapes, int slots,
               std::unique_ptr<Products> products, StreamRef stream)
      : network_(network),
        slots_(slots),
        stream_(stream),
        picture_(shapes.front(), slots, stream),
        products_(std::move(products)) {
    std::size_t widest = 0, most_parts = 0;
    std::int64_t moments = 0;
    for (const ProductShape& shape : shapes) {
      stages_.emplace_back(network, stages_.size(), shape, moments, slots, stream);
      moments += std::int64_t{2} * shape.out;
      const Stage& s = stages_.back();
      widest = std::max(widest, s.z.size());
      const auto parts = static_cast<std::size_t>(
          std::max(channel_parts(slots * shape.side * shape.side), tile_parts(products_->most_tiles())));
      most_parts = std::max(most_parts, parts * static_cast<std::size_t>(shape.writes));
    }
    const auto n = static_cast<std::size_t>(slots), classes = static_cast<std::size_t>(network.classes);
    dz_ = {stream, widest}, dy_ = {stream, widest};
    first_ = {stream, most_parts}, second_ = {stream, most_parts};
    kept_ = {stream, n * static_cast<std::size_t>(network.features())};
    d_pixel_ = {stream, n * static_cast<std::size_t>(filled_up(network.features()))};
    d_logits_ = {stream, n * classes};
    losses_ = {stream, n}, correct_ = {stream, n};
  }

  void gradients(const float* parameters, const FaceTrainBatch& batch, const FaceTrainResults& results) override {
    if (batch.n < 1 || batch.n > slots_)
      refuse(std::to_string(batch.n) + " pictures, expected 1 to " + std::to_string(slots_));
    const int n = batch.n;
    picture_.take(parameters);
    products_->take(parameters);
    picture_.forward(batch.pictures, n, stages_[0].z.data());
    normalise(stages_[0], {}, parameters, n, results.moments);
    for (std::size_t i = 1; i < stages_.size(); ++i) {
      const TileSums sums = products_->forward(i, stages_[i - 1].y.data(), n, stages_[i].z.data());
      normalise(stages_[i], sums, parameters, n, results.moments);
    }
    head(parameters, batch, results);
    for (std::size_t i = stages_.size(); i-- > 1;) {
      normalise_back(i, parameters, n, results.gradient);
      products_->window_gradient(i, stages_[i - 1].y.data(), dz_.data(), n, results.gradient);
      products_->backward(i, dz_.data(), n, dy_.data());
    }
    normalise_back(0, parameters, n, results.gradient);
    picture_.window_gradient(batch.pictures, dz_.data(), n, results.gradient);
  }

 private:
  struct Stage {
    FaceTrainStage slots;
    ProductShape shape;
    std::int64_t moments;  ///< where the stage's stand
    DeviceBuffer<Element> z, y;
    DeviceBuffer<float> norms;  ///< six rows of NormView
    DeviceBuffer<double> inverse;
    ActivationOp<Element> activation;

    Stage(const FaceTrainNetwork& network, std::size_t i, const ProductShape& s, std::int64_t moments_, int pictures,
          StreamRef stream)
        : slots(network.stages[i]), shape(s), moments(moments_) {
      const auto channels = static_cast<std::size_t>(s.writes), n = static_cast<std::size_t>(pictures);
      const auto pixels = [](int side) { return static_cast<std::size_t>(side) * static_cast<std::size_t>(side); };
      activation.side = s.side, activation.channels = s.writes, activation.pool = slots.pool;
      z = {stream, n * pixels(s.side) * channels};
      y = {stream, n * pixels(activation.after()) * channels};
      norms = {stream, 6 * channels};
      inverse = {stream, channels};
      float* const row = norms.data();
      activation.norm = {
          inverse.data(),    row, row + channels, row + 2 * channels, row + 3 * channels, row + 4 * channels,
          row + 5 * channels};
      activation.z = z.data();
      activation.y = y.data();
    }
    int pixels(int n) const { return n * shape.side * shape.side; }
  };

  ChannelParts parts(const Stage& s) const { return {first_.data(), second_.data(), s.shape.writes}; }

  void normalise(const Stage& s, const TileSums& sums, const float* parameters, int n, float* moments) {
    launch_moments({.z = s.z.data(),
                    .tiles = sums,
                    .parts = parts(s),
                    .norm = s.activation.norm,
                    .gamma = parameters + s.slots.gamma,
                    .beta = parameters + s.slots.beta,
                    .moments = moments + s.moments,
                    .epsilon = network_.epsilon,
                    .pixels = s.pixels(n),
                    .out = s.shape.out},
                   stream_);
    launch_activation(s.activation, n, stream_);
  }

  int last_pixels() const {
    const int side = stages_.back().activation.after();
    return side * side;
  }

  void head(const float* parameters, const FaceTrainBatch& batch, const FaceTrainResults& results) {
    const Stage& last = stages_.back();
    launch_train_head({.map = last.y.data(),
                       .weight = parameters + network_.head_weight,
                       .bias = parameters + network_.head_bias,
                       .targets = batch.targets,
                       .kept = kept_.data(),
                       .d_logits = d_logits_.data(),
                       .d_pixel = d_pixel_.data(),
                       .losses = losses_.data(),
                       .correct = correct_.data(),
                       .pixels = last_pixels(),
                       .features = last.shape.out,
                       .channels = last.shape.writes,
                       .classes = network_.classes,
                       .n = batch.n,
                       .dropout = batch.dropout,
                       .seed = batch.seed,
                       .iteration = batch.iteration},
                      stream_);
    launch_head_gradient({.kept = kept_.data(),
                          .d_logits = d_logits_.data(),
                          .losses = losses_.data(),
                          .correct = correct_.data(),
                          .d_weight = results.gradient + network_.head_weight,
                          .d_bias = results.gradient + network_.head_bias,
                          .tally = results.tally,
                          .features = last.shape.out,
                          .classes = network_.classes,
                          .n = batch.n},
                         stream_);
  }

  void normalise_back(std::size_t i, const float* parameters, int n, float* gradient) {
    const Stage& s = stages_[i];
    const bool last = i + 1 == stages_.size();
    const int after = s.activation.after(), channels = s.shape.writes;
    launch_activation_gradient({.forward = s.activation,
                                .dy = last ? d_pixel_.data() : dy_.data(),
                                .dy_picture = last ? std::int64_t{channels} : std::int64_t{after} * after * channels,
                                .dy_pixel = last ? 0 : channels,
                                .parts = parts(s),
                                .gamma = parameters + s.slots.gamma,
                                .d_gamma = gradient + s.slots.gamma,
                                .d_beta = gradient + s.slots.beta,
                                .dz = dz_.data(),
                                .pixels = s.pixels(n),
                                .out = s.shape.out},
                               stream_);
  }

  FaceTrainNetwork network_;
  int slots_;
  StreamRef stream_;
  PictureProducts<Element> picture_;
  std::unique_ptr<Products> products_;  // of the other stages
  std::vector<Stage> stages_;
  DeviceBuffer<Element> dz_, dy_;           // of the stage that is gone back through
  DeviceBuffer<double> first_, second_;     // sums of parts of a batch
  DeviceBuffer<float> kept_;                // [slots, features]
  DeviceBuffer<Element> d_pixel_;           // [slots, features filled up]
  DeviceBuffer<double> d_logits_, losses_;  // [slots, classes], [slots]
  DeviceBuffer<int> correct_;               // [slots]
};

template <class Element>
std::unique_ptr<FaceTrainRung> make_rung(const FaceTrainNetwork& network, const std::vector<ProductShape>& shapes,
                                         int slots, std::unique_ptr<FaceProducts<Element>> products, StreamRef stream) {
  return std::make_unique<FaceTraining<Element>>(network, shapes, slots, std::move(products), stream);
}

}  // namespace

std::unique_ptr<FaceTrainRung> make_face_train_rung(FaceTrainFusion fusion, const FaceTrainNetwork& network, int slots,
                                                    StreamRef stream) {
  check_network(network, slots);
  const std::vector<ProductShape> shapes = product_shapes(network);
  switch (fusion) {
    case FaceTrainFusion::unfused:
      return make_rung(network, shapes, slots, make_direct_products(shapes, slots, stream), stream);
    case FaceTrainFusion::tensor:
      return make_rung(network, shapes, slots, make_tensor_products(shapes, slots, stream), stream);
  }
  refuse("no such rung");
}

}  // namespace kernels::inline AFFETTO_PLATFORM
