// How the next note is chosen from the network's outputs, as semantics.md writes it, in double. The definition.
#pragma once

#include <optional>
#include <span>

#include "engine/data/emotion.h"
#include "engine/emotion/clusters.h"
#include "engine/generate/decoder.h"
#include "engine/generate/reference/network.h"
#include "kernels/math/philox.h"

namespace engine::reference {

/// -1, 0 or 1.
int sign(double x);

/// score(x_i, l) for every candidate pitch i: 1 - exp(d_l) / (exp(d_1) + exp(d_2)), without overflow.
/// @param window  the last min(W, t) notes, as played
/// @param label   +1 happy, -1 sad
Vector emotion_scores(const Clusters& clusters, std::span<const Note> window, const Outputs& outputs, int label);

/// softmax((alpha score + beta logit) / temperature) with the tail cut by top_k and top_p, not renormalised.
Vector probabilities(const Vector& logits, const Vector& scores, const Sampling& sampling);

/// The chosen candidate.
/// @param note  index among the notes generated for this piece
int draw(const Vector& p, const Vector& logits, const Vector& scores, const Sampling& sampling, const PieceKey& key,
         std::uint32_t note, NoteTrace* trace);

/// gamma (purpose step) or delta (purpose duration).
double modulation(const Sampling& sampling, double sigma, const PieceKey& key, std::uint32_t note,
                  kernels::Purpose purpose);

/// The played note.
Note choose_note(const Outputs& outputs, std::span<const Note> window, const std::optional<Clusters>& clusters,
                 const Expression& expression, const PieceKey& key, std::uint32_t note, NoteTrace* trace);

}  // namespace engine::reference
