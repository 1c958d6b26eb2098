// The host's half of the emulated device: faults on purpose, work that is lost, rules of capture, and that nothing runs
// before somebody waits.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "kernels/device/device.cuh"
#include "kernels/device/launch.cuh"
#include "kernels/emulator/device.h"
#include "kernels/emulator/faults.h"
#include "kernels/emulator/machine.h"
#include "kernels/emulator/schedule.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/event.h"
#include "kernels/runtime/graph.h"

namespace kernels::inline AFFETTO_PLATFORM {
namespace {

using emulator::Fault;
using emulator::FaultScope;

void add_one(int* values) { values[threadIdx.x] += 1; }
void diverge(int*) {
  if (threadIdx.x == 0) __syncthreads();
}

void add_one_on(StreamRef stream, DeviceBuffer<int>& values) {
  launch("add_one", add_one, {.block = static_cast<unsigned>(values.size())}, stream, values.data());
}

TEST(VirtualDevice, AnAllocationFailsOnPurpose) {
  const Stream stream;
  const FaultScope fault(Fault::kAllocation, 3);
  const DeviceBuffer<int> first(stream, 4);
  const PinnedBuffer<int> second(4);
  EXPECT_FALSE(fault.struck());
  EXPECT_THROW(DeviceBuffer<int>(stream, 4), OutOfMemory);
  EXPECT_TRUE(fault.struck());
  const DeviceBuffer<int> after(stream, 4);  // once
}

TEST(VirtualDevice, ACopyALaunchAndAGraphFailOnPurpose) {
  const Stream stream;
  DeviceBuffer<int> values(stream, 4);
  const std::vector<int> host(4);
  {
    const FaultScope fault(Fault::kCopy, 2);
    values.upload(host);
    EXPECT_THROW(values.upload(host), CudaError);
  }
  {
    const FaultScope fault(Fault::kLaunch, 1);
    EXPECT_THROW(add_one_on(stream, values), CudaError);
    add_one_on(stream, values);
  }
  {
    const FaultScope fault(Fault::kGraph, 1);
    GraphCapture capture(stream);
    add_one_on(stream, values);
    EXPECT_THROW(capture.finish(), CudaError);
  }
  EXPECT_EQ(values.to_host(), std::vector<int>(4, 1));
}

TEST(VirtualDevice, AFaultCostsTheOtherStreamsTheirWorkAndTheySaySo) {
  const Stream stream, other;
  DeviceBuffer<int> values(stream, 4), theirs(other, 4);
  stream.synchronize();
  Event mark;
  launch("diverge", diverge, {.block = 32}, stream, values.data());
  add_one_on(stream, values);
  other.wait(mark);
  mark.record(stream);
  other.wait(mark);  // so that the other stream's work comes later
  add_one_on(other, theirs);
  EXPECT_THROW(stream.synchronize(), emulator::KernelFault);
  EXPECT_THROW(mark.synchronize(), CudaError);
  try {
    other.synchronize();
    FAIL() << "its work is lost";
  } catch (const CudaError& error) {
    EXPECT_NE(std::string(error.what()).find("diverge"), std::string::npos) << error.what();
  }
  other.synchronize();  // told once
}

TEST(VirtualDevice, AnEventThatIsRecordedAgainHasForgottenTheFault) {
  const Stream stream;
  DeviceBuffer<int> values(stream, 4);
  Event mark;
  launch("diverge", diverge, {.block = 32}, stream, values.data());
  mark.record(stream);
  EXPECT_THROW(stream.synchronize(), emulator::KernelFault);
  mark.record(stream);
  mark.synchronize();
}

TEST(VirtualDevice, NothingRunsBeforeSomebodyWaits) {
  const Stream stream;
  std::vector<int> host(4, 5);
  DeviceBuffer<int> values(stream, 4);
  values.upload(host);
  host.assign(4, 6);  // too early: the copy reads what is there when it runs
  EXPECT_EQ(values.to_host(), std::vector<int>(4, 6));
  values.download(host);
  EXPECT_EQ(host, std::vector<int>(4, -1)) << "poison until the stream is past it";
  stream.synchronize();
  EXPECT_EQ(host, std::vector<int>(4, 6));
}

TEST(VirtualDevice, TimePassesWhileTheHostAsks) {
  const Stream stream;
  DeviceBuffer<int> values(stream, 4);
  values.fill(0);
  add_one_on(stream, values);
  Event mark;
  mark.record(stream);
  EXPECT_FALSE(mark.done());
  int asked = 1;
  while (!mark.done()) ASSERT_LT(++asked, 10);
  EXPECT_EQ(values.to_host(), std::vector<int>(4, 1));
}

// Two streams write to one place, unordered: different schedules end differently, which is how a missing event shows.
TEST(VirtualDevice, UnorderedStreamsMeetInEveryOrder) {
  std::set<int> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const emulator::ScheduleScope scope({emulator::Policy::kWarpPriority, emulator::Async::kEarly, seed});
    const Stream one, two;
    DeviceBuffer<int> value(one, 1);
    fill_bytes(value.data(), 1, 4, one);
    fill_bytes(value.data(), 2, 4, two);
    two.synchronize();
    seen.insert(value.to_host()[0]);
  }
  EXPECT_EQ(seen, (std::set<int>{0x01010101, 0x02020202}));
}

TEST(VirtualDevice, CopiesBeyondAnAllocationAreRefused) {
  const Stream stream;
  const DeviceBuffer<int> values(stream, 4);
  std::vector<int> host(8);
  EXPECT_THROW(copy_to_device(values.data() + 1, host.data(), 16, stream), CudaError);
  EXPECT_THROW(copy_to_host(host.data(), values.data() - 1, 4, stream), CudaError);
  EXPECT_THROW(copy_on_device(values.data(), host.data(), 4, stream), CudaError) << "host memory is not the device's";
}

TEST(VirtualDevice, MemoryComesBack) {
  const Stream stream;
  const std::size_t before = emulator::Device::instance().allocated_bytes();
  {
    const DeviceBuffer<char> some(stream, 1000);
    EXPECT_EQ(emulator::Device::instance().allocated_bytes(), before + 1000);
  }
  EXPECT_EQ(emulator::Device::instance().allocated_bytes(), before);
}

TEST(VirtualDevice, WhileAStreamIsCapturedNobodyWaitsAndNothingIsAllocated) {
  const Stream stream;
  DeviceBuffer<int> values(stream, 4);
  Event event;
  event.record(stream);
  stream.synchronize();
  GraphCapture capture(stream);
  add_one_on(stream, values);
  EXPECT_THROW(stream.synchronize(), CudaError);
  EXPECT_THROW(stream.idle(), CudaError);
  EXPECT_THROW(event.synchronize(), CudaError);
  EXPECT_THROW(DeviceBuffer<int>(stream, 4), CudaError);
  EXPECT_THROW(GraphCapture again(stream), CudaError);
  EXPECT_THROW(stream.wait(event), CudaError) << "recorded outside of the capture";
  EXPECT_FALSE(capture.finish().empty());
}

TEST(VirtualDevice, AStreamThatJoinedACaptureMustBeWaitedFor) {
  const Stream stream, other;
  DeviceBuffer<int> values(stream, 4);
  Event fork;
  GraphCapture capture(stream);
  fork.record(stream);
  other.wait(fork);
  add_one_on(other, values);
  EXPECT_THROW(capture.finish(), CudaError);
  values.fill(0);
  add_one_on(other, values);
  other.synchronize();  // usable again
}

}  // namespace
}  // namespace kernels::inline AFFETTO_PLATFORM
