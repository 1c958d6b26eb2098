#include "app/train/face_evaluation.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/face/model.h"
#include "app/glue/exit_codes.h"
#include "app/glue/outputs.h"
#include "app/glue/progress.h"
#include "app/glue/stages.h"
#include "app/train/face_pictures.h"
#include "engine/face/mirror.h"
#include "engine/face/network.h"
#include "engine/face/reading.h"
#include "engine/face/scores.h"
#include "io/draw/draw.h"
#include "io/errors.h"
#include "io/files/write_file.h"

namespace app {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> classify(const engine::FaceModel& model, const trainer::FaceSet& set, int threads) {
  const std::size_t pixels = set.side * set.side;
  std::vector<float> pictures(set.count() * pixels);
  for (std::size_t i = 0; i < set.count(); ++i)
    engine::standardise(set.picture(i), std::span(pictures).subspan(i * pixels, pixels));
  std::vector<double> probabilities(set.count() * set.classes);
  engine::FaceNetwork network(model, threads);
  engine::classify_both_ways(network, pictures, probabilities);
  return probabilities;
}

void write_confusion(const FaceEvaluationCommand& c, const engine::FaceScores& scores, const engine::FaceSpec& spec) {
  if (c.confusion.empty()) return;
  io::MatrixChart chart{.title = "Read as, of " + counted(scores.pictures, "picture"),
                        .x_label = "read",
                        .y_label = "label",
                        .rows = spec.classes,
                        .columns = spec.classes,
                        .cells = {}};
  for (const auto& row : scores.confusion) chart.cells.emplace_back(row.begin(), row.end());
  io::write_file(c.confusion, io::draw_matrix(chart), existing(c.force));
}

/// Of each class's pictures the share that is read right; null where there are none.
Json by_class(const engine::FaceScores& scores, const engine::FaceSpec& spec) {
  Json shares = Json::object();
  for (std::size_t k = 0; k < spec.classes.size(); ++k) {
    std::size_t all = 0;
    for (const std::size_t n : scores.confusion[k]) all += n;
    shares[spec.classes[k]] =
        all == 0 ? Json() : Json(static_cast<double>(scores.confusion[k][k]) / static_cast<double>(all));
  }
  return shares;
}

void print_report(const Json& r) {
  const auto percent = [&](const Json& value) { return fixed(100 * value.get<double>(), 2) + " %"; };
  print_row("model", r["model"].get<std::string>());
  print_row("pictures", r["pictures"].dump() + " of the part " + r["part"].get<std::string>());
  print_row("accuracy", percent(r["accuracy"]) + ", balanced over classes " + percent(r["balanced_accuracy"]));
  std::string by_class;
  for (const auto& [name, share] : r["accuracy_by_class"].items())
    by_class += (by_class.empty() ? "" : ", ") + name + " " + (share.is_null() ? "none" : percent(share));
  print_row("by class", by_class);
  print_row("loss", fixed(r["loss"].get<double>(), 4) + " nats");
  print_row("calibration", percent(r["calibration_error"]) + " between what it says and how often that is so");
  const Json& sure = r["sure"];
  print_row("sure", percent(sure["share"]) + " of the pictures, read right " + percent(sure["accuracy"]) +
                        "; guesses right " + percent(sure["guess_accuracy"]));
  if (r["sign_pictures"].get<std::size_t>() > 0) {
    print_row("happy or sad", percent(r["sign_accuracy"]) + ", balanced " + percent(r["sign_balanced_accuracy"]) +
                                  ", of " + r["sign_pictures"].dump() + " that are either beyond doubt");
  }
  print_row("time", human_seconds(r["seconds"].get<double>()) + ", " +
                        human_count(r["pictures"].get<double>() / std::max(1e-9, r["seconds"].get<double>())) +
                        " pictures/s");
}

}  // namespace

int evaluate_faces(const FaceEvaluationCommand& c) {
  check_free(c.confusion, c.force);
  const OpenedFaceModel opened = open_face_model(c.model);
  const engine::FaceSpec& spec = opened.model.spec;
  const std::string part = c.part.empty() ? "test" : c.part == "val" ? "validation" : c.part;
  const FaceCorpus corpus = read_face_corpus(c.faces, spec, {.only = part, .threads = c.threads});
  const LabelledFaces& faces = corpus.parts.at(part);  // reading has refused to leave none
  Stages stages;
  const trainer::FaceSet& set = faces.set;
  const auto probabilities = stages.time("read", [&] { return classify(opened.model, set, c.threads); });
  const engine::FaceScores scores = engine::face_scores(probabilities, set.labels, set.classes);
  const engine::SureScores sure = engine::sure_scores(probabilities, set.labels, set.classes, engine::kSureFace);
  const engine::SignScores signs = engine::sign_scores(probabilities, faces.signs, spec.classes);
  write_confusion(c, scores, spec);
  const Json report = {{"model", opened.file.string()},
                       {"model_sha256", opened.sha256},
                       {"part", part},
                       {"pictures", scores.pictures},
                       {"left_out", corpus.left_out},
                       {"accuracy", scores.accuracy},
                       {"balanced_accuracy", scores.balanced_accuracy},
                       {"accuracy_by_class", by_class(scores, spec)},
                       {"loss", scores.loss},
                       {"calibration_error", scores.calibration_error},
                       {"sure",
                        {{"threshold", engine::kSureFace},
                         {"share", sure.share},
                         {"accuracy", sure.accuracy},
                         {"guess_accuracy", sure.guess_accuracy}}},
                       {"sign_pictures", signs.pictures},
                       {"sign_accuracy", signs.accuracy},
                       {"sign_balanced_accuracy", signs.balanced_accuracy},
                       {"classes", spec.classes},
                       {"confusion", scores.confusion},
                       {"seconds", stages["read"]}};
  if (c.json) {
    std::printf("%s\n", report.dump(1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_report(report);
  }
  return kDone;
}

}  // namespace app
