// Folders of labelled faces.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/face/spec.h"
#include "trainer/face/batch.h"

namespace app {

/// One part of a corpus: training, validation, test.
struct LabelledFaces {
  trainer::FaceSet set;
  std::vector<int> signs;  ///< [count] happy (+1) or sad (-1) beyond doubt, 0: neither, by the table's column pm1
};

struct FaceCorpus {
  std::map<std::string, LabelledFaces> parts;  ///< by name: "train", "validation", "test"
  std::size_t left_out = 0;                    ///< pictures that could not be read, told as warnings
};

struct FaceCorpusOptions {
  double vote_share = 0;             ///< what the taggers' votes count in a target, where a table has them; the rest is
                                     ///< the label
  double validation_fraction = 0.1;  ///< of pictures whose part nothing names
  std::string only;                  ///< part whose pictures are read; empty: all
  int threads = 0;                   ///< 0: as many as the processor has
};

/// A folder with a table labels.csv (columns file, label or fer_label, and where it has them split, pm1, and votes
/// v_neutral, v_happiness, v_surprise, v_sadness, v_anger, v_disgust, v_fear), or with a folder of pictures for each
/// class, on their own or below folders train, val and test. Pictures are faces already; the middle square of each is
/// brought to the network's size.
/// @throws io::FormatError for a folder without faces, or without the part that is asked for, a table without its
/// columns, a class that the network does not
///         have
FaceCorpus read_face_corpus(const std::filesystem::path& folder, const engine::FaceSpec& spec,
                            const FaceCorpusOptions& options);

}  // namespace app
