// The rungs stage and tensor: a launch a stage, and one for what comes after them.
#include <vector>

#include "kernels/conv/launch.h"
#include "kernels/conv/memory.h"
#include "kernels/conv/rungs.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

std::size_t written_size(int, int after, const FaceStageWeights& stage) {
  return static_cast<std::size_t>(after) * static_cast<std::size_t>(after) *
         static_cast<std::size_t>(filled_up(stage.out));
}

/// What both need of a stage but its weights.
template <class In, class Out>
StageOp<In, Out> stage_op(const FaceStageWeights& stage, int side, int reads, const void* weight, KeptWeights& kept) {
  return {.weight = weight,
          .scale = kept.keep(filled_up(stage.scale)),
          .shift = kept.keep(filled_up(stage.shift)),
          .side = side,
          .reads = reads,
          .writes = filled_up(stage.out),
          .pool = stage.pool};
}

void launch(const StageOp<float, float>& op, int n, StreamRef stream) { launch_stage(op, n, stream); }
void launch(const StageOp<float, Half>& op, int n, StreamRef stream) { launch_stage(op, n, stream); }
void launch(const StageOp<Half, Half>& op, int n, StreamRef stream) { launch_tensor_stage(op, n, stream); }

/// @tparam Element  of all maps but the picture
template <class Element>
class StagesFaceRung final : public FaceRung {
 public:
  StagesFaceRung(const FaceWeights& weights, int slots, StreamRef stream)
      : FaceRung(weights, slots),
        stream_(stream),
        kept_(stream),
        maps_(largest_map(weights, slots, written_size), stream) {
    // One channel makes nine products a pixel, with which a tensor core would be all but idle: the picture's stage is
    // multiplied in fp32 by both rungs.
    const FaceStageWeights& first = weights.stages.front();
    first_ = stage_op<float, Element>(first, weights.side, 1, kept_.keep(channel_major(first, 1)), kept_);
    int side = first_.side_after();
    for (std::size_t i = 1; i < weights.stages.size(); ++i) {
      const FaceStageWeights& stage = weights.stages[i];
      stages_.push_back(stage_op<Element, Element>(stage, side, filled_up(stage.in), keep_packed(stage), kept_));
      side = stages_.back().side_after();
    }
    head_ = {.weight = kept_.keep(weights.head_weight),
             .bias = kept_.keep(weights.head_bias),
             .temperature = weights.temperature,
             .classes = weights.classes,
             .features = weights.features(),
             .pixels = side * side};
  }

 private:
  const void* keep_packed(const FaceStageWeights& stage) {
    if constexpr (std::is_same_v<Element, Half>) {
      return kept_.keep(lane_major(stage));
    } else {
      return kept_.keep(channel_major(stage, filled_up(stage.in)));
    }
  }

  void run(const float* pictures, int n, float* probabilities) override {
    run_stage(first_, pictures, n);
    for (const StageOp<Element, Element>& stage : stages_) run_stage(stage, maps_.now(), n);
    launch_head({head_, maps_.now(), probabilities}, n, stream_);
  }

  template <class In>
  void run_stage(StageOp<In, Element> op, const In* in, int n) {
    op.in = in;
    op.out = maps_.next();
    launch(op, n, stream_);
    maps_.turn();
  }

  StreamRef stream_;
  KeptWeights kept_;
  MapPair<Element> maps_;
  StageOp<float, Element> first_;
  std::vector<StageOp<Element, Element>> stages_;
  HeadView head_;
};

}  // namespace

std::unique_ptr<FaceRung> make_stage_face_rung(const FaceWeights& weights, int slots, StreamRef stream) {
  return std::make_unique<StagesFaceRung<float>>(weights, slots, stream);
}
std::unique_ptr<FaceRung> make_tensor_face_rung(const FaceWeights& weights, int slots, StreamRef stream) {
  return std::make_unique<StagesFaceRung<Half>>(weights, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
