// Compiled once for the GPU and once for the emulator.
#include "bench/gpu/generation/runs.h"

#include <map>

#include "engine/generate/cuda/network.h"
#include "engine/generate/cuda/pieces.h"
#include "engine/generate/cuda/reader.h"
#include "kernels/runtime/event.h"

namespace bench::gpu::AFFETTO_PLATFORM {
namespace {

namespace here = engine::AFFETTO_PLATFORM;

class LadderRuns final : public Runs {
 public:
  LadderRuns(const engine::Model& model, const Setting& setting, const Ours& ours)
      : batch_(setting.batch),
        block_(setting.block),
        network_(model, setting.state, stream_),
        pieces_(network_.view(), setting.batch, stream_),
        rung_(rung_for(model, ours)),
        notes_(stream_, static_cast<std::size_t>(setting.batch) * static_cast<std::size_t>(setting.block)) {
    sit(model, setting);
  }
  ~LadderRuns() override {
    try {
      stream_.synchronize();
    } catch (const std::exception&) {  // advance() has thrown it already
    }
  }

  double advance(int notes) override {
    if (notes < 1 || notes > block_) throw std::invalid_argument("a run of more notes than its block");
    for (int slot = 0; slot < batch_; ++slot) {
      kernels::Progress& progress = pieces_.progress(slot);
      progress.left = notes;
      progress.out_at = slot * block_;
    }
    const kernels::PiecesView view = pieces_.upload(batch_);
    begin_.record(stream_);
    rung_->advance(view, {.notes = notes_.data()}, notes);
    end_.record(stream_);
    pieces_.download(batch_);
    stream_.synchronize();
    pieces_.receive();
    for (int slot = 0; slot < batch_; ++slot) {
      const kernels::Progress& progress = pieces_.progress(slot);
      if (progress.fault != 0 || progress.left != 0) {
        throw std::runtime_error("piece " + std::to_string(slot) + " stopped " + std::to_string(progress.left) +
                                 " notes before its end, fault " + std::to_string(progress.fault));
      }
    }
    notes_of_last_ = notes;
    return 1e3 * static_cast<double>(kernels::elapsed_ms(begin_, end_));
  }

  std::vector<kernels::Played> written() override {
    std::vector<kernels::Played> all(notes_.size());
    notes_.download(std::span(all));
    stream_.synchronize();
    std::vector<kernels::Played> some;
    for (int slot = 0; slot < batch_; ++slot) {
      const auto first = all.begin() + std::ptrdiff_t{slot} * block_;
      some.insert(some.end(), first, first + notes_of_last_);
    }
    return some;
  }

 private:
  std::unique_ptr<kernels::Rung> rung_for(const engine::Model& model, const Ours& ours) const {
    const kernels::ClustersView clusters = engine::clusters_of(model);
    if (ours.way || !ours.fusion) {
      return kernels::make_suited_rung(network_.view(), clusters, batch_, stream_, ours.graphs, ours.precision,
                                       ways_for(ours));
    }
    return kernels::make_rung(ours.fusion.value(), network_.view(), clusters, batch_, stream_, ours.graphs,
                              ours.precision);
  }
  kernels::Ways ways_for(const Ours& ours) const {
    const kernels::Fusion family = kernels::suited_fusion(network_.view(), ours.precision);
    if (!ours.way) return kernels::ways_here(family, network_.view(), ours.precision);
    return {*ours.way, family, network_.view(), ours.precision, kernels::device_limits()};
  }
  /// Pieces with equal primers share a start.
  void sit(const engine::Model& model, const Setting& setting) {
    here::PrimerReader reader(network_.view(), stream_);
    std::map<std::size_t, std::shared_ptr<const here::DevicePrimed>> starts;
    const auto primers = primers_of(model.spec, batch_);
    for (int slot = 0; slot < batch_; ++slot) {
      std::size_t same = 0;
      while (primers[same] != primers[slot]) ++same;
      auto& start = starts[same];
      if (!start) {
        auto fresh = std::make_shared<here::DevicePrimed>(this, network_.view(), stream_);
        reader.read(primers[same], *fresh);
        start = fresh;
      }
      pieces_.sit(slot, start, engine::Voice(expression_of(setting), {kSeed, static_cast<std::uint64_t>(slot)}));
    }
  }

  const int batch_, block_;
  int notes_of_last_ = 0;
  kernels::Stream stream_;
  here::DeviceNetwork network_;
  here::DevicePieces pieces_;
  std::unique_ptr<kernels::Rung> rung_;
  kernels::DeviceBuffer<kernels::Played> notes_;  ///< [batch, block]
  kernels::Event begin_{kernels::Event::Timing::kOn}, end_{kernels::Event::Timing::kOn};
};

}  // namespace

std::unique_ptr<Runs> make_runs(const engine::Model& model, const Setting& setting, const Ours& ours) {
  return std::make_unique<LadderRuns>(model, setting, ours);
}

Choice choice_of(const engine::Model& model, engine::StateMode state, const Ours& ours) {
  const kernels::NetworkView network =
      engine::shapes_of(model, engine::plan_network(model, engine::kReadoutAlign), state);
  const kernels::Fusion family = kernels::suited_fusion(network, ours.precision);
  const kernels::DeviceLimits limits = kernels::device_limits();
  return {.network = kernels::class_of(network, ours.precision),
          .family = family,
          .ways = kernels::ways_of(family, network, ours.precision, limits),
          .estimated = kernels::estimated_steps(family, network, ours.precision, limits)};
}

}  // namespace bench::gpu::AFFETTO_PLATFORM
