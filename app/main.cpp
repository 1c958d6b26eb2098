// affetto: the command line. Parses, calls a command, maps every failure to one line and one exit code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "app/commands/commands.h"
#include "app/glue/exit_codes.h"
#include "app/glue/interrupt.h"
#include "app/glue/nearest.h"
#include "io/errors.h"
#include "kernels/cpu/isa.h"

namespace {

std::string version() {
  std::string text = "affetto " AFFETTO_VERSION ", instruction sets:";
  for (const kernels::Isa isa : kernels::available_isas()) {
    text += std::string(isa == kernels::active_isa() ? " *" : " ") + kernels::name_of(isa);
  }
  return text + (AFFETTO_WITH_CUDA ? ", CUDA device code compiled in" : ", without CUDA");
}

/// What a mistyped option or verb was probably meant to be.
std::optional<std::string> suggestion(const CLI::App& command, const std::vector<std::string>& extras) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* verb : command.get_subcommands({})) names.push_back(verb->get_name());
  for (const std::string& word : extras) {
    if (const auto name = app::nearest(word, names)) return "'" + word + "' is unknown; did you mean " + *name + "?";
  }
  return std::nullopt;
}

/// The library's message without its own advice, as our usage error.
app::UsageError usage_error(const CLI::ParseError& error, const CLI::App& cli) {
  const auto verbs = cli.get_subcommands();
  const CLI::App& command = verbs.empty() ? cli : *verbs.front();
  const std::string verb = verbs.empty() ? "" : " " + command.get_name();
  std::string why = error.what();
  if (verbs.empty() || dynamic_cast<const CLI::ExtrasError*>(&error)) {
    if (const auto meant = suggestion(command, command.remaining())) why = *meant;
  }
  return app::UsageError({"usage", "affetto" + verb, why, "affetto" + verb + " --help shows the options"});
}

int run(int argc, char** argv) {
  CLI::App cli(
      "Affetto: a primer and an emotion become a piece of music.\n\n"
      "  affetto generate --emotion happy -o happy.mid\n"
      "  affetto generate --primer tune.mid --emotion sad --audio sad.flac -o sad.mid\n"
      "  affetto generate --count 1000 --emotion calm -o pieces/\n",
      "affetto");
  cli.set_version_flag("--version", version());
  cli.require_subcommand(1);
  cli.fallthrough(false);
  app::Run command;
  app::add_generate(cli, command);
  app::add_evaluate(cli, command);
  app::add_train(cli, command);
  app::add_cluster(cli, command);
  app::add_render(cli, command);
  app::add_inspect(cli, command);
  app::add_package(cli, command);
  app::add_face(cli, command);
  app::add_doctor(cli, command);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.exit(error);  // --help and --version
    throw usage_error(error, cli);
  }
  return command();
}

}  // namespace

int main(int argc, char** argv) {
  app::watch_signals();
  try {
    const int code = run(argc, argv);
    // Data that did not reach standard output is a failure, not a success.
    if (std::fflush(stdout) != 0) {
      throw io::WriteError(
          {"write", "standard output", "it could not be written", "look at the pipe or disk it goes to"});
    }
    return code;
  } catch (const std::exception& error) {
    return app::report(error);
  }
}
