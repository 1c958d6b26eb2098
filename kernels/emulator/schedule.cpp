#include "kernels/emulator/schedule.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

namespace kernels::emulator {
namespace {

constexpr std::array<std::pair<std::string_view, Policy>, 3> kPolicies = {
    {{"fifo", Policy::kFifo}, {"reverse", Policy::kReverse}, {"warp", Policy::kWarpPriority}}};
constexpr std::array<std::pair<std::string_view, Async>, 3> kAsyncs = {
    {{"early", Async::kEarly}, {"late", Async::kLate}, {"random", Async::kRandom}}};

template <typename Table, typename Value>
std::string_view name_of(const Table& table, Value value) {
  for (const auto& [name, entry] : table) {
    if (entry == value) return name;
  }
  return "?";
}

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument("emulator schedule \"" + std::string(text) +
                              "\": wanted policy:async:seed, such as warp:random:7 (fifo|reverse|warp, "
                              "early|late|random)");
}

template <typename Table>
auto value_of(const Table& table, std::string_view name, std::string_view text) {
  for (const auto& [entry, value] : table) {
    if (entry == name) return value;
  }
  refuse(text);
}

std::optional<Schedule> from_environment() {
  const char* text = std::getenv("AFFETTO_EMULATOR_SCHEDULE");
  if (text == nullptr || *text == '\0') return std::nullopt;
  return parse_schedule(text);
}

Schedule& current() {
  static Schedule schedule = from_environment().value_or(Schedule{});
  return schedule;
}

}  // namespace

std::string to_string(const Schedule& schedule) {
  return std::string(name_of(kPolicies, schedule.policy)) + ":" + std::string(name_of(kAsyncs, schedule.async)) + ":" +
         std::to_string(schedule.seed);
}

Schedule parse_schedule(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos) refuse(text);
  Schedule schedule;
  schedule.policy = value_of(kPolicies, text.substr(0, first), text);
  schedule.async = value_of(kAsyncs, text.substr(first + 1, second - first - 1), text);
  const std::string_view seed = text.substr(second + 1);
  const auto [end, error] = std::from_chars(seed.data(), seed.data() + seed.size(), schedule.seed);
  if (error != std::errc() || end != seed.data() + seed.size()) refuse(text);
  return schedule;
}

std::vector<Schedule> all_schedules(int seeds) {
  std::vector<Schedule> schedules;
  for (const Policy policy : {Policy::kFifo, Policy::kReverse}) {
    for (const Async async : {Async::kEarly, Async::kLate}) schedules.push_back({policy, async, 0});
  }
  for (int seed = 1; seed <= seeds; ++seed) {
    const Async async = kAsyncs[static_cast<std::size_t>(seed) % kAsyncs.size()].second;
    schedules.push_back({Policy::kWarpPriority, async, static_cast<std::uint64_t>(seed)});
  }
  return schedules;
}

std::vector<Schedule> schedules_to_try(int seeds) {
  if (const auto only = from_environment()) return {*only};
  return all_schedules(seeds);
}

Schedule current_schedule() { return current(); }

ScheduleScope::ScheduleScope(const Schedule& schedule) : before_(std::exchange(current(), schedule)) {}
ScheduleScope::~ScheduleScope() { current() = before_; }

}  // namespace kernels::emulator
