#include "engine/generate/checks.h"

#include <algorithm>
#include <cmath>
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

void require_fp16_range(const Model& model) {
  constexpr float kLargest = 65504;
  for (const auto& [name, tensor] : model.tensors) {
    if (!name.ends_with("bias") &&
        std::ranges::any_of(tensor.values, [](float w) { return std::fabs(w) > kLargest; })) {
      refuse_fp16(model.spec.name, name);
    }
  }
}

void refuse_fp16(const std::string& model, const std::string& what) {
  throw ModelError({"prepare model", model, what + " has a weight beyond 65504, the largest number of fp16",
                    "use --precision fp32"});
}

void refuse_output(std::uint32_t note, const std::string& what) {
  throw ModelError({"generate", "note " + std::to_string(note), "the model's " + what + " not finite",
                    "the weights are broken or their inputs far outside what they were trained on"});
}

}  // namespace engine
