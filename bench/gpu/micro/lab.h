// What a micro-benchmark works with: a stream, marks in it, and somebody who writes down what came out.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/gpu/machine.h"
#include "bench/gpu/measure.h"
#include "kernels/runtime/buffer.h"
#include "kernels/runtime/device.h"
#include "kernels/runtime/event.h"
#include "kernels/runtime/stream.h"

namespace bench::gpu {

class Lab {
 public:
  static constexpr int kSamples = 20;  ///< of each number; the issue asks for ten, and one is a millisecond or less

  Lab(Report& report, const kernels::DeviceInfo& device) : report_(report), device_(device) {}

  kernels::StreamRef stream() const { return stream_; }
  Report& report() { return report_; }
  const kernels::DeviceInfo& device() const { return device_; }

  /// Device time between two marks around what `enqueue` puts on the stream.
  double microseconds(const std::function<void()>& enqueue) {
    begin_.record(stream_);
    enqueue();
    end_.record(stream_);
    end_.synchronize();
    return 1e3 * static_cast<double>(kernels::elapsed_ms(begin_, end_));
  }
  /// kSamples of what one call of `sample` gives, after one that is thrown away.
  static std::vector<double> repeat(const std::function<double()>& sample) {
    sample();
    std::vector<double> all;
    for (int i = 0; i < kSamples; ++i) all.push_back(sample());
    return all;
  }
  /// Microseconds that one more round costs: from the times of few and of many, so that what a launch costs drops out.
  std::vector<double> slope(int few, int many, const std::function<void(int rounds)>& enqueue) {
    return repeat([&] {
      const double small = microseconds([&] { enqueue(few); });
      const double large = microseconds([&] { enqueue(many); });
      return (large - small) / (many - few);
    });
  }

 private:
  Report& report_;
  kernels::DeviceInfo device_;
  kernels::Stream stream_;
  kernels::Event begin_{kernels::Event::Timing::kOn}, end_{kernels::Event::Timing::kOn};
};

/// @throws std::runtime_error unless `holds`: nothing is timed that computes the wrong thing
inline void require_result(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("wrong result: " + what);
}

/// One per file; each writes its rows, and throws if a result is wrong.
void measure_clock(Lab& lab);
void measure_launches(Lab& lab);
void measure_exchange(Lab& lab);
void measure_clusters(Lab& lab);
void measure_mufu(Lab& lab);
void measure_memory(Lab& lab);
void measure_mma(Lab& lab);
void measure_block(Lab& lab);

}  // namespace bench::gpu
