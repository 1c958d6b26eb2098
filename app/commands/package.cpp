#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands/commands.h"
#include "app/generate/sampling_options.h"
#include "app/glue/exit_codes.h"
#include "app/glue/inputs.h"
#include "io/files/write_file.h"
#include "io/tensors/tensors.h"

namespace app {
namespace {

struct PackageOptions {
  std::string model, output, clusters, state, licence, data_note;
  SamplingOptions sampling;
  bool force = false;
};

int run_package(const PackageOptions& o) {
  OpenedModel opened = open_model(o.model);
  engine::Model& model = opened.model;
  model.spec.sampling = resolve_sampling(o.sampling, model.spec.sampling);
  choose_option("--state", o.state, model.spec.state,
                {{"window", engine::StateMode::window}, {"carry", engine::StateMode::carry}});
  if (!o.clusters.empty()) model.clusters = open_clusters(o.clusters).clusters;
  if (!o.licence.empty()) model.card["licence"] = o.licence;
  if (!o.data_note.empty()) model.card["data"] = o.data_note;
  io::write_file(o.output, io::format_tensors(engine::table_from_model(model)),
                 o.force ? io::Existing::replace : io::Existing::refuse);
  std::printf("%s: %zu weights of %s, with their defaults, clusters and card\n", o.output.c_str(), model.parameters(),
              opened.file.string().c_str());
  return kDone;
}

}  // namespace

void add_package(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("package", "Put clusters, sampling defaults and licence into a trained model");
  auto options = std::make_shared<PackageOptions>();
  command->add_option("model", options->model, "weights (.safetensors)")->required();
  command->add_option("-o,--output", options->output, "the new file")->required();
  command->add_option("--clusters", options->clusters, "happy and sad centres (affetto cluster)");
  command->add_option("--state", options->state, "default state mode: window or carry");
  add_sampling_options(*command, options->sampling);
  command->add_option("--licence", options->licence, "terms of the weights");
  command->add_option("--data-note", options->data_note, "what they were trained on");
  command->add_flag("--force", options->force, "replace a file that exists");
  command->callback([options, &run] { run = [options] { return run_package(*options); }; });
}

}  // namespace app
