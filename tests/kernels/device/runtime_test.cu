// Streams, events, buffers and graphs, from the host's side.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/error.h"
#include "kernels/runtime/event.h"
#include "kernels/runtime/graph.h"
#include "tests/kernels/device/backend.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

class Runtime : public DeviceTest {};

std::vector<int> counted(std::size_t count, int first) {
  std::vector<int> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

__global__ void multiply_add(int* values, int factor, int addend) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  values[i] = values[i] * factor + addend;
}

void multiply_add_on(StreamRef stream, DeviceBuffer<int>& values, int factor, int addend) {
  launch("multiply_add", multiply_add, {.grid = static_cast<unsigned>(values.size() / 32), .block = 32}, stream,
         values.data(), factor, addend);
}

TEST_P(Runtime, BuffersKeepWhatIsUploaded) {
  const std::vector<int> values = counted(100, 5);
  DeviceBuffer<int> a(stream(), 100), b(stream(), 100);
  a.upload(values);
  b.fill(0);
  b.upload(std::span(values).subspan(10, 20), 30);
  DeviceBuffer<int> c(stream(), 100);
  c.copy_from(a);
  std::vector<int> part(7, -1);
  c.download(part, 93);
  const std::vector<int> all = b.to_host();
  EXPECT_EQ(part, counted(7, 98));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(all[i], i >= 30 && i < 50 ? i - 15 : 0) << i;
}

TEST_P(Runtime, BuffersMoveAndMayBeEmpty) {
  DeviceBuffer<int> a(stream(), 3);
  const std::vector<int> values = counted(3, 1);
  a.upload(values);
  DeviceBuffer<int> b = std::move(a);
  EXPECT_EQ(a.size(), 0u);
  EXPECT_EQ(a.data(), nullptr);
  a = std::move(b);
  EXPECT_EQ(a.to_host(), values);
  EXPECT_TRUE(DeviceBuffer<int>(stream(), 0).to_host().empty());
}

TEST_P(Runtime, RangesBeyondABufferAreRefused) {
  DeviceBuffer<int> a(stream(), 10), b(stream(), 11);
  std::vector<int> host(5);
  EXPECT_THROW(a.upload(host, 6), std::invalid_argument);
  EXPECT_THROW(a.download(host, 11), std::invalid_argument);
  EXPECT_THROW(a.copy_from(b), std::invalid_argument);
}

TEST_P(Runtime, NoStreamIsNotTheDefaultStream) {
  EXPECT_THROW(StreamRef{}.synchronize(), std::invalid_argument);
  EXPECT_THROW(launch("multiply_add", multiply_add, {}, StreamRef{}, static_cast<int*>(nullptr), 1, 1),
               std::invalid_argument);
}

TEST_P(Runtime, MoreThanThereIsIsOutOfMemory) {
  EXPECT_THROW(DeviceBuffer<char>(stream(), std::size_t{1} << 46), OutOfMemory);
  DeviceBuffer<int> small(stream(), 32);  // and life goes on
  small.fill(0);
  EXPECT_EQ(small.to_host(), std::vector<int>(32));
}

TEST_P(Runtime, PinnedMemoryIsOrdinaryToTheHost) {
  PinnedBuffer<int> host(32);
  std::iota(host.span().begin(), host.span().end(), 0);
  DeviceBuffer<int> device(stream(), 32);
  device.upload(host.span());
  multiply_add_on(stream(), device, 2, 1);
  PinnedBuffer<int> back(32);
  device.download(back.span());
  stream().synchronize();
  for (int i = 0; i < 32; ++i) EXPECT_EQ(back[i], 2 * i + 1);
}

TEST_P(Runtime, WorkOfOneStreamKeepsItsOrder) {
  DeviceBuffer<int> values(stream(), 64);
  values.fill(0);
  int want = 0;
  for (int i = 1; i <= 20; ++i) {
    multiply_add_on(stream(), values, i % 3, i);
    want = want * (i % 3) + i;
  }
  EXPECT_EQ(values.to_host(), std::vector<int>(64, want));
}

