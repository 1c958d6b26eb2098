// Everything that a run needs to go on as if it had not been interrupted.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/data/tensor_table.h"
#include "engine/model/model.h"

namespace trainer {

/// Tensors in the table: NAME (weights), trained.NAME, adam.m.NAME, adam.v.NAME, best.NAME. Numbers travel as text in
/// the metadata (64-bit integers in decimal, doubles in hexadecimal), so that nothing rounds.
struct Checkpoint {
  engine::Model weights;                                 ///< as after the last iteration
  std::map<std::string, engine::Tensor> trained;         ///< the same in the optimizer's coordinates
  std::map<std::string, engine::Tensor> adam_m, adam_v;  ///< moments, by the names of the weights
  std::map<std::string, engine::Tensor> best;  ///< weights with the lowest selected quantity; empty before any
  std::int64_t iteration = 0;                  ///< done, also Adam's step count
  std::uint64_t epoch = 0;                     ///< of the next example
  std::uint64_t position = 0;                  ///< of the next example in that epoch's order
  double seconds = 0;                          ///< spent so far by all calls
  double rate_factor = 1;                      ///< what plateaus made of the learning rate
  int plateau_count = 0, stop_count = 0;       ///< validations without improvement
  double plateau_best = 0, best_selected = 0;  ///< lowest selected quantities
  std::int64_t best_iteration = 0;
  bool has_best = false;
  std::string options_hash;  ///< of options and corpora: a resumed run must agree
};

engine::TensorTable to_table(const Checkpoint& checkpoint);
/// @throws engine::ModelError naming `where` for a table that is no checkpoint or does not agree with itself
Checkpoint checkpoint_from_table(engine::TensorTable table, const std::string& where);

}  // namespace trainer
