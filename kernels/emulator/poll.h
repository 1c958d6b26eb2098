// Waits for memory that another block writes. No order by themselves: the wrapper loads with acquire afterwards.
#pragma once

#include <cstdint>

#include "kernels/emulator/thread.h"

namespace kernels::emulator {

/// Until *counter, as a difference of 32 bits, is at or past `value`.
void wait_reached(const std::uint32_t* counter, std::uint32_t value, const Site& site);
/// Until *tag equals `value`.
void wait_equal(const std::uint32_t* tag, std::uint32_t value, const Site& site);
/// Copies a tagged word in one piece, unseen by the race detector: it orders nothing and needs no order.
void tagged_copy(void* to, const void* from, std::size_t bytes);

}  // namespace kernels::emulator
