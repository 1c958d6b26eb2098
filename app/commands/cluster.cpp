#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cluster/labels.h"
#include "app/cluster/picture.h"
#include "app/commands/commands.h"
#include "app/glue/corpus.h"
#include "app/glue/exit_codes.h"
#include "app/glue/outputs.h"
#include "app/glue/split.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct ClusterCommand {
  std::vector<std::string> data, labels;
  std::string split, check_split, output;
  bool raw = false, force = false, json = false, strict_midi = false;
  int restarts = engine::KMeansOptions{}.restarts;
  std::uint64_t seed = engine::KMeansOptions{}.seed;
  int window = 0;  ///< notes that one point is measured over; 0: whole pieces
};

/// Points to fit, with what people said about their pieces.
struct Measured {
  std::vector<engine::Features> features;
  std::vector<engine::Mood> moods;
  std::vector<std::string> names;  ///< of the labels, empty where there is none
  std::size_t pieces = 0, left_out = 0;
};

/// The whole piece, or consecutive windows of it without the rest; a piece shorter than one window stays whole.
std::vector<std::span<const engine::Note>> cut(std::span<const engine::Note> notes, std::size_t window) {
  if (window == 0 || notes.size() <= window) return {notes};
  std::vector<std::span<const engine::Note>> parts;
  for (std::size_t t = 0; t + window <= notes.size(); t += window) parts.push_back(notes.subspan(t, window));
  return parts;
}

Measured measure(const ClusterCommand& c, const std::string& split, const Labels& labels) {
  const Corpus corpus = read_corpus_pieces(corpus_files(c.data, split), c.strict_midi);
  Measured measured;
  measured.pieces = corpus.pieces.size();
  measured.left_out = corpus.left_out;
  for (const FolderPiece& piece : corpus.pieces) {
    const auto it = labels.empty() ? labels.end() : labels.find(same_form(piece.file));
    for (const auto part : cut(piece.notes, static_cast<std::size_t>(c.window))) {
      measured.features.push_back(engine::features_of(part));
      measured.moods.push_back(it == labels.end() ? engine::Mood::unknown : it->second.mood);
      measured.names.push_back(it == labels.end() ? "" : it->second.name);
    }
  }
  return measured;
}

fs::path picture_of(const ClusterCommand& c) { return fs::path(c.output).replace_extension(".svg"); }

void check_command(const ClusterCommand& c) {
  if (c.restarts < 1 || c.restarts > 10000) {
    throw UsageError({"usage", "--restarts", std::to_string(c.restarts) + " is not in 1 to 10000", "20 is plenty"});
  }
  if (c.window < 0 || c.window == 1 || c.window > 100000) {
    throw UsageError({"usage", "--window", std::to_string(c.window) + " is not in 2 to 100000",
                      "0 measures whole pieces; generation measures its model's window and one note"});
  }
  if (fs::path(c.output).extension() == ".svg") {
    throw UsageError({"usage", "-o " + c.output, "this is the name of the picture", "end it in .json"});
  }
  if (!c.check_split.empty() && c.labels.empty()) {
    throw UsageError({"usage", "--check-split", "without labels there is nothing to check", "add --labels CSV"});
  }
  check_free(c.output, c.force);
  check_free(picture_of(c).string(), c.force);
}

/// Corpora by the names of their folders, so that the text is the same on every machine.
std::string source_text(const ClusterCommand& c, const Measured& measured) {
  std::string text = "k-means on ";
  if (c.window)
    text += counted(measured.features.size(), "window") + " of " + std::to_string(c.window) + " notes from ";
  text += counted(measured.pieces, "piece") + " of ";
  for (std::size_t i = 0; i < c.data.size(); ++i) {
    text += (i ? ", " : "") + same_form(c.data[i]).filename().string();
  }
  if (!c.split.empty()) text += " (" + c.split.substr(c.split.rfind(':') + 1) + ")";
  return text + (c.raw ? ", raw" : ", standardised") + ", " + counted(static_cast<std::size_t>(c.restarts), "restart") +
         ", seed " + std::to_string(c.seed);
}

