// Waits for what another block writes. The only loops that look at memory again and again; on the emulator a thread
// that waits is not run.
//
// Tagged data: a value and the number of the step it belongs to in one word of 8 or 16 bytes, written and read in one
// piece, so that the value needs no other order. A slot may be overwritten only when all its readers have read it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/device/atomic.cuh"
#include "kernels/device/watchdog.h"
#include "kernels/device/words.cuh"

#if defined(AFFETTO_EMULATED)
#include "kernels/emulator/fault.h"
#include "kernels/emulator/poll.h"
#endif

namespace kernels {

template <typename Payload>
struct alignas(sizeof(Payload) + 4) Tagged {
  static_assert(sizeof(Payload) == 4 || sizeof(Payload) == 12, "a word is of 8 or 16 bytes, 4 of them the tag");
  static_assert(std::is_trivially_copyable_v<Payload>);
  Payload value;
  std::uint32_t tag;
};

}  // namespace kernels

namespace kernels::inline AFFETTO_PLATFORM::dev {

#if defined(AFFETTO_EMULATED)

/// Ends the kernel: the host's next wait throws, and the mailbox holds `code`.
[[noreturn]] inline void trap(const Watchdog& watchdog, std::uint32_t code,
                              const emulator::Site& site = emulator::Site::current()) {
  if (watchdog.mailbox != nullptr) *watchdog.mailbox = code;
  emulator::trap("the kernel trapped", code, site);
}

template <typename Payload>
void store_tagged(Tagged<Payload>* slot, const Payload& value, std::uint32_t tag) {
  const Tagged<Payload> word{value, tag};
  emulator::tagged_copy(slot, &word, sizeof word);
}

/// Waits until the slot's tag is `tag`. @return its value
template <typename Payload>
Payload wait_tagged(const Tagged<Payload>* slot, std::uint32_t tag, const Watchdog&, std::uint32_t,
                    const emulator::Site& site = emulator::Site::current()) {
  emulator::wait_equal(&slot->tag, tag, site);
  Tagged<Payload> word;
  emulator::tagged_copy(&word, slot, sizeof word);
  return word.value;
}

/// The same for N slots, whose looks are under way together; a null slot is not waited for, and its value stays.
template <int N, typename Payload>
void wait_tagged(const Tagged<Payload>* const (&slots)[N], std::uint32_t tag, Payload (&values)[N],
                 const Watchdog& watchdog, std::uint32_t code, const emulator::Site& site = emulator::Site::current()) {
  for (int i = 0; i < N; ++i) {
    if (slots[i] != nullptr) values[i] = wait_tagged(slots[i], tag, watchdog, code, site);
  }
}

/// Waits until *counter is at or past `value` (as a difference of 32 bits), and acquires what was released to it.
inline void wait_reached(const std::uint32_t* counter, std::uint32_t value, const Watchdog&, std::uint32_t,
                         const emulator::Site& site = emulator::Site::current()) {
  emulator::wait_reached(counter, value, site);
  static_cast<void>(load_acquire(counter));
}

#else

__device__ __forceinline__ void trap(const Watchdog& watchdog, std::uint32_t code) {
  if (watchdog.mailbox != nullptr) {
    asm volatile("st.relaxed.sys.b32 [%0], %1;" ::"l"(watchdog.mailbox), "r"(code) : "memory");
    __threadfence_system();  // the host shall see it although the kernel ends here
  }
  __trap();
}

template <typename Payload>
__device__ __forceinline__ void store_tagged(Tagged<Payload>* slot, const Payload& value, std::uint32_t tag) {
  const Tagged<Payload> word{value, tag};
  if constexpr (sizeof word == 8) {
    store_relaxed(reinterpret_cast<unsigned long long*>(slot), bits_of(word));
  } else {
    ulonglong2 bits;
    memcpy(&bits, &word, sizeof word);
    asm volatile(
        "{\n\t.reg .b128 word;\n\tmov.b128 word, {%1, %2};\n\tst.relaxed.gpu.b128 [%0], word;\n\t}" ::"l"(slot),
        "l"(bits.x), "l"(bits.y)
        : "memory");
  }
}

template <typename Payload>
__device__ __forceinline__ Tagged<Payload> load_tagged(const Tagged<Payload>* slot) {
  if constexpr (sizeof(Tagged<Payload>) == 8) {
    return from_bits<Tagged<Payload> >(load_relaxed(reinterpret_cast<const unsigned long long*>(slot)));
  } else {
    ulonglong2 bits;
    asm volatile("{\n\t.reg .b128 word;\n\tld.relaxed.gpu.b128 word, [%2];\n\tmov.b128 {%0, %1}, word;\n\t}"
                 : "=l"(bits.x), "=l"(bits.y)
                 : "l"(slot)
                 : "memory");
    Tagged<Payload> word;
    memcpy(&word, &bits, sizeof word);
    return word;
  }
}

template <typename Payload>
__device__ __forceinline__ Payload wait_tagged(const Tagged<Payload>* slot, std::uint32_t tag, const Watchdog& watchdog,
                                               std::uint32_t code) {
  for (std::uint64_t look = 0; look < watchdog.polls; ++look) {
    const Tagged<Payload> word = load_tagged(slot);
    if (word.tag == tag) return word.value;
  }
  trap(watchdog, code);
  return {};
}

template <int N, typename Payload>
__device__ __forceinline__ void wait_tagged(const Tagged<Payload>* const (&slots)[N], std::uint32_t tag,
                                            Payload (&values)[N], const Watchdog& watchdog, std::uint32_t code) {
  for (std::uint64_t look = 0; look < watchdog.polls; ++look) {
    Tagged<Payload> words[N];
    AFFETTO_UNROLLED
    for (int i = 0; i < N; ++i) {
      if (slots[i] != nullptr) words[i] = load_tagged(slots[i]);
    }
    bool all = true;
    AFFETTO_UNROLLED
    for (int i = 0; i < N; ++i) {
      if (slots[i] != nullptr) all = all && words[i].tag == tag;
    }
    if (!all) continue;
    AFFETTO_UNROLLED
    for (int i = 0; i < N; ++i) {
      if (slots[i] != nullptr) values[i] = words[i].value;
    }
    return;
  }
  trap(watchdog, code);
}

__device__ __forceinline__ void wait_reached(const std::uint32_t* counter, std::uint32_t value,
                                             const Watchdog& watchdog, std::uint32_t code) {
  for (std::uint64_t look = 0; look < watchdog.polls; ++look) {
    if (static_cast<std::int32_t>(load_acquire(counter) - value) >= 0) return;
  }
  trap(watchdog, code);
}

#endif

}  // namespace kernels::inline AFFETTO_PLATFORM::dev