TEST_P(Runtime, AnEventMakesOneStreamWaitForAnother) {
  Stream other;
  DeviceBuffer<int> values(stream(), 64);
  Event ready, back;
  values.fill(0);
  for (int round = 0; round < 5; ++round) {
    multiply_add_on(stream(), values, 1, 3);
    ready.record(stream());
    other.wait(ready);
    multiply_add_on(other, values, 2, 0);
    back.record(other);
    stream().wait(back);
  }
  int want = 0;
  for (int round = 0; round < 5; ++round) want = (want + 3) * 2;
  EXPECT_EQ(values.to_host(), std::vector<int>(64, want));
  EXPECT_TRUE(back.done());
  EXPECT_TRUE(stream().idle());
}

TEST_P(Runtime, EventsTellWhenAndHowLong) {
  Event begin(Event::Timing::kOn), end(Event::Timing::kOn), plain;
  EXPECT_TRUE(plain.done()) << "nothing is marked yet";
  DeviceBuffer<int> values(stream(), 64);
  begin.record(stream());
  values.fill(0);
  end.record(stream());
  end.synchronize();
  EXPECT_TRUE(end.done());
  EXPECT_GE(elapsed_ms(begin, end), 0.0f);
  plain.record(stream());
  stream().synchronize();
  EXPECT_THROW(elapsed_ms(begin, plain), CudaError);
}

TEST_P(Runtime, AReplayedGraphDoesWhatTheCallsDid) {
  DeviceBuffer<int> values(stream(), 64), copy(stream(), 64);
  values.fill(0);
  stream().synchronize();
  GraphCapture capture(stream());
  multiply_add_on(stream(), values, 2, 1);
  multiply_add_on(stream(), values, 3, 2);
  copy.copy_from(values);
  const Graph graph = capture.finish();
  EXPECT_EQ(values.to_host(), std::vector<int>(64)) << "recorded, not run";
  int want = 0;
  for (int round = 0; round < 4; ++round) {
    graph.replay(stream());
    want = (want * 2 + 1) * 3 + 2;
  }
  EXPECT_EQ(values.to_host(), std::vector<int>(64, want));
  EXPECT_EQ(copy.to_host(), std::vector<int>(64, want));
}

TEST_P(Runtime, ACaptureMayForkAndJoin) {
  Stream other;
  DeviceBuffer<int> a(stream(), 64), b(stream(), 64);
  a.fill(0);
  b.fill(0);
  stream().synchronize();
  Event fork, join;
  GraphCapture capture(stream());
  multiply_add_on(stream(), a, 1, 1);
  fork.record(stream());
  other.wait(fork);
  multiply_add_on(other, b, 1, 10);
  join.record(other);
  multiply_add_on(stream(), a, 2, 0);
  stream().wait(join);
  multiply_add_on(stream(), b, 3, 0);
  const Graph graph = capture.finish();
  graph.replay(stream());
  graph.replay(stream());
  EXPECT_EQ(a.to_host(), std::vector<int>(64, ((0 + 1) * 2 + 1) * 2));
  EXPECT_EQ(b.to_host(), std::vector<int>(64, ((0 + 10) * 3 + 10) * 3));
}

TEST_P(Runtime, AnEmptyGraphIsRefusedAndAnAbandonedCaptureLeavesTheStreamUsable) {
  EXPECT_THROW(Graph().replay(stream()), CudaError);
  DeviceBuffer<int> values(stream(), 32);
  values.fill(0);
  stream().synchronize();
  {
    const GraphCapture abandoned(stream());
    multiply_add_on(stream(), values, 1, 1);
  }
  multiply_add_on(stream(), values, 1, 5);
  EXPECT_EQ(values.to_host(), std::vector<int>(32, 5));
}

TEST_P(Runtime, ARefusedLaunchSaysSo) {
  DeviceBuffer<int> values(stream(), 32);
  EXPECT_THROW(launch("multiply_add", multiply_add, {.grid = 1, .block = 1025}, stream(), values.data(), 1, 1),
               CudaError);
  EXPECT_THROW(launch("multiply_add", multiply_add, {.grid = 1, .block = 32, .shared_bytes = kSharedLimit + 1},
                      stream(), values.data(), 1, 1),
               CudaError);
  values.fill(0);
  multiply_add_on(stream(), values, 1, 2);
  EXPECT_EQ(values.to_host(), std::vector<int>(32, 2)) << "the refusal is not sticky";
}

INSTANTIATE_TEST_SUITE_P(All, Runtime, testing::ValuesIn(backends(2)));

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
