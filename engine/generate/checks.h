// What every decoder that holds slots asks of its caller and of its model, in the same words.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/generate/decoder.h"
#include "engine/model/model.h"

namespace engine {

/// @throws std::invalid_argument unless 0 <= slot < slots
void require_slot(int slot, int slots);

/// What a decoder knows of a slot's use.
struct SlotUse {
  bool loaded = false;
  std::uint64_t call = 0;  ///< the advance that last named it
};

/// One stretch of advance number `call`, which is noted. @throws std::invalid_argument for a slot without a piece or
/// named before in this advance, no notes, no place for them
void require_stretch(const Stretch& stretch, SlotUse& use, std::uint64_t call);

/// @throws ModelError for a matrix of the model that fp16 cannot hold
void require_fp16_range(const Model& model);
/// The same complaint. @param what  has the weight, such as "a dense layer or head"
[[noreturn]] void refuse_fp16(const std::string& model, const std::string& what);

/// @param what  such as "step or duration is"
/// @throws ModelError always: an output of the network is not finite
[[noreturn]] void refuse_output(std::uint32_t note, const std::string& what);

}  // namespace engine