engine::ClusterFit fit(const ClusterCommand& c, const Measured& pieces) {
  const std::set<engine::Features> distinct(pieces.features.begin(), pieces.features.end());
  if (distinct.size() < 2) {
    throw io::FormatError({"cluster", c.data.front(),
                           counted(distinct.size(), "piece") + " with features of its own, two clusters need two",
                           "name more data with --data DIR"});
  }
  engine::ClusterOptions options;
  options.standardise = !c.raw;
  options.k_means.restarts = c.restarts;
  options.k_means.seed = c.seed;
  engine::ClusterFit result = engine::fit_clusters(pieces.features, pieces.moods, options);
  result.clusters.source = source_text(c, pieces);
  return result;
}

Json agreement_json(const engine::Agreement& a) {
  return {{"labelled", a.labelled()},
          {"agreement", a.share()},
          {"balanced_accuracy", a.balanced()},
          {"happy", {{"in_happy", a.happy_in_happy}, {"in_sad", a.happy_in_sad}}},
          {"sad", {{"in_happy", a.sad_in_happy}, {"in_sad", a.sad_in_sad}}}};
}

/// How many pieces of each label lie in which cluster, the labels without a mood too.
Json by_label(const engine::Clusters& clusters, const Measured& pieces) {
  std::map<std::string, std::array<std::size_t, 2>> counts;
  for (std::size_t i = 0; i < pieces.names.size(); ++i) {
    if (pieces.names[i].empty()) continue;
    ++counts[pieces.names[i]][engine::mood_of(clusters, pieces.features[i]) == engine::Mood::happy ? 0 : 1];
  }
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = {{"in_happy", count[0]}, {"in_sad", count[1]}};
  return json;
}

Json labels_json(const engine::Clusters& clusters, const Measured& pieces) {
  Json json = agreement_json(engine::agreement_of(clusters, pieces.features, pieces.moods));
  json["by_label"] = by_label(clusters, pieces);
  return json;
}

Json report_of(const ClusterCommand& c, const engine::ClusterFit& fit, const Measured& pieces) {
  Json json = {{"file", c.output},
               {"picture", picture_of(c).string()},
               {"source", fit.clusters.source},
               {"pieces", pieces.pieces},
               {"points", pieces.features.size()},
               {"window", c.window},
               {"files_left_out", pieces.left_out},
               {"standardised", !c.raw},
               {"sizes", {{"happy", fit.happy}, {"sad", fit.sad}}},
               {"inertia", fit.inertia},
               {"iterations", fit.iterations},
               {"converged", fit.converged},
               {"restarts", c.restarts},
               {"seed", c.seed},
               {"named_by", fit.named_by_labels ? "labels" : "rule"}};
  json["labels"] = c.labels.empty() ? Json() : labels_json(fit.clusters, pieces);
  return json;
}

void print_labels(const std::string& row, const Json& labels, const std::string& unit) {
  if (labels.is_null() || labels["labelled"] == 0) return;
  print_row(row, fixed(100 * labels["agreement"].get<double>(), 1) + " % of " +
                     counted(labels["labelled"].get<std::size_t>(), "labelled " + unit) + ", balanced " +
                     fixed(100 * labels["balanced_accuracy"].get<double>(), 1) + " % (chance 50 %)");
  for (const auto& [name, count] : labels["by_label"].items()) {
    print_row("  " + name, std::to_string(count["in_happy"].get<std::size_t>()) + " in happy, " +
                               std::to_string(count["in_sad"].get<std::size_t>()) + " in sad");
  }
}

