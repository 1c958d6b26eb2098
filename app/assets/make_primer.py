#!/usr/bin/python3
"""Writes primer.mid, the theme that ships: eight bars of our own, played with a little rubato.

Needs python3-mido:  ./make_primer.py primer.mid
The timing's small deviations are a fixed table, so the file is the same each time.
"""
import sys

import mido

PPQ = 480
BPM = 92
# (beat, pitch, beats, velocity): a melody over broken chords, C major leaning to A minor, 3/4.
MELODY = [
    (0, 76, 1.5, 84), (1.5, 74, 0.5, 74), (2, 72, 1, 78),
    (3, 71, 2, 80), (5, 69, 1, 72),
    (6, 72, 1.5, 82), (7.5, 74, 0.5, 76), (8, 76, 1, 84),
    (9, 79, 2.5, 90), (11.5, 77, 0.5, 78),
    (12, 76, 1, 84), (13, 74, 1, 78), (14, 72, 1, 76),
    (15, 74, 1.5, 80), (16.5, 71, 0.5, 72), (17, 67, 1, 70),
    (18, 69, 1, 76), (19, 72, 1, 80), (20, 71, 0.5, 74), (20.5, 69, 0.5, 72),
    (21, 72, 3, 84),
]
CHORDS = [(48, 55, 64), (43, 55, 62), (45, 52, 60), (48, 55, 64), (41, 53, 60), (43, 53, 59), (45, 53, 60), (48, 55, 64)]
DRIFT = [0, 7, -4, 11, 3, -6, 9, 2, -8, 5, 12, -3]  # ticks


def notes():
    for i, (beat, pitch, beats, velocity) in enumerate(MELODY):
        yield beat * PPQ + DRIFT[i % len(DRIFT)], pitch, beats * PPQ * 0.96, velocity
    for bar, chord in enumerate(CHORDS):
        for k, pitch in enumerate(chord):
            start = (bar * 3 + k) * PPQ + DRIFT[(bar * 5 + k) % len(DRIFT)]
            yield start, pitch, PPQ * (0.98 + 0.9 * (k == 0)), 58 - 4 * k


def main(path):
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name="Affetto primer"))
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM)))
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    events = []
    for start, pitch, length, velocity in notes():
        on = max(0, round(start))
        events.append((on, 1, pitch, velocity))
        events.append((on + round(length), 0, pitch, 0))
    now = 0
    for tick, on, pitch, velocity in sorted(events):
        kind = "note_on" if on else "note_off"
        track.append(mido.Message(kind, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    midi = mido.MidiFile(type=0, ticks_per_beat=PPQ)
    midi.tracks.append(track)
    midi.save(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "primer.mid")
