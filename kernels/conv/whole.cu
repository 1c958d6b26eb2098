#include <algorithm>
#include <stdexcept>

#include "kernels/conv/memory.h"
#include "kernels/conv/rungs.h"
#include "kernels/conv/whole.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/device.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

constexpr std::size_t kZeroBytes = 16;

std::size_t sixteens(std::size_t bytes) { return (bytes + 15) / 16 * 16; }

/// Bytes of the picture, of each stage's map, and of the head's scratch, which stands for one map more.
std::vector<std::size_t> map_bytes(const FaceWeights& weights) {
  auto side = static_cast<std::size_t>(weights.side);
  std::vector<std::size_t> bytes{sixteens(side * side * sizeof(float))};
  for (const FaceStageWeights& stage : weights.stages) {
    side = stage.pool ? side / 2 : side;
    bytes.push_back(side * side * static_cast<std::size_t>(filled_up(stage.out)) * sizeof(Half));
  }
  bytes.push_back(HeadView{.classes = weights.classes, .features = weights.features()}.scratch_bytes());
  return bytes;
}

std::size_t largest_pair(const std::vector<std::size_t>& maps) {
  std::size_t largest = 0;
  for (std::size_t i = 1; i < maps.size(); ++i) largest = std::max(largest, maps[i - 1] + maps[i]);
  return largest;
}

class WholeFaceRung final : public FaceRung {
 public:
  WholeFaceRung(const FaceWeights& weights, int slots, StreamRef stream)
      : FaceRung(weights, slots), stream_(stream), kept_(stream), bytes_(place_whole(weights, op_)) {
    for (std::size_t i = 0; i < weights.stages.size(); ++i) {
      const FaceStageWeights& stage = weights.stages[i];
      WholeStage& to = op_.stages[i];
      to.weight = i == 0 ? static_cast<const void*>(kept_.keep(channel_major(stage, 1)))
                         : static_cast<const void*>(kept_.keep(lane_major(stage)));
      to.scale = kept_.keep(filled_up(stage.scale));
      to.shift = kept_.keep(filled_up(stage.shift));
    }
    op_.head.weight = kept_.keep(weights.head_weight);
    op_.head.bias = kept_.keep(weights.head_bias);
  }

 private:
  void run(const float* pictures, int n, float* probabilities) override {
    op_.pictures = pictures;
    op_.probabilities = probabilities;
    launch("whole_face", whole_face_kernel,
           {.grid = static_cast<unsigned>(n), .block = kWholeThreads, .shared_bytes = bytes_}, stream_, op_);
  }

  StreamRef stream_;
  KeptWeights kept_;
  WholeOp op_;
  std::size_t bytes_;
};

}  // namespace

std::size_t place_whole(const FaceWeights& weights, WholeOp& op) {
  const std::vector<std::size_t> maps = map_bytes(weights);
  const std::size_t bytes = largest_pair(maps);
  // Even ones begin at the front, odd ones end at the back.
  const auto place = [&](std::size_t i) { return static_cast<int>(i % 2 == 0 ? 0 : bytes - maps[i]); };
  op.count = static_cast<int>(weights.stages.size());
  int side = weights.side;
  for (std::size_t i = 0; i < weights.stages.size(); ++i) {
    const FaceStageWeights& stage = weights.stages[i];
    op.stages[i] = {.side = side,
                    .reads = i == 0 ? 1 : filled_up(stage.in),
                    .writes = filled_up(stage.out),
                    .from = place(i),
                    .to = place(i + 1),
                    .pool = stage.pool};
    side = op.stages[i].side_after();
  }
  op.scratch = place(weights.stages.size() + 1);
  op.zeros = static_cast<int>(bytes);
  op.head = {.temperature = weights.temperature,
             .classes = weights.classes,
             .features = weights.features(),
             .pixels = side * side};
  return bytes + kZeroBytes;
}

std::string why_not_whole_face_rung(const FaceWeights& weights) {
  if (weights.stages.size() > kMaxFaceStages) {
    return std::to_string(weights.stages.size()) + " stages, " + std::to_string(kMaxFaceStages) +
           " at most in one launch of rung whole";
  }
  const std::size_t bytes = largest_pair(map_bytes(weights)) + kZeroBytes;
  const std::size_t most = device_limits().shared_bytes;
  if (bytes <= most) return "";
  return "two neighbouring maps of a picture take " + std::to_string(bytes) + " bytes, " + std::to_string(most) +
         " at most in the shared memory of rung whole";
}

std::unique_ptr<FaceRung> make_whole_face_rung(const FaceWeights& weights, int slots, StreamRef stream) {
  return std::make_unique<WholeFaceRung>(weights, slots, stream);
}

}  // namespace kernels::inline AFFETTO_PLATFORM
