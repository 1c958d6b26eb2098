#include "bench/baselines/libtorch_multinomial.h"

#include <torch/torch.h>

#include "bench/baselines/libtorch_graph.h"

namespace bench::libtorch {
namespace {

using torch::Tensor;

class TorchDraws final : public Draws {
 public:
  TorchDraws(Drawing drawing, int rows, int candidates, Place place)
      : drawing_(drawing), on_gpu_(place == Place::gpu), candidates_(candidates) {
    const torch::Device device(on_gpu_ ? torch::kCUDA : torch::kCPU);
    torch::manual_seed(3 + static_cast<int>(drawing));
    const Tensor logits = torch::linspace(0, 40, candidates).sin().mul(2);
    probabilities_ = torch::softmax(logits, 0).unsqueeze(0).repeat({rows, 1}).to(device);
  }

  void run(int times) override {
    torch::InferenceMode guard;
    for (int i = 0; i < times; ++i) drawn_ = draw();
    if (on_gpu_) wait_for_gpu();
  }

  std::vector<std::int64_t> histogram(int times) override {
    torch::InferenceMode guard;
    Tensor counts = torch::zeros({candidates_}, torch::kInt64);
    for (int i = 0; i < times; ++i) counts += torch::bincount(draw().flatten().cpu(), {}, candidates_);
    return {counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + candidates_};
  }

 private:
  Tensor draw() const {
    if (drawing_ == Drawing::multinomial) return torch::multinomial(probabilities_, 1);
    const Tensor u = torch::rand({probabilities_.size(0), 1}, probabilities_.options());
    return torch::searchsorted(probabilities_.cumsum(1), u).clamp_max(candidates_ - 1);
  }

  Drawing drawing_;
  bool on_gpu_;
  std::int64_t candidates_;
  Tensor probabilities_, drawn_;
};

}  // namespace

std::unique_ptr<Draws> make_draws(Drawing drawing, int rows, int candidates, Place place) {
  return std::make_unique<TorchDraws>(drawing, rows, candidates, place);
}

}  // namespace bench::libtorch
