#include "kernels/emulator/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#if defined(AFFETTO_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace kernels::emulator {
namespace {

// Kernels keep accumulators and call a few levels deep; sanitized frames are some four times as large. Only pages
// that are touched cost memory.
#if defined(AFFETTO_ASAN) || defined(AFFETTO_TSAN)
constexpr std::size_t kStackBytes = 256 << 10;
#else
constexpr std::size_t kStackBytes = 128 << 10;
#endif

std::vector<Stack>& free_stacks() {
  static std::vector<Stack> stacks;
  return stacks;
}

Fiber* g_from = nullptr;  // who is being left, and who is entered: handed across a switch
Fiber* g_to = nullptr;

}  // namespace

Stack take_stack() {
  std::vector<Stack>& pool = free_stacks();
  if (!pool.empty()) {
    const Stack stack = pool.back();
    pool.pop_back();
    return stack;
  }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (mprotect(memory, page, PROT_NONE) != 0) throw std::bad_alloc();
  static std::size_t mapped = 0;
  pool.reserve(++mapped);  // giving it back must not fail
  return {static_cast<std::byte*>(memory) + page, kStackBytes};
}

void give_stack(Stack stack) noexcept { free_stacks().push_back(stack); }

void Fiber::adopt() { identity = race::current(); }

#if defined(AFFETTO_UCONTEXT)

void Fiber::prepare(Stack stack, Entry entry, void* argument) {
  stack_ = stack;
  entry_ = entry;
  argument_ = argument;
  fake_stack_ = nullptr;
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack.bottom;
  context_.uc_stack.ss_size = stack.bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, &Fiber::start, 0);
}

const std::byte* Fiber::top() const { return stack_.bottom; }

#else

// Saves what a called function must preserve, leaves the stack pointer in *rdi and goes on with that in rsi.
extern "C" void affetto_fiber_change(void** save, void* resume);
asm(R"(
  .text
  .globl affetto_fiber_change
  .hidden affetto_fiber_change
  .type affetto_fiber_change, @function
affetto_fiber_change:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size affetto_fiber_change, . - affetto_fiber_change
)");

void Fiber::prepare(Stack stack, Entry entry, void* argument) {
  stack_ = stack;
  entry_ = entry;
  argument_ = argument;
  fake_stack_ = nullptr;
  // Six registers, the address that ret takes, and a null return address: rsp + 8 is a multiple of 16 in start().
  auto* top = reinterpret_cast<void**>(stack.bottom + stack.bytes) - 8;
  for (int i = 0; i < 8; ++i) top[i] = nullptr;
  top[6] = reinterpret_cast<void*>(&Fiber::start);
  top_ = top;
}

const std::byte* Fiber::top() const { return static_cast<const std::byte*>(top_); }

#endif

// What it left above its top are frames that the address sanitizer holds to be alive. Below it all functions have
// returned: to mark the whole stack, hundreds of times a launch, would be most of an emulation's time.
void Fiber::clean() noexcept {
#if defined(AFFETTO_ASAN)
  if (stack_.bottom == nullptr) return;
  __asan_unpoison_memory_region(top(), static_cast<std::size_t>(stack_.bottom + stack_.bytes - top()));
#endif
}

void Fiber::start() {
  Fiber& self = *g_to;
#if defined(AFFETTO_ASAN)
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
  g_from->stack_ = {static_cast<std::byte*>(const_cast<void*>(bottom)), bytes};
#endif
  self.entry_(self.argument_);
  std::abort();  // an entry never returns
}

void Fiber::change(Fiber& from, Fiber& to) {
  g_from = &from;
  g_to = &to;
#if defined(AFFETTO_ASAN)
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_.bottom, to.stack_.bytes);
#endif
  if constexpr (race::kEnabled) race::become(to.identity);
#if defined(AFFETTO_UCONTEXT)
  swapcontext(&from.context_, &to.context_);
#else
  affetto_fiber_change(&from.top_, to.top_);
#endif
#if defined(AFFETTO_ASAN)
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(from.fake_stack_, &bottom, &bytes);
  g_from->stack_ = {static_cast<std::byte*>(const_cast<void*>(bottom)), bytes};
#endif
}

}  // namespace kernels::emulator
