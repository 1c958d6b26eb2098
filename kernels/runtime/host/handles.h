// What the emulator's runtime hides behind its handles.
#pragma once

#include "kernels/emulator/device.h"
#include "kernels/runtime/stream.h"

namespace kernels::inline AFFETTO_PLATFORM {

/// @throws std::invalid_argument for a null handle; `who` is told
emulator::StreamState& stream_state(StreamRef stream, const char* who);

}  // namespace kernels::inline AFFETTO_PLATFORM
