// What the race detector is told. The emulator itself is compiled without it; device threads are its fibers, switched
// without synchronisation, and only what orders memory on a GPU orders them here. Empty in other builds.
#pragma once

#include <cstddef>

#if defined(AFFETTO_TSAN)
extern "C" {
void* __tsan_get_current_fiber(void);
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* object);
void __tsan_release(void* object);
void __tsan_read_range_pc(void* address, unsigned long size, void* pc);
void __tsan_write_range_pc(void* address, unsigned long size, void* pc);
}
#endif

namespace kernels::emulator::race {

using Identity = void*;  ///< who the detector believes is running

#if defined(AFFETTO_TSAN)
inline constexpr bool kEnabled = true;
inline Identity current() { return __tsan_get_current_fiber(); }
/// A new identity that knows what the running one knows.
inline Identity create() { return __tsan_create_fiber(0); }
inline void destroy(Identity identity) { __tsan_destroy_fiber(identity); }
inline void become(Identity identity) { __tsan_switch_to_fiber(identity, /*no synchronisation*/ 1); }
inline void acquire(void* object) { __tsan_acquire(object); }
inline void release(void* object) { __tsan_release(object); }
/// The running identity reads or writes; the report names `pc`.
inline void reads(const void* address, std::size_t bytes, void* pc) {
  __tsan_read_range_pc(const_cast<void*>(address), bytes, pc);
}
inline void writes(void* address, std::size_t bytes, void* pc) { __tsan_write_range_pc(address, bytes, pc); }
#else
inline constexpr bool kEnabled = false;
inline Identity current() { return nullptr; }
inline Identity create() { return nullptr; }
inline void destroy(Identity) {}
inline void become(Identity) {}
inline void acquire(void*) {}
inline void release(void*) {}
inline void reads(const void*, std::size_t, void*) {}
inline void writes(void*, std::size_t, void*) {}
#endif

/// Acts as somebody else until the end of the scope.
class As {
 public:
  explicit As(Identity identity) : before_(current()) { become(identity); }
  ~As() { become(before_); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;

 private:
  Identity before_;
};

/// `identity` learns what the running one knows. @param sync  an object that nobody else releases to
inline void know(Identity identity, void* sync) {
  release(sync);
  const As them(identity);
  acquire(sync);
}

}  // namespace kernels::emulator::race
