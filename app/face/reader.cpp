#include "app/face/reader.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "app/glue/exit_codes.h"
#include "engine/face/mirror.h"
#include "engine/face/network.h"
#include "io/errors.h"
#include "io/picture/read_picture.h"
#include "kernels/cpu/team.h"

namespace app {
namespace {

namespace fs = std::filesystem;

/// Pictures that are opened before they are read together: enough to keep all cores busy, few enough to answer soon.
constexpr std::size_t kBatch = 256;

/// Opens a picture and cuts out the face; everything but the reading.
FaceResult prepare(const fs::path& file, const FaceOptions& options, std::optional<FaceDetector>& detector,
                   engine::Picture* picture) {
  FaceResult result;
  result.file = file;
  io::PictureFile opened = io::read_picture(file);
  result.warnings = std::move(opened.warnings);
  result.face = choose_face(opened.picture, file.string(), options, detector);
  if (picture != nullptr) *picture = std::move(opened.picture);
  return result;
}

std::string lower_extension(const fs::path& file) {
  std::string text = file.extension().string();
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return text;
}

}  // namespace

FaceReader::FaceReader(const std::string& model, const char* option, const FaceDevice& device)
    : model_(open_face_model(model, option)), classifier_(make_face_classifier(device, model_.model)) {}

FaceResult FaceReader::read(const fs::path& file, const FaceOptions& options, engine::Picture* picture) {
  std::vector<FaceResult> one;
  one.push_back(prepare(file, options, detector_, picture));
  classify(one);
  return std::move(one.front());
}

void FaceReader::classify(std::vector<FaceResult>& results) {
  std::vector<FaceResult*> good;
  for (FaceResult& result : results) {
    if (result.problem.empty()) good.push_back(&result);
  }
  constexpr std::size_t kPixels = std::size_t{engine::kFaceSide} * engine::kFaceSide;
  const std::size_t classes = model_.model.spec.classes.size();
  std::vector<float> pictures(good.size() * kPixels);
  std::vector<double> probabilities(good.size() * classes);
  for (std::size_t i = 0; i < good.size(); ++i)
    engine::standardise(good[i]->face.pixels.pixels, std::span(pictures).subspan(i * kPixels, kPixels));
  engine::classify_both_ways(*classifier_, pictures, probabilities);
  for (std::size_t i = 0; i < good.size(); ++i)
    good[i]->reading = engine::read_face(model_.model.spec, std::span(probabilities).subspan(i * classes, classes));
}

bool FaceReader::read_all(const std::vector<fs::path>& files, const FaceOptions& options,
                          const std::function<void(const FaceResult&)>& sink, std::stop_token stop) {
  kernels::Team team(0);
  std::vector<std::optional<FaceDetector>> detectors(static_cast<std::size_t>(team.size()));
  for (std::size_t first = 0; first < files.size(); first += kBatch) {
    std::vector<FaceResult> results(std::min(kBatch, files.size() - first));
    std::atomic<std::size_t> next{0};
    team.run(team.size(), [&](int member) {
      for (std::size_t i = next++; i < results.size() && !stop.stop_requested(); i = next++) {
        const fs::path& file = files[first + i];
        try {
          results[i] = prepare(file, options, detectors[static_cast<std::size_t>(member)], nullptr);
        } catch (const UsageError&) {
          throw;  // of the command, not of this picture
        } catch (const engine::Error& error) {
          results[i].file = file;
          results[i].problem = error.problem().why;
        }
      }
    });
    if (stop.stop_requested()) return false;
    classify(results);
    for (const FaceResult& result : results) sink(result);
  }
  return true;
}

std::vector<fs::path> picture_files(const fs::path& folder) {
  static constexpr std::array kExtensions = {".jpg", ".jpeg", ".png", ".webp", ".pgm", ".ppm"};
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       at != end && !error; at.increment(error)) {
    if (at->is_regular_file(error) && std::ranges::count(kExtensions, lower_extension(at->path())) > 0)
      files.push_back(at->path());
  }
  if (error) throw io::FormatError({"read folder", folder.string(), error.message(), "name a folder of pictures"});
  if (files.empty()) {
    throw io::FormatError({"read folder", folder.string(), "it holds no picture (.jpg .jpeg .png .webp .pgm .ppm)",
                           "name a folder of pictures, or one picture"});
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace app
