// Stands in where LibTorch was not found.
#include <stdexcept>

#include "bench/baselines/libtorch_device.h"
#include "bench/baselines/libtorch_multinomial.h"

namespace bench::libtorch {
namespace {

[[noreturn]] void refuse() { throw std::logic_error("LibTorch not found: ask available() first"); }

}  // namespace

bool available() { return false; }
std::map<std::string, std::string> facts() { return {{"libtorch", "LibTorch not found"}}; }
void set_threads(int) {}
std::unique_ptr<Generator> make_generator(const engine::Model&, Form, int) { refuse(); }
std::unique_ptr<Trainer> make_trainer(const engine::Model&, const TrainerOptions&) { refuse(); }
std::string gpu_why_not() { return "LibTorch not found"; }
std::unique_ptr<DeviceGenerator> make_device_generator(const engine::Model&, Form, Variant, int, const Blend&, Place) {
  refuse();
}

std::unique_ptr<Draws> make_draws(Drawing, int, int, Place) { refuse(); }

}  // namespace bench::libtorch
