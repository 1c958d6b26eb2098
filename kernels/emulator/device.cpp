#include "kernels/emulator/device.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "kernels/emulator/faults.h"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/schedule.h"
#include "kernels/emulator/virtual_device.h"
#include "kernels/runtime/error.h"

namespace kernels::emulator {

Device& Device::instance() {
  static Device device;
  return device;
}

StreamState* Device::create_stream() {
  const std::scoped_lock lock(mutex_);
  streams_.push_back(std::make_unique<StreamState>());
  return streams_.back().get();
}

void Device::destroy_stream(StreamState* stream) noexcept {
  const std::scoped_lock lock(mutex_);
  try {
    run_until([&] { return stream->queue.empty(); }, nullptr);
  } catch (const std::exception&) {
    // run_until has noted the fault in every other stream; nobody can ask this one any more.
  }
  std::erase_if(streams_, [&](const auto& owned) { return owned.get() == stream; });
}

void Device::throw_lost(std::string& text) {
  if (text.empty()) return;
  throw CudaError("stream", "", "work lost", std::exchange(text, std::string()));
}

void Device::push(StreamState& stream, Work work) {
  throw_lost(stream.lost);
  if (stream.capture != nullptr) {
    stream.unjoined = true;
    stream.capture->work.push_back(std::move(work));
  } else {
    stream.queue.push_back(std::move(work));
  }
}

void Device::enqueue(StreamState& stream, std::string name, std::function<void()> run) {
  const std::scoped_lock lock(mutex_);
  push(stream, {Work::Kind::kRun, std::move(name), std::move(run), nullptr, 0});
}

void Device::launch(StreamState& stream, const char* kernel, const LaunchShape& shape, std::function<void()> body) {
  const auto refuse = [&](const std::string& text) {
    throw CudaError(kernel, "", "cudaErrorInvalidConfiguration", text);
  };
  if (shape.grid.count() == 0 || shape.block.count() == 0) refuse("an empty grid or block");
  if (shape.block.count() > kMaxBlockThreads) {
    refuse(std::to_string(shape.block.count()) + " threads in a block: at most " + std::to_string(kMaxBlockThreads));
  }
  const VirtualDevice& device = current_device();
  if (shape.shared_bytes > device.shared_bytes) {
    refuse(std::to_string(shape.shared_bytes) + " bytes of shared memory: at most " +
           std::to_string(device.shared_bytes));
  }
  if (shape.cluster > 1 && device.capability < kFirstWithClusters) {
    refuse("a cluster of " + std::to_string(shape.cluster) + " blocks: there are none before sm_" +
           std::to_string(kFirstWithClusters));
  }
  if (shape.cluster < 1 || shape.cluster > kMaxCluster || shape.grid.x % shape.cluster != 0) {
    refuse("a grid of " + std::to_string(shape.grid.x) + " blocks in clusters of " + std::to_string(shape.cluster));
  }
  maybe_fail(Fault::kLaunch, kernel);
  enqueue(stream, kernel, [name = std::string(kernel), shape, body = std::move(body)] {
    Machine(name, shape, body, current_schedule()).run();
  });
}

void Device::record(StreamState& stream, const std::shared_ptr<EventState>& event) {
  const std::scoped_lock lock(mutex_);
  event->capture = stream.capture;
  event->recorded_on = &stream;
  if (stream.capture != nullptr) return;
  event->lost.clear();
  push(stream, {Work::Kind::kRecord, "event record", nullptr, event, ++event->recorded});
}

void Device::wait(StreamState& stream, const std::shared_ptr<EventState>& event) {
  const std::scoped_lock lock(mutex_);
  if (event->capture == nullptr) {
    if (stream.capture != nullptr) {
      throw CudaError("cudaStreamWaitEvent", "", "cudaErrorStreamCaptureIsolation",
                      "the stream is being captured, and the event was recorded outside of the capture");
    }
    push(stream, {Work::Kind::kWait, "event wait", nullptr, event, event->recorded});
    return;
  }
  // Work is captured in the order of the calls, which keeps every such order.
  event->recorded_on->unjoined = false;
  stream.unjoined = true;
  if (stream.capture == nullptr) {
    stream.capture = event->capture;
    stream.capture->streams.push_back(&stream);
  }
}

bool Device::runnable(const StreamState& stream) const {
  if (stream.queue.empty()) return false;
  const Work& work = stream.queue.front();
  return work.kind != Work::Kind::kWait || work.event->completed >= work.ticket;
}

StreamState* Device::pick() {
  std::vector<StreamState*> able;
  for (const auto& stream : streams_) {
    if (runnable(*stream)) able.push_back(stream.get());
  }
  if (able.empty()) return nullptr;
  switch (current_schedule().policy) {
    case Policy::kFifo:
      return able.front();
    case Policy::kReverse:
      return able.back();
    case Policy::kWarpPriority:
      break;
  }
  return able[random_.below(static_cast<unsigned>(able.size()))];
}

bool Device::run_one(StreamState* for_whom) {
  StreamState* stream = pick();
  if (stream == nullptr) return false;
  Work work = std::move(stream->queue.front());
  stream->queue.pop_front();
  if (work.kind == Work::Kind::kWait) return true;
  if (work.kind == Work::Kind::kRecord) {
    work.event->completed = work.ticket;
    work.event->at = std::chrono::steady_clock::now();
    return true;
  }
  try {
    work.run();
    check_guards(work.name);
  } catch (const std::exception& e) {
    stream->queue.push_front(std::move(work));  // lost with the rest
    lose_everything(e.what(), for_whom);
    throw;
  }
  return true;
}

void Device::lose_everything(const std::string& text, const StreamState* except) {
  for (const auto& stream : streams_) {
    if (stream->queue.empty()) continue;
    if (stream.get() != except) stream->lost = "an earlier fault: " + text;
    for (const Work& work : stream->queue) {
      if (work.kind != Work::Kind::kRecord) continue;
      work.event->completed = work.ticket;
      work.event->lost = "an earlier fault: " + text;
    }
    stream->queue.clear();
  }
}

void Device::run_until(const std::function<bool()>& finished, StreamState* for_whom) {
  while (!finished()) {
    if (!run_one(for_whom)) throw std::logic_error("emulated streams wait for one another");
  }
}

void Device::refuse_in_capture(const char* call) const {
  if (captures_ == 0) return;
  throw CudaError(call, "", "cudaErrorStreamCaptureUnsupported", "not while a stream is being captured");
}

void Device::synchronize(StreamState& stream) {
  const std::scoped_lock lock(mutex_);
  refuse_in_capture("cudaStreamSynchronize");
  throw_lost(stream.lost);
  run_until([&] { return stream.queue.empty(); }, &stream);
  throw_lost(stream.lost);
}

bool Device::idle(StreamState& stream) {
  const std::scoped_lock lock(mutex_);
  refuse_in_capture("cudaStreamQuery");
  throw_lost(stream.lost);
  if (!stream.queue.empty()) run_one(&stream);  // time passes while the host asks
  return stream.queue.empty();
}

void Device::synchronize(EventState& event) {
  const std::scoped_lock lock(mutex_);
  refuse_in_capture("cudaEventSynchronize");
  run_until([&] { return event.completed >= event.recorded; }, nullptr);
  throw_lost(event.lost);
}

bool Device::done(EventState& event) {
  const std::scoped_lock lock(mutex_);
  refuse_in_capture("cudaEventQuery");
  if (event.completed < event.recorded) run_one(nullptr);
  throw_lost(event.lost);
  return event.completed >= event.recorded;
}

}  // namespace kernels::emulator
