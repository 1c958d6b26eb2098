// What computes: chosen by --device, --precision and --fusion, the same for every command.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/generate/cuda/make.h"

namespace app {

enum class Device { reference, cpu, cuda, emulated };

struct DeviceOptions {
  std::string device = "auto", precision = "auto", fusion;
};

struct Computing {
  Device device = Device::cpu;
  engine::WeightFormat weights = engine::WeightFormat::fp32;  ///< on the CPU
  kernels::Precision operands = kernels::Precision::fp32;     ///< of products, on the GPU and the emulator
  std::optional<kernels::Fusion> fusion;                      ///< on the GPU and the emulator: as asked for, or none

  bool on_gpu() const { return device == Device::cuda || device == Device::emulated; }
  /// As --device, --precision and the recipe call them.
  std::string device_name() const;
  std::string precision() const;
};

/// @param notes  how many are to be computed: `auto` takes a GPU only for work that repays its start
/// @throws UsageError for what does not exist, DeviceError for --device cuda where there is none to be had
Computing resolve_computing(const DeviceOptions& options, double notes);

/// The rung of the ladder that writes notes, and the one that shows predictions; empty on the CPU.
/// @throws UsageError where the wanted one does not serve
std::string fusion_of(const Computing& computing, const engine::Model& model, engine::StateMode state);
std::string predictor_fusion_of(const Computing& computing, const engine::Model& model, engine::StateMode state);

/// Slots for so many pieces: enough to keep the device busy, few enough for its memory or caches.
int slots_for(const Computing& computing, const engine::Model& model, engine::StateMode state, std::uint64_t pieces);
/// Notes of a piece between two looks at the session's queue.
int block_for(const Computing& computing);

std::unique_ptr<engine::Decoder> make_decoder(const Computing& computing, const engine::Model& model,
                                              engine::StateMode state, int slots, int threads);
std::unique_ptr<engine::Predictor> make_predictor(const Computing& computing, const engine::Model& model,
                                                  engine::StateMode state, int threads);

/// Whether this build has device code, and what it finds on this machine.
bool built_with_cuda();
kernels::DeviceState gpu_state();

}  // namespace app
