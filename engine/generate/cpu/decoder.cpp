// Our packed float32 path as a device.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>

#include "engine/generate/checks.h"
#include "engine/generate/cpu/advance.h"
#include "engine/generate/cpu/chooser.h"
#include "engine/generate/cpu/plan.h"
#include "engine/generate/make.h"

namespace engine {
namespace cpu {
namespace {

struct Start final : Primed {
  explicit Start(const PieceLayout& l) : layout(&l), piece(l) {}
  const PieceLayout* layout;
  Piece piece;
};

struct Slot {
  SlotUse use;
  Piece piece;
  Voice voice;
  std::uint32_t written = 0;
};

/// What one thread needs for itself.
struct Worker {
  Worker(const Network& network, const PieceLayout& layout, const std::optional<Clusters>& clusters, int most)
      : stepper(network, layout, most), chooser(network, clusters) {
    active.reserve(static_cast<std::size_t>(most));
    pieces.reserve(static_cast<std::size_t>(most));
  }
  Stepper stepper;
  Chooser chooser;
  std::vector<const Stretch*> active;
  std::vector<Piece*> pieces;
};

class CpuDecoder final : public Decoder {
 public:
  CpuDecoder(const Model& model, const DecoderOptions& options);

  int slots() const override { return static_cast<int>(slots_.size()); }
  std::shared_ptr<const Primed> prime(std::span<const Note> primer) override;
  void load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) override;
  void express(int slot, const Expression& expression) override;
  void advance(std::span<const Stretch> stretches) override;

 private:
  Slot& slot_of(int slot);
  void check(std::span<const Stretch> stretches);
  void advance_chunk(Worker& worker, std::span<const Stretch> stretches, const Share& share);
  void choose_all(Worker& worker, int note);

  Network network_;
  PieceLayout layout_;
  kernels::Team team_;
  Planner planner_;
  std::vector<Slot> slots_;
  std::vector<Worker> workers_;
  std::atomic<int> next_chunk_{0};
  std::uint64_t calls_ = 0;
};

CpuDecoder::CpuDecoder(const Model& model, const DecoderOptions& options)
    : network_(model, options.weights),
      layout_(network_, options.state),
      team_(options.threads),
      planner_(network_, layout_, options.slots, team_.size()) {
  if (options.slots < 1) throw std::invalid_argument("a decoder needs at least one slot");
  slots_.resize(static_cast<std::size_t>(options.slots));
  const int pieces = largest_chunk(layout_, options.slots);
  for (int i = 0; i < team_.size(); ++i) workers_.emplace_back(network_, layout_, model.clusters, pieces);
}

std::shared_ptr<const Primed> CpuDecoder::prime(std::span<const Note> primer) {
  auto start = std::make_shared<Start>(layout_);
  if (layout_.windowed && primer.size() > static_cast<std::size_t>(layout_.window)) {
    primer = primer.last(static_cast<std::size_t>(layout_.window));  // what came before reaches no window any more
  }
  const Plan plan = make_plan(network_, layout_, 1, slots(), team_.size());
  Piece* piece = &start->piece;
  team_.run(plan.members, [&](int member) {
    Stepper& stepper = workers_[member].stepper;
    const Share share{member, plan.members, &team_.barrier()};
    for (std::size_t i = 0; i < primer.size(); ++i) {
      if (!advance_one(stepper, {&piece, 1}, share, static_cast<unsigned>(i),
                       [&] { stepper.take(*piece, primer[i]); })) {
        return;
      }
    }
  });
  return start;
}

Slot& CpuDecoder::slot_of(int slot) {
  require_slot(slot, slots());
  return slots_[slot];
}

void CpuDecoder::load(int slot, const Primed& start, const PieceKey& key, const Expression& expression) {
  const auto* ours = dynamic_cast<const Start*>(&start);
  if (ours == nullptr || ours->layout != &layout_) throw std::invalid_argument("a start primed by another decoder");
  Slot& place = slot_of(slot);
  place.voice = Voice(expression, key);
  if (!place.use.loaded) place.piece = Piece(layout_);
  place.piece.copy_from(ours->piece);
  place.written = 0;
  place.use.loaded = true;
}

void CpuDecoder::express(int slot, const Expression& expression) {
  Slot& place = slot_of(slot);
  place.voice = Voice(expression, place.voice.key);
}

void CpuDecoder::check(std::span<const Stretch> stretches) {
  ++calls_;
  for (const Stretch& stretch : stretches) require_stretch(stretch, slot_of(stretch.slot).use, calls_);
}

void CpuDecoder::advance(std::span<const Stretch> stretches) {
  if (stretches.empty()) return;
  check(stretches);
  const int count = static_cast<int>(stretches.size());
  const Plan plan = planner_.next(count);
  next_chunk_.store(0, std::memory_order_relaxed);
  struct Job {
    CpuDecoder* self;
    std::span<const Stretch> stretches;
    Plan plan;
  } const job{this, stretches, plan};
  const auto start = std::chrono::steady_clock::now();
  team_.run(plan.members, [&job](int member) {
    CpuDecoder& self = *job.self;
    if (job.plan.together) {
      self.advance_chunk(self.workers_[member], job.stretches,
                         {member, job.plan.members, &self.team_.barrier(), job.plan.lead});
      return;
    }
    const auto size = static_cast<std::size_t>(job.plan.chunk);
    for (;;) {
      const std::size_t first = self.next_chunk_.fetch_add(1, std::memory_order_relaxed) * size;
      if (first >= job.stretches.size()) return;
      const std::size_t length = std::min(size, job.stretches.size() - first);
      self.advance_chunk(self.workers_[member], job.stretches.subspan(first, length), {});
    }
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const int notes = std::ranges::max(stretches, {}, &Stretch::notes).notes;
  planner_.took(seconds.count() / notes);
}

void CpuDecoder::choose_all(Worker& worker, int note) {
  worker.stepper.read(worker.pieces);
  for (std::size_t i = 0; i < worker.active.size(); ++i) {
    const Stretch& stretch = *worker.active[i];
    Slot& slot = slots_[stretch.slot];
    NoteTrace* trace = stretch.trace == nullptr ? nullptr : stretch.trace + note;
    stretch.out[note] = worker.chooser.choose(slot.piece, slot.voice, slot.written, trace);
    ++slot.written;
    worker.stepper.take(slot.piece, stretch.out[note]);
  }
}

void CpuDecoder::advance_chunk(Worker& worker, std::span<const Stretch> stretches, const Share& share) {
  worker.active.clear();
  for (const Stretch& stretch : stretches) worker.active.push_back(&stretch);
  for (int note = 0;; ++note) {
    std::erase_if(worker.active, [&](const Stretch* stretch) { return stretch->notes <= note; });
    if (worker.active.empty()) return;
    worker.pieces.clear();
    for (const Stretch* stretch : worker.active) worker.pieces.push_back(&slots_[stretch->slot].piece);
    const auto choose = [&] { choose_all(worker, note); };
    if (!advance_one(worker.stepper, worker.pieces, share, static_cast<unsigned>(note), choose)) return;
  }
}

}  // namespace
}  // namespace cpu

std::unique_ptr<Decoder> make_cpu_decoder(const Model& model, const DecoderOptions& options) {
  return std::make_unique<cpu::CpuDecoder>(model, options);
}

}  // namespace engine
