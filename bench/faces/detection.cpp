// How many faces of a folder of photographs are found, and how fast: bench_faces FOLDER
//
// FOLDER holds pictures and labels.csv with the columns file, n_faces and face_box_xywh ("X Y W H", or empty). A box is
// met if the largest face that was found overlaps it by half of what both cover (IoU 0.5). For each picture: its size,
// milliseconds to read it, to look for faces and to cut the first one out, and what was found.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sstream>
#include <vector>

#include "app/face/choose.h"
#include "app/face/detector.h"
#include "app/glue/csv.h"
#include "app/glue/exit_codes.h"
#include "app/glue/resources.h"
#include "io/picture/read_picture.h"

namespace {

struct Photo {
  std::string file;
  int faces = 0;  ///< that it shows
  std::optional<engine::PixelBox> box;
};

std::vector<Photo> photos_of(const std::filesystem::path& folder) {
  const app::CsvTable table = app::read_csv(folder / "labels.csv");
  const std::size_t file = table.need({"file"}), faces = table.need({"n_faces"}), box = table.need({"face_box_xywh"});
  std::vector<Photo> photos;
  for (const auto& row : table.rows) {
    Photo photo{row[file], std::atoi(row[faces].c_str()), std::nullopt};
    engine::PixelBox read;
    std::istringstream numbers(row[box]);
    if (numbers >> read.x >> read.y >> read.width >> read.height) photo.box = read;
    photos.push_back(photo);
  }
  return photos;
}

double overlap(const engine::PixelBox& a, const engine::PixelBox& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / (double{1} * a.width * a.height + double{1} * b.width * b.height - both);
}

/// Milliseconds since it was made, or since it was last asked.
class Watch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

struct Tally {
  int boxes = 0, met = 0, with_face = 0, found = 0, without = 0, falsely = 0;
  std::vector<double> times;
};

void look(const std::filesystem::path& folder, const Photo& photo, app::FaceDetector& detector, Tally& tally) {
  Watch watch;
  const engine::Picture picture = io::read_picture(folder / photo.file).picture;
  const double reading = watch.lap();
  const engine::Picture grey = engine::to_grey(picture);
  const std::vector<engine::Face> faces = detector.find(grey);
  const double looking = watch.lap();
  if (!faces.empty()) (void)engine::crop_face(grey, engine::frame_of(faces.front()));
  const double cutting = watch.lap();
  tally.times.push_back(reading + looking + cutting);
  (photo.faces > 0 ? tally.with_face : tally.without) += 1;
  if (!faces.empty()) (photo.faces > 0 ? tally.found : tally.falsely) += 1;
  std::string verdict = faces.empty() == (photo.faces == 0) ? "" : faces.empty() ? "none found" : "found falsely";
  if (photo.box) {
    const double share = faces.empty() ? 0 : overlap(faces.front().box, *photo.box);
    tally.boxes += 1;
    tally.met += share >= 0.5;
    if (share < 0.5) verdict += " box missed";
  }
  std::printf("%-20s %4d x %-4d %6.1f %6.1f %6.1f ms %3zu of %d", photo.file.c_str(), picture.width, picture.height,
              reading, looking, cutting, faces.size(), photo.faces);
  if (!faces.empty()) {
    const engine::Face& face = faces.front();
    std::printf("  %d,%d,%d leaning %.0f seen %d times", face.box.x, face.box.y, face.box.width, face.roll_degrees,
                face.agreeing);
  }
  std::printf("  %s\n", verdict.c_str());
}

int run(const std::filesystem::path& folder) {
  app::FaceDetector detector(app::find_cascades());
  Tally tally;
  for (const Photo& photo : photos_of(folder)) look(folder, photo, detector, tally);
  if (tally.times.empty()) throw std::runtime_error("labels.csv names no picture");
  std::ranges::sort(tally.times);
  std::printf("boxes met %d of %d; a face found in %d of %d pictures with one, and in %d of %d without\n", tally.met,
              tally.boxes, tally.found, tally.with_face, tally.falsely, tally.without);
  std::printf("median %.1f ms, slowest %.1f ms\n", tally.times[tally.times.size() / 2], tally.times.back());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_faces FOLDER\n");
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    return app::report(error);
  }
}
