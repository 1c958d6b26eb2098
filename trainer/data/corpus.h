// The notes that a network learns from: every piece of a corpus, packed one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/data/note.h"

namespace trainer {

/// Pieces in packed arrays. Piece i owns the notes piece_begin[i] .. piece_begin[i + 1] - 1.
struct Corpus {
  std::vector<std::uint8_t> pitch;          ///< MIDI numbers, 0..127
  std::vector<float> step_s;                ///< seconds since the note before, >= 0, finite
  std::vector<float> duration_s;            ///< seconds, >= 0, finite
  std::vector<std::size_t> piece_begin{0};  ///< pieces() + 1 rising positions, the last is notes()
  std::vector<std::string> names;           ///< of each piece: where it came from
  std::size_t notes() const { return pitch.size(); }
  std::size_t pieces() const { return names.size(); }
  std::size_t length(std::size_t piece) const { return piece_begin[piece + 1] - piece_begin[piece]; }
  friend bool operator==(const Corpus&, const Corpus&) = default;
};

/// Adds a piece at the end. @throws engine::Error naming `name` for a pitch above 127 or a time that is negative or not
/// finite.
void append_piece(Corpus& corpus, const std::string& name, std::span<const engine::Note> notes);

/// The pieces named by `indices`, in that order. @throws std::out_of_range for an index beyond the pieces
Corpus select_pieces(const Corpus& corpus, std::span<const std::size_t> indices);

struct Split {
  Corpus train, validation;
};
/// Divides by piece, never inside one. A piece's side depends on (seed, its name) alone, so that it stays where it is
/// when others are added or the order changes; with two pieces or more neither side is empty.
/// @param validation_fraction  in (0, 1): the expected share of pieces that validate
Split split_by_piece(const Corpus& corpus, double validation_fraction, std::uint64_t seed);

/// Entropy in nats of the pitches that a model with window W predicts (notes W.. of every piece): what a model that
/// knows only how frequent each pitch is would score. 0 where there are no such notes.
double unigram_pitch_entropy(const Corpus& corpus, int window);

/// A corpus as the bytes of a note cache: magic and version, sizes, checksum, then names, piece lengths and notes,
/// little-endian (layout: corpus_bytes.cpp).
std::vector<std::uint8_t> to_bytes(const Corpus& corpus);
/// The reverse, for bytes of unknown origin: sizes, order, ranges and checksum are verified before anything is used.
/// @param where  file name for messages
/// @throws engine::Error naming what was found and what was expected
Corpus corpus_from_bytes(std::span<const std::uint8_t> bytes, const std::string& where);

}  // namespace trainer
