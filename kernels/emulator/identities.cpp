#include "kernels/emulator/identities.h"

namespace kernels::emulator {

Identities& Identities::instance() {
  static Identities identities;
  return identities;
}

Identities::Identities() {
  if constexpr (race::kEnabled) {
    free_.reserve(kMost);
    used_.reserve(kMost);
  }
}

race::Identity Identities::take(void* sync) {
  if constexpr (!race::kEnabled) return nullptr;
  race::Identity identity = nullptr;
  if (!free_.empty()) {
    identity = free_.back();
    free_.pop_back();
    race::know(identity, sync);
  } else if (used_.size() < kMost) {
    identity = race::create();
  } else {
    return nullptr;
  }
  used_.push_back(identity);
  return identity;
}

void Identities::end_epoch(bool abandoned) {
  for (const race::Identity identity : used_) {
    {
      const race::As them(identity);
      race::release(&sync_);
    }
    if (abandoned) {
      race::destroy(identity);
    } else {
      free_.push_back(identity);
    }
  }
  used_.clear();
  race::acquire(&sync_);
}

}  // namespace kernels::emulator