void print_report(const Json& r) {
  print_row("clusters", r["file"].get<std::string>());
  print_row("picture", r["picture"].get<std::string>());
  print_row("pieces",
            r["pieces"].dump() +
                (r["window"] == 0 ? "" : ", " + r["points"].dump() + " windows of " + r["window"].dump() + " notes") +
                (r["standardised"].get<bool>() ? ", standardised" : ", raw") + " features");
  print_row("sizes", std::to_string(r["sizes"]["happy"].get<std::size_t>()) + " happy, " +
                         std::to_string(r["sizes"]["sad"].get<std::size_t>()) + " sad, named by " +
                         (r["named_by"] == "labels" ? "labels" : "rule: the quicker one is happy"));
  print_row("inertia", fixed(r["inertia"].get<double>(), 3) + " after " + r["iterations"].dump() +
                           " iterations, best of " + r["restarts"].dump() + " starts");
  const std::string unit = r["window"] == 0 ? "piece" : "window";
  print_labels("agreement", r["labels"], unit);
  if (r.contains("check")) print_labels("check", r["check"], unit);
}

/// What makes a result doubtful.
void warn_about(const ClusterCommand& c, const engine::ClusterFit& fit) {
  constexpr double kFew = 0.05;
  if (!fit.converged) warn("cluster: the best start had not converged; another --seed may");
  const std::size_t fewer = std::min(fit.happy, fit.sad), all = fit.happy + fit.sad;
  if (static_cast<double>(fewer) < kFew * static_cast<double>(all)) {
    warn("cluster: one cluster holds " + std::to_string(fewer) + " of " + std::to_string(all) +
         " points: outliers rather than an emotion; more varied data may help");
  }
  if (!c.labels.empty() && !fit.named_by_labels) {
    warn("cluster: the labels do not tell which cluster is happy (" +
         counted(fit.agreement.labelled(), c.window ? "labelled window" : "labelled piece") + "): the quicker one is");
  }
}

int run_cluster(const ClusterCommand& c) {
  check_command(c);
  const Labels labels = read_labels(c.labels);
  const Measured pieces = measure(c, c.split, labels);
  const engine::ClusterFit fitted = fit(c, pieces);
  warn_about(c, fitted);
  Json report = report_of(c, fitted, pieces);
  if (!c.check_split.empty()) {
    report["check"] = labels_json(fitted.clusters, measure(c, c.check_split, labels));
    report["check"]["split"] = c.check_split;
  }
  io::write_file(picture_of(c), draw_clusters(fitted.clusters, pieces.features, c.window ? "windows" : "pieces"),
                 existing(c.force));
  io::write_file(c.output, engine::format_clusters(fitted.clusters) + "\n", existing(c.force));
  if (c.json) {
    std::printf("%s\n", report.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_report(report);
  }
  return kDone;
}

}  // namespace

void add_cluster(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("cluster", "Find the happy and the sad centre of a collection of MIDI files");
  auto c = std::make_shared<ClusterCommand>();
  command->add_option("--data", c->data, "folder with MIDI files; may be given several times")->required();
  command->add_option("--labels", c->labels, "CSV with the columns file and quadrant (Q1 happy, Q3 sad) or label");
  command->add_option("--split", c->split, "CSV:NAME: only files of this part (column split)");
  command->add_option("--check-split", c->check_split, "CSV:NAME: measure agreement on this part, which is not fitted");
  command->add_option("-o,--output", c->output, "centres as JSON; a picture is written beside it (.svg)")->required();
  command->add_flag("--raw", c->raw, "leave features in their units: pitch then decides nearly alone");
  command->add_option("--window", c->window,
                      "measure runs of so many notes, as generation does, instead of whole pieces");
  command->add_option("--restarts", c->restarts, "starts to try")->capture_default_str();
  command->add_option("--seed", c->seed, "of the starts")->capture_default_str();
  command->add_flag("--strict-midi", c->strict_midi, "leave out files with any oddity");
  command->add_flag("--force", c->force, "replace files that exist");
  command->add_flag("--json", c->json, "print one JSON document");
  command->footer("Example:\n  affetto cluster --data emopia/ --labels emopia/labels.csv -o clusters.json");
  command->callback([c, &run] { run = [c] { return run_cluster(*c); }; });
}

}  // namespace app
