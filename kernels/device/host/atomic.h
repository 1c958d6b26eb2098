// Atomic operations on the host: the C++ ones. Around each the emulator may let another thread run.
#pragma once

#include <atomic>
#include <type_traits>

#include "kernels/device/platform.h"
#include "kernels/emulator/fault.h"

namespace kernels::inline AFFETTO_PLATFORM {

// Changes *address to update(old), without order. @return the old value
template <typename T, typename Update>
T atomic_update(T* address, Update update) {
  emulator::interleave();
  const std::atomic_ref<T> value(*address);
  T old = value.load(std::memory_order_relaxed);
  while (!value.compare_exchange_weak(old, update(old), std::memory_order_relaxed)) {
  }
  return old;
}

template <typename T>
T atomicAdd(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return static_cast<T>(old + x); });
}
template <typename T>
T atomicSub(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return static_cast<T>(old - x); });
}
template <typename T>
T atomicMin(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return x < old ? x : old; });
}
template <typename T>
T atomicMax(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return old < x ? x : old; });
}
template <typename T>
T atomicAnd(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return old & x; });
}
template <typename T>
T atomicOr(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return old | x; });
}
template <typename T>
T atomicXor(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T old) { return old ^ x; });
}
template <typename T>
T atomicExch(T* address, std::type_identity_t<T> x) {
  return atomic_update(address, [x](T) { return x; });
}
template <typename T>
T atomicCAS(T* address, std::type_identity_t<T> compare, std::type_identity_t<T> x) {
  return atomic_update(address, [=](T old) { return old == compare ? x : old; });
}

namespace dev {

template <typename T>
T add_relaxed(T* address, std::type_identity_t<T> x) {
  emulator::interleave();
  return std::atomic_ref<T>(*address).fetch_add(x, std::memory_order_relaxed);
}
template <typename T>
T add_acq_rel(T* address, std::type_identity_t<T> x) {
  emulator::interleave();
  return std::atomic_ref<T>(*address).fetch_add(x, std::memory_order_acq_rel);
}
template <typename T>
T load_relaxed(const T* address) {
  emulator::interleave();
  return std::atomic_ref<T>(*const_cast<T*>(address)).load(std::memory_order_relaxed);
}
template <typename T>
T load_acquire(const T* address) {
  emulator::interleave();
  return std::atomic_ref<T>(*const_cast<T*>(address)).load(std::memory_order_acquire);
}
template <typename T>
void store_relaxed(T* address, std::type_identity_t<T> x) {
  std::atomic_ref<T>(*address).store(x, std::memory_order_relaxed);
  emulator::interleave();
}
template <typename T>
void store_release(T* address, std::type_identity_t<T> x) {
  std::atomic_ref<T>(*address).store(x, std::memory_order_release);
  emulator::interleave();
}

}  // namespace dev
}  // namespace kernels::inline AFFETTO_PLATFORM
