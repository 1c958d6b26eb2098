// A weights file all the way to a model: container, description, clusters, shapes, values.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/model/model.h"
#include "io/errors.h"
#include "io/tensors/tensors.h"
#include "tests/support/tiny_models.h"

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  engine::Model model = support::tiny_model(support::tiny_spec({2}, 3, 4));
  model.clusters = support::tiny_clusters();
  model.card["licence"] = "none";
  engine::TensorTable table = engine::table_from_model(model);
  std::vector<std::vector<std::uint8_t>> seeds = {io::format_tensors(table)};
  table.metadata.clear();  // a plain state dict
  seeds.push_back(io::format_tensors(table));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const engine::Model model = engine::model_from_table(io::parse_tensors({data, size}, "fuzz"), "fuzz");
    // What opens must survive being written and opened again.
    const engine::Model again = engine::model_from_table(engine::table_from_model(model), "again");
    if (again.spec != model.spec || again.tensors != model.tensors) std::abort();
  } catch (const engine::Error&) {
    // the one permitted way to refuse
  }
  return 0;
}
