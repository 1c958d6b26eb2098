#include "engine/generate/checks.h"

#include <stdexcept>

#include "engine/data/error.h"

namespace engine {

void require_slot(int slot, int slots) {
  if (slot >= 0 && slot < slots) return;
  throw std::invalid_argument("slot " + std::to_string(slot) + " of a decoder that has " + std::to_string(slots));
}

void require_stretch(const Stretch& stretch, SlotUse& use, std::uint64_t call) {
  const auto require = [&](bool holds, const char* why) {
    if (!holds) throw std::invalid_argument("slot " + std::to_string(stretch.slot) + " " + why);
  };
  require(use.loaded, "holds no piece");
  require(use.call != call, "is named twice in one advance");
  require(stretch.notes >= 1 && stretch.out != nullptr, "is asked for no notes, or has no place for them");
  use.call = call;
}

void refuse_output(std::uint32_t note, const std::string& what) {
  throw ModelError({"generate", "note " + std::to_string(note), "the model's " + what + " not finite",
                    "the weights are broken or their inputs far outside what they were trained on"});
}

}  // namespace engine
