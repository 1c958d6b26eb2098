// The ladder as a device: slots in device memory, notes back in blocks.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "engine/generate/checks.h"
#include "engine/generate/cuda/make.h"
#include "engine/generate/cuda/network.h"
#include "engine/generate/cuda/notes.h"
#include "engine/generate/cuda/pieces.h"
#include "engine/generate/cuda/reader.h"
#include "kernels/generate/rung.h"

namespace engine::AFFETTO_PLATFORM {
namespace {

class CudaDecoder final : public Decoder {
 public:
  CudaDecoder(const Model& model, const CudaOptions& options);

  int slots() const override { return slots_; }
  std::shared_ptr<const Primed> prime(std::span<const Note> primer) override;
  void load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) override;
  void express(int slot, const Expression& expression) override;
  void advance(std::span<const Stretch> stretches) override;
  bool asynchronous() const override { return true; }
  void start(std::span<const Stretch> stretches) override;
  void finish() override;

 private:
  struct Slot {
    Voice voice;
    SlotUse use;
  };
  std::unique_ptr<kernels::Rung> rung_for(const Model& model, const CudaOptions& options) const;
  Slot& slot_of(int slot);
  void check(std::span<const Stretch> stretches);
  void launch(std::span<const Stretch> stretches, int done);
  void collect();

  const int slots_, block_;
  kernels::Stream stream_;
  DeviceNetwork network_;
  DevicePieces pieces_;
  std::unique_ptr<kernels::Rung> rung_;
  PrimerReader reader_;
  NoteBlock notes_;
  std::vector<Slot> table_;
  std::vector<Stretch> under_way_;  ///< of the launch that was not collected yet, `out` at its first note
  std::vector<Stretch> handed_;     ///< those that are being collected; its memory takes turns with under_way_'s
  int rows_ = 0;
  std::uint64_t calls_ = 0;
  kernels::WaitAtExit under_way_ends_{stream_};  ///< before the memory it reads and writes goes
};

int checked_slots(const CudaOptions& options) {
  if (options.slots < 1) throw std::invalid_argument("a decoder needs at least one slot");
  if (options.block < 1) throw std::invalid_argument("a decoder's block needs at least one note");
  return options.slots;
}

CudaDecoder::CudaDecoder(const Model& model, const CudaOptions& options)
    : slots_(checked_slots(options)),
      block_(options.block),
      network_(model, options.state, stream_),
      pieces_(network_.view(), slots_, stream_),
      rung_(rung_for(model, options)),
      reader_(network_.view(), stream_),
      notes_(network_.view(), slots_, block_, stream_),
      table_(static_cast<std::size_t>(slots_)) {
  under_way_.reserve(table_.size());
  handed_.reserve(table_.size());
}

std::unique_ptr<kernels::Rung> CudaDecoder::rung_for(const Model& model, const CudaOptions& options) const {
  const kernels::Fusion fusion = resolve_fusion(model, options);
  const kernels::ClustersView clusters = clusters_of(model);
  if (!options.fusion) {
    return kernels::make_suited_rung(network_.view(), clusters, slots_, stream_, options.graphs, options.precision,
                                     kernels::ways_here(fusion, network_.view(), options.precision));
  }
  return kernels::make_rung(fusion, network_.view(), clusters, slots_, stream_, options.graphs, options.precision);
}

std::shared_ptr<const Primed> CudaDecoder::prime(std::span<const Note> primer) {
  auto start = std::make_shared<DevicePrimed>(this, network_.view(), stream_);
  reader_.read(primer, *start);
  return start;
}

CudaDecoder::Slot& CudaDecoder::slot_of(int slot) {
  require_slot(slot, slots_);
  return table_[static_cast<std::size_t>(slot)];
}

void CudaDecoder::load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) {
  const auto* ours = dynamic_cast<const DevicePrimed*>(&start);
  if (ours == nullptr || ours->owner != this) throw std::invalid_argument("a start primed by another decoder");
  Slot& place = slot_of(slot);
  place.voice = Voice(expression, key);
  pieces_.sit(slot, ours->shared_from_this(), place.voice);
  place.use.loaded = true;
}

void CudaDecoder::express(int slot, const Expression& expression) {
  Slot& place = slot_of(slot);
  place.voice = Voice(expression, place.voice.key);
  pieces_.speak(slot, place.voice);
}

void CudaDecoder::check(std::span<const Stretch> stretches) {
  if (!under_way_.empty()) throw std::invalid_argument("an advance is under way: finish() it first");
  ++calls_;
  for (const Stretch& stretch : stretches) require_stretch(stretch, slot_of(stretch.slot).use, calls_);
}

/// Enqueues the next notes of every stretch that has more than `done`, at most a block of each.
void CudaDecoder::launch(std::span<const Stretch> stretches, int done) {
  rows_ = 0;
  int total = 0, most = 0;
  bool traced = false;
  for (int slot = 0; slot < slots_; ++slot) pieces_.progress(slot).left = 0;
  for (const Stretch& stretch : stretches) {
    const int notes = std::min(block_, stretch.notes - done);
    if (notes <= 0) continue;
    kernels::Progress& progress = pieces_.progress(stretch.slot);
    progress.left = notes;
    progress.out_at = total;
    total += notes;
    most = std::max(most, notes);
    rows_ = std::max(rows_, stretch.slot + 1);
    traced = traced || stretch.trace != nullptr;
    under_way_.push_back({stretch.slot, notes, stretch.out + done, stretch.trace ? stretch.trace + done : nullptr});
  }
  const kernels::PiecesView view = pieces_.upload(rows_);
  rung_->advance(view, notes_.begin(total, traced), most);
  notes_.download(total);
  pieces_.download(rows_);
}

/// Waits for the launch and hands its notes out.
void CudaDecoder::collect() {
  handed_.swap(under_way_);
  under_way_.clear();  // whatever comes, nothing is under way any more
  stream_.synchronize();
  pieces_.receive();
  int at = 0;
  for (const Stretch& stretch : handed_) {
    const kernels::Progress& progress = pieces_.progress(stretch.slot);
    if (progress.fault != 0) {
      refuse_output(progress.written, progress.fault == 1 ? "pitch logits are" : "step or duration is");
    }
    const Voice& voice = table_[static_cast<std::size_t>(stretch.slot)].voice;
    for (int n = 0; n < stretch.notes; ++n) {
      const kernels::Played& played = notes_.note(at + n);
      stretch.out[n] = {.step_s = played.step,
                        .duration_s = played.duration,
                        .pitch = static_cast<std::uint8_t>(played.pitch),
                        .program = voice.expression.program};
      if (stretch.trace != nullptr) notes_.fill_trace(at + n, stretch.trace[n]);
    }
    at += stretch.notes;
  }
}

void CudaDecoder::start(std::span<const Stretch> stretches) {
  check(stretches);
  if (stretches.empty()) return;
  const int most = std::ranges::max(stretches, {}, &Stretch::notes).notes;
  int done = 0;
  for (; done + block_ < most; done += block_) {
    launch(stretches, done);
    collect();
  }
  launch(stretches, done);
}

void CudaDecoder::finish() {
  if (!under_way_.empty()) collect();
}

void CudaDecoder::advance(std::span<const Stretch> stretches) {
  start(stretches);
  finish();
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const Model& model, const CudaOptions& options) {
  return std::make_unique<CudaDecoder>(model, options);
}

kernels::DeviceState device_state() { return kernels::device_state(); }

}  // namespace engine::AFFETTO_PLATFORM
