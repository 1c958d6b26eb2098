#include "bench/gpu/measure.h"

#include <algorithm>
#include <stdexcept>

#include "bench/harness/json_text.h"

namespace bench::gpu {

Spread spread_of(std::vector<double> samples) {
  if (samples.empty()) throw std::invalid_argument("spread_of: no samples");
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double share) {  // linear between the two nearest
    const double place = share * static_cast<double>(samples.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, samples.size() - 1);
    return samples[below] + (place - static_cast<double>(below)) * (samples[above] - samples[below]);
  };
  return {at(0.5), at(0.1), at(0.9)};
}

void Report::add(const std::string& name, const std::string& unit, double predicted,
                 const std::vector<double>& samples) {
  const Spread s = spread_of(samples);
  std::fprintf(out_, "{\"name\": \"%s\", \"value\": %.6g, \"p10\": %.6g, \"p90\": %.6g, \"unit\": \"%s\", ",
               json_text(name).c_str(), s.median, s.p10, s.p90, json_text(unit).c_str());
  if (predicted > 0) std::fprintf(out_, "\"predicted\": %.6g, \"ratio\": %.4g, ", predicted, s.median / predicted);
  std::fprintf(out_, "\"samples\": %zu}\n", samples.size());
  std::fflush(out_);
}

void Report::not_measured(const std::string& name, const std::string& why) {
  std::fprintf(out_, "{\"name\": \"%s\", \"not_measured\": \"%s\"}\n", json_text(name).c_str(), json_text(why).c_str());
  std::fflush(out_);
}

void Report::failed(const std::string& name, const std::string& why) {
  std::fprintf(out_, "{\"name\": \"%s\", \"failed\": \"%s\"}\n", json_text(name).c_str(), json_text(why).c_str());
  std::fflush(out_);
  any_failed_ = true;
}

}  // namespace bench::gpu
