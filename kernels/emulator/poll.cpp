#include "kernels/emulator/poll.h"

#include "kernels/emulator/machine.h"
#include "kernels/emulator/memory.h"

namespace kernels::emulator {
namespace {

struct Wanted {
  const volatile std::uint32_t* word;
  std::uint32_t value;
};

bool reached(const void* argument) {
  const Wanted& wanted = *static_cast<const Wanted*>(argument);
  return static_cast<std::int32_t>(*wanted.word - wanted.value) >= 0;
}

bool equal(const void* argument) {
  const Wanted& wanted = *static_cast<const Wanted*>(argument);
  return *wanted.word == wanted.value;
}

}  // namespace

void wait_reached(const std::uint32_t* counter, std::uint32_t value, const Site& site) {
  const Wanted wanted{counter, value};
  machine->wait_until(&reached, &wanted, "wait_reached", site);
}

void wait_equal(const std::uint32_t* tag, std::uint32_t value, const Site& site) {
  const Wanted wanted{tag, value};
  machine->wait_until(&equal, &wanted, "wait_tagged", site);
}

void tagged_copy(void* to, const void* from, std::size_t bytes) {
  quiet_copy(static_cast<std::byte*>(to), static_cast<const std::byte*>(from), bytes);
  machine->yield_now_and_then();
}

}  // namespace kernels::emulator
