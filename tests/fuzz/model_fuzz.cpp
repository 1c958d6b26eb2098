// A weights file all the way to a model, of notes or of faces: container, description, clusters, shapes, values.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "engine/face/model.h"
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
  engine::FaceSpec face;
  face.name = "tiny", face.side = 4, face.stages = {{2, true}, {1, false}}, face.classes = {"happy", "sad"};
  seeds.push_back(io::format_tensors(engine::table_from_face_model(engine::new_face_model(face, 1))));
  return seeds;
}

namespace {

/// What opens must survive being written and opened again.
void open_as_music(const engine::TensorTable& table) {
  const engine::Model model = engine::model_from_table(table, "fuzz");
  const engine::Model again = engine::model_from_table(engine::table_from_model(model), "again");
  if (again.spec != model.spec || again.tensors != model.tensors) std::abort();
}

void open_as_face(const engine::TensorTable& table) {
  const engine::FaceModel model = engine::face_model_from_table(table, "fuzz");
  const engine::FaceModel again = engine::face_model_from_table(engine::table_from_face_model(model), "again");
  if (again.spec != model.spec || again.tensors != model.tensors) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const engine::TensorTable table = io::parse_tensors({data, size}, "fuzz");
    engine::is_face_model(table) ? open_as_face(table) : open_as_music(table);
  } catch (const engine::Error&) {
    // the one permitted way to refuse
  }
  return 0;
}
