// Streams and events of the emulated device.
#include "kernels/runtime/stream.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "kernels/emulator/device.h"
#include "kernels/runtime/error.h"
#include "kernels/runtime/event.h"
#include "kernels/runtime/host/handles.h"

namespace kernels::inline AFFETTO_PLATFORM {

using emulator::Device;
using emulator::EventState;

namespace {

struct EventHandle {
  std::shared_ptr<EventState> state = std::make_shared<EventState>();
  bool timed = false;
};

EventHandle& event_of(const Event& event) { return *static_cast<EventHandle*>(event.handle()); }

}  // namespace

emulator::StreamState& stream_state(StreamRef stream, const char* who) {
  return *static_cast<emulator::StreamState*>(stream.checked(who));
}

void* StreamRef::checked(const char* who) const {
  if (handle == nullptr) throw std::invalid_argument(std::string(who) + ": no stream was given");
  return handle;
}

void StreamRef::synchronize() const { Device::instance().synchronize(stream_state(*this, "synchronize")); }
bool StreamRef::idle() const { return Device::instance().idle(stream_state(*this, "idle")); }
void StreamRef::wait(const Event& event) const {
  Device::instance().wait(stream_state(*this, "wait"), event_of(event).state);
}

Stream::Stream() : handle_(Device::instance().create_stream()) {}
void destroy_stream(void* handle) noexcept {
  Device::instance().destroy_stream(static_cast<emulator::StreamState*>(handle));
}

Event::Event(Timing timing) : handle_(new EventHandle{std::make_shared<EventState>(), timing == Timing::kOn}) {}
void destroy_event(void* handle) noexcept { delete static_cast<EventHandle*>(handle); }
void Event::record(StreamRef stream) {
  Device::instance().record(stream_state(stream, "Event::record"), event_of(*this).state);
}
bool Event::done() const { return Device::instance().done(*event_of(*this).state); }
void Event::synchronize() const { Device::instance().synchronize(*event_of(*this).state); }

float elapsed_ms(const Event& begin, const Event& end) {
  for (const Event* event : {&begin, &end}) {
    const EventHandle& handle = event_of(*event);
    if (!handle.timed) {
      throw CudaError("cudaEventElapsedTime", "", "cudaErrorInvalidResourceHandle", "an event without timing");
    }
    if (handle.state->recorded == 0) {
      throw CudaError("cudaEventElapsedTime", "", "cudaErrorInvalidResourceHandle", "an event that marks nothing yet");
    }
    if (!event->done()) throw CudaError("cudaEventElapsedTime", "", "cudaErrorNotReady", "an event that is not done");
  }
  return std::chrono::duration<float, std::milli>(event_of(end).state->at - event_of(begin).state->at).count();
}

}  // namespace kernels::inline AFFETTO_PLATFORM
