#!/usr/bin/python3
"""Measures what sampling figures do to the music: how near to a corpus, how far apart happy and sad.

    choose_sampling.py AFFETTO MODEL CORPUS_FOLDER [--pieces 48] [--notes 160] > table.md

For each setting it composes pieces without emotion, happy and sad, and prints
- pitch, interval: Jensen-Shannon divergence in bits (0 equal, 1 disjoint) between the histograms of the neutral pieces and
  of the corpus; interval is the distance to the previous note within 24 semitones, finer structure than pitch alone;
- repeats: share of notes that repeat the pitch before (corpus beside it);
- happy, sad: the same two divergences, notes per second, median duration in seconds and mean pitch of each;
- pace: notes per second, happy over sad; length: durations, sad over happy; register: mean pitch, happy minus sad, semitones.
Needs python3-mido.
"""
import argparse
import collections
import glob
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

import mido


def read_notes(path):
    """[(onset s, pitch, duration s)] in order."""
    notes, sounding, now = [], {}, 0.0
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity > 0:
            sounding.setdefault(message.note, []).append(now)
        elif message.type in ("note_off", "note_on") and sounding.get(message.note):
            start = sounding[message.note].pop(0)
            notes.append((start, message.note, now - start))
    return sorted(notes)


def histogram(values):
    counts = collections.Counter(values)
    total = sum(counts.values()) or 1
    return {key: count / total for key, count in counts.items()}


def divergence(p, q):
    def half(a):
        return sum(v * math.log2(2 * v / (p.get(k, 0) + q.get(k, 0))) for k, v in a.items() if v > 0)

    return (half(p) + half(q)) / 2


def intervals(pieces):
    return [max(-24, min(24, b[1] - a[1])) for piece in pieces for a, b in zip(piece, piece[1:])]


def describe(pieces):
    pitches = [note[1] for piece in pieces for note in piece]
    spans = [(len(piece) - 1) / max(piece[-1][0] - piece[0][0], 1e-3) for piece in pieces if len(piece) > 1]
    steps = intervals(pieces)
    return {
        "pitch": histogram(pitches),
        "interval": histogram(steps),
        "repeats": sum(s == 0 for s in steps) / max(1, len(steps)),
        "pace": statistics.median(spans),
        "length": statistics.median(note[2] for piece in pieces for note in piece),
        "register": statistics.mean(pitches),
    }


def compose(args, options, emotion):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([args.affetto, "generate", "--model", args.model, "--emotion", emotion, "--count", str(args.pieces), "--notes",
                        str(args.notes), "--seed", "1", "--quiet", "-o", os.path.join(folder, "out"), *options], check=True)
        return describe([read_notes(path) for path in sorted(glob.glob(os.path.join(folder, "out", "*.mid")))])


def corpus(args):
    files = sorted(glob.glob(os.path.join(args.corpus, "**", "*.mid*"), recursive=True))
    random.Random(1).shuffle(files)
    pieces = [read_notes(path)[:2000] for path in files[: args.corpus_files]]
    return describe([piece for piece in pieces if len(piece) > 100])


def mood(pieces, real):
    return (f"{divergence(pieces['pitch'], real['pitch']):.3f} {divergence(pieces['interval'], real['interval']):.3f}"
            f" {pieces['pace']:.1f} {pieces['length']:.2f} {pieces['register']:.1f}")


def settings():
    yield {"temperature": 2, "alpha": 0.5, "beta": 0.5, "modulation-sigma": 0.1, "top-p": 1}  # the seed's
    for temperature, alpha, beta in ((0.9, 0, 1), (1, 0, 1), (1, 8, 1), (1, 20, 1), (1, 40, 1), (1, 80, 1)):
        for sigma in (0.1, 0.15, 0.3):
            for top_p in (1, 0.95):
                yield {"temperature": temperature, "alpha": alpha, "beta": beta, "modulation-sigma": sigma, "top-p": top_p}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("affetto")
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--pieces", type=int, default=48)
    parser.add_argument("--notes", type=int, default=160)
    parser.add_argument("--corpus-files", type=int, default=60)
    args = parser.parse_args()
    real = corpus(args)
    print(f"corpus: repeats {real['repeats']:.3f}, pace {real['pace']:.1f} notes/s, length {real['length']:.3f} s, register {real['register']:.1f}\n")
    print("| temperature | alpha | beta | sigma | top-p | pitch | interval | repeats | pace happy/sad | length sad/happy | register happy-sad | happy | sad |")
    print("|" + "---|" * 13)
    for setting in settings():
        options = [text for name, value in setting.items() for text in (f"--{name}", str(value))]
        neutral, happy, sad = (compose(args, options, emotion) for emotion in ("neutral", "happy", "sad"))
        print("| " + " | ".join(str(value) for value in setting.values()) +
              f" | {divergence(neutral['pitch'], real['pitch']):.3f} | {divergence(neutral['interval'], real['interval']):.3f}"
              f" | {neutral['repeats']:.3f} | {happy['pace'] / sad['pace']:.2f} | {sad['length'] / happy['length']:.2f}"
              f" | {happy['register'] - sad['register']:+.1f} | {mood(happy, real)} | {mood(sad, real)} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
