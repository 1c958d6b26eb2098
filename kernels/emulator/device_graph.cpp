// Capture and replay: the work of a stream as a list.
#include "kernels/emulator/device.h"
#include "kernels/runtime/error.h"

namespace kernels::emulator {

void Device::begin_capture(StreamState& stream) {
  const std::scoped_lock lock(mutex_);
  if (stream.capture != nullptr) {
    throw CudaError("cudaStreamBeginCapture", "", "cudaErrorIllegalState", "the stream is being captured already");
  }
  stream.capture = std::make_shared<Capture>();
  stream.capture->origin = &stream;
  stream.capture->streams.push_back(&stream);
  ++captures_;
}

std::vector<Work> Device::end_capture(StreamState& stream) {
  const std::scoped_lock lock(mutex_);
  const std::shared_ptr<Capture> capture = stream.capture;
  if (capture == nullptr || capture->origin != &stream) {
    throw CudaError("cudaStreamEndCapture", "", "cudaErrorIllegalState", "no capture began on this stream");
  }
  --captures_;
  bool left_behind = false;
  for (StreamState* joined : capture->streams) {
    left_behind = left_behind || (joined != &stream && joined->unjoined);
    joined->capture = nullptr;
    joined->unjoined = false;
  }
  if (left_behind) {
    throw CudaError("cudaStreamEndCapture", "", "cudaErrorStreamCaptureUnjoined",
                    "another stream joined the capture, and the first does not wait for it");
  }
  return std::move(capture->work);
}

void Device::replay(StreamState& stream, const std::vector<Work>& work) {
  const std::scoped_lock lock(mutex_);
  for (const Work& one : work) push(stream, one);
}

}  // namespace kernels::emulator
