#include "kernels/runtime/stream.h"

#include <stdexcept>
#include <string>

#include "kernels/runtime/cuda/check.h"
#include "kernels/runtime/event.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

cudaStream_t native(StreamRef stream, const char* who) { return static_cast<cudaStream_t>(stream.checked(who)); }
cudaEvent_t native(const Event& event) { return static_cast<cudaEvent_t>(event.handle()); }

void* new_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return stream;
}

void* new_event(Event::Timing timing) {
  cudaEvent_t event = nullptr;
  const unsigned flags = timing == Event::Timing::kOn ? cudaEventDefault : cudaEventDisableTiming;
  check(cudaEventCreateWithFlags(&event, flags), "cudaEventCreateWithFlags");
  return event;
}

// True or false, or what went wrong.
bool finished(cudaError_t error, const char* call) {
  if (error == cudaErrorNotReady) return false;
  check(error, call);
  return true;
}

}  // namespace

void* StreamRef::checked(const char* who) const {
  if (handle == nullptr) throw std::invalid_argument(std::string(who) + ": no stream was given");
  return handle;
}

void StreamRef::synchronize() const {
  check(cudaStreamSynchronize(native(*this, "synchronize")), "cudaStreamSynchronize");
}
bool StreamRef::idle() const { return finished(cudaStreamQuery(native(*this, "idle")), "cudaStreamQuery"); }
void StreamRef::wait(const Event& event) const {
  check(cudaStreamWaitEvent(native(*this, "wait"), native(event), 0), "cudaStreamWaitEvent");
}

Stream::Stream() : handle_(new_stream()) {}
void destroy_stream(void* handle) noexcept { static_cast<void>(cudaStreamDestroy(static_cast<cudaStream_t>(handle))); }

Event::Event(Timing timing) : handle_(new_event(timing)) {}
void destroy_event(void* handle) noexcept { static_cast<void>(cudaEventDestroy(static_cast<cudaEvent_t>(handle))); }
void Event::record(StreamRef stream) {
  check(cudaEventRecord(native(*this), native(stream, "Event::record")), "cudaEventRecord");
}
bool Event::done() const { return finished(cudaEventQuery(native(*this)), "cudaEventQuery"); }
void Event::synchronize() const { check(cudaEventSynchronize(native(*this)), "cudaEventSynchronize"); }

float elapsed_ms(const Event& begin, const Event& end) {
  float ms = 0;
  check(cudaEventElapsedTime(&ms, native(begin), native(end)), "cudaEventElapsedTime");
  return ms;
}

}  // namespace kernels::inline AFFETTO_PLATFORM
