#include "kernels/emulator/virtual_device.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace kernels::emulator {
namespace {

struct Known {
  std::string_view name;
  int capability;
  std::size_t
      shared_bytes;  ///< of a block: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"
};
constexpr Known kKnown[] = {{"sm_80", 80, 166'912},
                            {"sm_86", 86, kPortableShared},
                            {"sm_89", 89, kPortableShared},
                            {"sm_90", 90, kSharedLimit}};

VirtualDevice& current() {
  static VirtualDevice device = [] {
    const char* text = std::getenv("AFFETTO_EMULATOR_DEVICE");
    return text == nullptr || *text == '\0' ? VirtualDevice{} : parse_device(text);
  }();
  return device;
}

}  // namespace

VirtualDevice parse_device(std::string_view text) {
  for (const Known& known : kKnown) {
    if (known.name == text) return {.capability = known.capability, .shared_bytes = known.shared_bytes};
  }
  throw std::invalid_argument("emulated device \"" + std::string(text) + "\": wanted sm_80, sm_86, sm_89 or sm_90");
}

const VirtualDevice& current_device() { return current(); }

DeviceScope::DeviceScope(VirtualDevice device) : before_(std::exchange(current(), std::move(device))) {}
DeviceScope::~DeviceScope() { current() = std::move(before_); }

}  // namespace kernels::emulator
