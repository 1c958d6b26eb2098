// Stacks of execution that take turns on one OS thread. Switched by 20 lines of x86-64 assembly (13 to 17 ns),
// elsewhere or with -DAFFETTO_UCONTEXT by ucontext (ten times that). Address and thread sanitizers are told of every
// switch.
#pragma once

#include <cstddef>

#include "kernels/emulator/race.h"

#if !defined(__x86_64__) && !defined(AFFETTO_UCONTEXT)
#define AFFETTO_UCONTEXT 1
#endif
#if defined(AFFETTO_UCONTEXT)
#include <ucontext.h>
#endif

namespace kernels::emulator {

/// Memory for one fiber's stack with a guard page below; kept for the next launch, not freed between launches.
struct Stack {
  std::byte* bottom = nullptr;
  std::size_t bytes = 0;
};

/// Takes a stack from the pool, or maps one. On the host's own stack only. @throws std::bad_alloc
Stack take_stack();
/// Gives it back to the pool.
void give_stack(Stack stack) noexcept;

class Fiber {
 public:
  using Entry = void (*)(void*);
  Fiber() = default;
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// This fiber is the stack that is running now.
  void adopt();
  /// The next switch to this fiber calls entry(argument) on `stack`, which must be clean; entry never returns.
  void prepare(Stack stack, Entry entry, void* argument);
  /// Makes its stack fit for another fiber. It must not be running.
  void clean() noexcept;
  /// Leaves `from`, which must be running, and goes on in `to`; returns when somebody switches to `from` again.
  static void change(Fiber& from, Fiber& to);

  /// What the race detector calls this fiber; made by the owner, who also destroys it.
  race::Identity identity = nullptr;

 private:
  static void start();
  const std::byte* top() const;  // where its stack ends for now, or a bound
  Stack stack_;
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  void* fake_stack_ = nullptr;  // the address sanitizer's
#if defined(AFFETTO_UCONTEXT)
  ucontext_t context_{};
#else
  void* top_ = nullptr;  // where the registers were saved
#endif
};

}  // namespace kernels::emulator
