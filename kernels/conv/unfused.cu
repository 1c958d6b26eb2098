#include <utility>

#include "kernels/conv/grid.h"
#include "kernels/conv/memory.h"
#include "kernels/conv/rungs.h"
#include "kernels/conv/unfused.cuh"
#include "kernels/ops/pointwise.h"
#include "kernels/ops/softmax.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t convolved_size(int side, int, const FaceStageWeights& stage) {
  return static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * static_cast<std::size_t>(stage.out);
}

class UnfusedFaceRung final : public FaceRung {
 public:
  UnfusedFaceRung(const FaceWeights& weights, int slots, StreamRef stream)
      : FaceRung(weights, slots),
        stream_(stream),
        kept_(stream),
        maps_(largest_map(weights, slots, convolved_size), stream),
        features_(stream, static_cast<std::size_t>(slots) * static_cast<std::size_t>(weights.features())),
        by_row_(stream, static_cast<std::size_t>(slots)) {
    int side = weights.side;
    for (const FaceStageWeights& stage : weights.stages) {
      stages_.push_back({{.weight = kept_.keep(stage.weight), .side = side, .reads = stage.in, .writes = stage.out},
                         kept_.keep(stage.scale),
                         kept_.keep(stage.shift),
                         stage.pool});
      side = stage.pool ? side / 2 : side;
    }
    pixels_ = side * side;
    dense_ = {.weight = kept_.keep(weights.head_weight),
              .bias = kept_.keep(weights.head_bias),
              .temperature = weights.temperature,
              .features = weights.features(),
              .classes = weights.classes};
  }

 private:
  struct Stage {
    DirectOp convolution;
    const float *scale, *shift;
    bool pool;
  };

  void run(const float* pictures, int n, float* probabilities) override {
    const float* in = pictures;
    for (const Stage& stage : stages_) {
      convolve(stage, in, n);
      activate(stage, n);
      in = maps_.now();
    }
    average(in, n);
    FaceDenseOp dense = dense_;
    dense.x = features_.data();
    dense.logits = probabilities;
    dense.count = std::int64_t{n} * dense.classes;
    launch_elements("face_dense", face_dense_kernel, dense.count, stream_, dense);
    softmax(probabilities, n);
  }

  void convolve(const Stage& stage, const float* in, int n) {
    DirectOp op = stage.convolution;
    op.in = in;
    op.out = maps_.next();
    launch("direct_convolution", direct_convolution_kernel,
           {.grid = tiles_of(op.side, DirectTile::kSide, op.writes, 1, n),
            .block = DirectTile::kThreads,
            .shared_bytes = sizeof(DirectLayout)},
           stream_, op);
    maps_.turn();
  }

  void activate(const Stage& stage, int n) {
    const int side = stage.convolution.side, channels = stage.convolution.writes, after = side / 2;
    const std::int64_t maps = std::int64_t{n} * channels, count = maps * side * side;
    launch_elements("scale_shift", scale_shift_kernel, count, stream_,
                    {maps_.now(), stage.scale, stage.shift, channels, side * side, count});
    unary({.x = maps_.now(),
           .x_stride = side * side,
           .y = maps_.now(),
           .y_stride = side * side,
           .rows = n * channels,
           .columns = side * side,
           .curve = Curve::relu},
          stream_);
    if (!stage.pool) return;
    launch_elements("pool", pool_kernel, maps * after * after, stream_,
                    {maps_.now(), maps_.next(), side, maps * after * after});
    maps_.turn();
  }

  void average(const float* map, int n) {
    const int rows = n * dense_.features;
    row_sum({.x = map, .y = features_.data(), .rows = rows, .columns = pixels_}, stream_);
    launch_elements("mean", mean_kernel, rows, stream_, {features_.data(), static_cast<float>(pixels_), rows});
  }

  void softmax(float* x, int n) {
    const int classes = dense_.classes;
    row_max({.x = x, .y = by_row_.data(), .rows = n, .columns = classes}, stream_);
    exp_subtract({.x = x, .by = by_row_.data(), .y = x, .rows = n, .columns = classes}, stream_);
    row_sum({.x = x, .y = by_row_.data(), .rows = n, .columns = classes}, stream_);
    divide({.x = x, .by = by_row_.data(), .y = x, .rows = n, .columns = classes}, stream_);
  }

  StreamRef stream_;
  KeptWeights kept_;
  MapPair<float> maps_;
  DeviceBuffer<float> features_;  // [slots, features]
  DeviceBuffer<float> by_row_;    // [slots]
  std::vector<Stage> stages_;
  int pixels_ = 0;
  FaceDenseOp dense_;
};

}  // namespace

std::unique_ptr<FaceRung> make_unfused_face_rung(const FaceWeights& weights, int slots, StreamRef stream) {
  return std::make_unique<UnfusedFaceRung>(weights, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
