// What it costs LibTorch to draw a pitch for every piece (performance.md, section 6): microseconds by the host's clock
// for one more draw of all rows, as an eager loop pays them.
//
// bench_gpu_multinomial [--cpu]   a line of JSON per row on standard output; --cpu: to see that it works without a GPU
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "bench/baselines/libtorch_multinomial.h"
#include "bench/gpu/measure.h"
#include "bench/statistics/two_samples.h"

namespace bench::gpu {
namespace {

using libtorch::Drawing;
using libtorch::Place;

constexpr int kCandidates = 128, kSamples = 20, kFew = 16, kMany = 80;

struct Row {
  int rows;
  double predicted_us;  ///< section 3: 4 to 8 launches of 4 to 5 us each; 0: none
};
constexpr Row kRows[] = {{1, 27}, {32, 27}, {1024, 27}, {16384, 0}};

/// Both ways draw from the same distribution.
void check(const Row& row, Place place) {
  constexpr int kDraws = 32768;
  const int times = kDraws / row.rows;
  const auto drawn = [&](Drawing drawing) {
    return libtorch::make_draws(drawing, row.rows, kCandidates, place)->histogram(times);
  };
  const double p = chi_square_p(drawn(Drawing::multinomial), drawn(Drawing::searchsorted));
  if (!(p > 1e-4)) throw std::runtime_error("wrong result: the two ways draw differently, p " + std::to_string(p));
}

double microseconds(libtorch::Draws& draws, int times) {
  const auto begin = std::chrono::steady_clock::now();
  draws.run(times);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

void measure(Report& report, Drawing drawing, const Row& row, Place place, const std::string& name) {
  check(row, place);
  const auto draws = libtorch::make_draws(drawing, row.rows, kCandidates, place);
  draws->run(kMany);
  std::vector<double> samples;
  for (int i = 0; i < kSamples; ++i) {
    const double few = microseconds(*draws, kFew), many = microseconds(*draws, kMany);
    samples.push_back((many - few) / (kMany - kFew));
  }
  report.add(name, "us per draw", place == Place::gpu ? row.predicted_us : 0, samples);
}

int run(Place place) {
  Report report(stdout);
  const std::string why_not = !libtorch::available() ? "LibTorch not found"
                              : place == Place::gpu  ? libtorch::gpu_why_not()
                                                     : "";
  if (!why_not.empty()) {
    report.not_measured("libtorch/multinomial", why_not);
    return 0;
  }
  for (const Drawing drawing : {Drawing::multinomial, Drawing::searchsorted}) {
    for (const Row& row : kRows) {
      const std::string name = std::string(place == Place::gpu ? "libtorch/" : "libtorch on the CPU/") +
                               name_of(drawing) + "/fp32/batch:" + std::to_string(row.rows);
      try {
        measure(report, drawing, row, place, name);
      } catch (const std::exception& error) {
        report.failed(name, error.what());
      }
    }
  }
  return report.any_failed() ? 1 : 0;
}

}  // namespace
}  // namespace bench::gpu

int main(int argc, char** argv) try {
  const bool cpu = argc == 2 && std::strcmp(argv[1], "--cpu") == 0;
  if (argc > 1 && !cpu) throw std::invalid_argument("bench_gpu_multinomial takes --cpu or nothing");
  return bench::gpu::run(cpu ? bench::libtorch::Place::cpu : bench::libtorch::Place::gpu);
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 1;
}
