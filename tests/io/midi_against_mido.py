"""Our MIDI reader and writer against mido, a reader and writer that is not ours.

    midi_against_mido.py MIDI_DUMP [FILE...]

Makes files with mido from a fixed seed, lets midi_dump read them, pairs mido's own messages here by the rules of
io/midi/read.h, and compares every note. Then midi_dump writes them again and mido reads that. With FILEs only the
reading of these is compared. Exit code 77 (skipped) where mido is not installed.
"""

import collections
import os
import random
import subprocess
import sys
import tempfile

try:
    import mido
except ImportError:
    print("skipped: no module mido; Debian and Ubuntu: apt-get install python3-mido")
    sys.exit(77)

SEEDS = range(60)
DRUMS = 9
Note = collections.namedtuple("Note", "kind track channel program pitch velocity onset end")


def tempo_map(midi):
    """[(tick, seconds, tempo)] of all tracks merged."""
    changes = []
    for index, track in enumerate(midi.tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                changes.append((tick, index, message.tempo))
    changes.sort(key=lambda c: c[:2])  # stable: of one track and tick the last stays last
    segments = [(0, 0.0, 500000)]
    for tick, _, tempo in changes:
        before, seconds, old = segments[-1]
        segments.append((tick, seconds + mido.tick2second(tick - before, midi.ticks_per_beat, old), tempo))
    return segments


def seconds_at(segments, ticks_per_beat, tick):
    low, high = 0, len(segments)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if segments[middle][0] <= tick else (low, middle)
    start, seconds, tempo = segments[low]
    return seconds + mido.tick2second(tick - start, ticks_per_beat, tempo)


def pair(track):
    """[(channel, program or None, pitch, velocity, onset, end)] in ticks, and [(tick, channel, program)]."""
    notes, programs, changes, tick = [], {}, [], 0
    earlier, now, owed = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    for message in track:
        tick += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
            changes.append((tick, message.channel, message.program))
        if message.type not in ("note_on", "note_off"):
            continue
        key = (message.channel, message.note)
        if now[key] and now[key][0][4] != tick:
            earlier[key] += now.pop(key)
        if message.type == "note_on" and message.velocity > 0:
            note = [message.channel, programs.get(message.channel), message.note, message.velocity, tick, None]
            notes.append(note)
            now[key].append(note)
            continue
        ended = earlier if earlier[key] else None if owed[key] else now
        if ended is None:
            owed[key] -= 1
        elif ended[key]:
            owed[key] += len(ended[key]) - 1
            for note in ended.pop(key):
                note[5] = tick
    for note in notes:
        note[5] = tick if note[5] is None else note[5]
    return notes, changes


def notes_by_mido(path):
    midi = mido.MidiFile(path, clip=True)
    segments, paired = tempo_map(midi), [pair(track) for track in midi.tracks]
    changes = collections.defaultdict(list)
    for index, (_, own) in enumerate(paired):
        for tick, channel, program in own:
            changes[channel].append((tick, index, program))
    for listed in changes.values():
        listed.sort(key=lambda c: c[:2])
    result = []
    for index, (notes, _) in enumerate(paired):
        for channel, program, pitch, velocity, onset, end in notes:
            if program is None:
                program = next((p for t, _, p in reversed(changes[channel]) if t <= onset), 0)
            times = [seconds_at(segments, midi.ticks_per_beat, t) for t in (onset, end)]
            result.append(Note("drum" if channel == DRUMS else "note", index, channel, program, pitch, velocity, *times))
    return result


def notes_by_us(dump, paths):
    """Per path the notes that midi_dump prints."""
    text = subprocess.run([dump, *paths], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in text.splitlines():
        if line.startswith("file "):
            notes = found.setdefault(line[5:], [])
            continue
        kind, track, channel, program, pitch, velocity, onset, end = line.split()
        notes.append(Note(kind, int(track), int(channel), int(program), int(pitch), int(velocity), float(onset), float(end)))
    return found


def sort_key(note):
    return (note.kind, note.track, note.channel, note.pitch, round(note.onset, 6), round(note.end, 6), note.velocity)


def compare(ours, theirs, tolerance, what):
    assert len(ours) == len(theirs), f"{what}: {len(ours)} notes, mido has {len(theirs)}"
    for a, b in zip(sorted(ours, key=sort_key), sorted(theirs, key=sort_key)):
        close = abs(a.onset - b.onset) <= tolerance and abs(a.end - b.end) <= tolerance
        assert close and a[:6] == b[:6], f"{what}: ours {a}, mido {b}"


def random_track(rng, midi, tempos):
    track = mido.MidiTrack()
    channels = rng.sample(range(16), rng.choice([1, 1, 2, 4]))
    open_notes = []
    for _ in range(rng.randrange(1, 250)):
        delta = rng.choice([0, 0, rng.randrange(1, 40), rng.randrange(1, 4 * midi.ticks_per_beat)])
        kind, channel = rng.random(), rng.choice(channels)
        if kind < 0.05:
            track.append(mido.Message("program_change", channel=channel, program=rng.randrange(128), time=delta))
        elif kind < 0.1:
            track.append(mido.Message("control_change", channel=channel, control=64, value=rng.randrange(128), time=delta))
        elif kind < 0.12:
            track.append(mido.Message("sysex", data=[rng.randrange(128) for _ in range(rng.randrange(200))], time=delta))
        elif kind < 0.15 and tempos:
            track.append(mido.MetaMessage("set_tempo", tempo=rng.randrange(100000, 2000000), time=delta))
        elif kind < 0.17:
            track.append(mido.MetaMessage("text", text="x" * rng.randrange(300), time=delta))
        elif kind < 0.6 or not open_notes:
            note = (channel, rng.randrange(40, 52))  # few pitches, many overlaps
            open_notes.append(note)
            velocity = rng.randrange(1, 128)
            track.append(mido.Message("note_on", channel=note[0], note=note[1], velocity=velocity, time=delta))
        else:
            channel, pitch = open_notes.pop(rng.randrange(len(open_notes)))
            kind = rng.choice(["note_on", "note_off"])
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=0, time=delta))
    for channel, pitch in open_notes:
        track.append(mido.Message("note_off", channel=channel, note=pitch, velocity=64, time=rng.randrange(1, 100)))
    return track


def random_file(seed, path):
    rng = random.Random(seed)
    midi = mido.MidiFile(type=rng.choice([0, 1, 1]), ticks_per_beat=rng.choice([24, 96, 480, 1024]))
    for index in range(1 if midi.type == 0 else rng.randrange(1, 8)):
        midi.tracks.append(random_track(rng, midi, tempos=index == 0 or seed % 3 == 0))
    midi.save(path)


def as_written(notes, tick_s):
    """What the rules of io/midi/write.h make of these notes: no track nor channel, and times in ticks."""
    groups = collections.defaultdict(list)
    for n in notes:
        onset, end = int(n.onset / tick_s + 0.5), int(n.end / tick_s + 0.5)
        # All drums share a track and thereby their pitches, whatever their kit.
        group = (n.kind, None if n.kind == "drum" else n.program, n.pitch)
        groups[group].append((onset, max(end, onset + 1), n.program, n.velocity))
    result = []
    for (kind, _, pitch), group in groups.items():
        onsets = sorted({g[0] for g in group})
        for onset, _, program, velocity in group:
            end = max(g[1] for g in group if g[0] == onset)
            later = [o for o in onsets if o > onset]
            result.append((kind, program, pitch, velocity, onset, min([end] + later[:1])))
    return sorted(result)


def compare_rewritten(dump, path, ours):
    again = path + ".again.mid"
    subprocess.run([dump, "--rewrite", path, again], check=True)
    midi = mido.MidiFile(again)
    tempos = [m.tempo for track in midi.tracks for m in track if m.type == "set_tempo"]
    assert midi.type == 1 and len(tempos) == 1, f"{again}: type {midi.type}, {len(tempos)} tempos"
    tick_s = tempos[0] / 1e6 / midi.ticks_per_beat
    read = sorted((n.kind, n.program, n.pitch, n.velocity, round(n.onset / tick_s), round(n.end / tick_s))
                  for n in notes_by_mido(again))
    expected = as_written(ours, tick_s)
    wrong = [pair for pair in zip(read, expected) if pair[0] != pair[1]]
    assert len(read) == len(expected) and not wrong, f"{again}: mido reads {wrong[0][0]}, expected {wrong[0][1]}"


def compare_files(dump, paths):
    agree = 0
    for path in paths:
        try:
            theirs = notes_by_mido(path)
        except Exception as error:  # whatever mido cannot read is no case for comparison
            print(f"mido cannot read {path}: {type(error).__name__}: {error}")
            continue
        try:
            compare(notes_by_us(dump, [path])[path], theirs, 1e-6, path)
            agree += 1
        except AssertionError as difference:
            print(difference)
    print(f"{agree} of {len(paths)} files agree")
    return 0 if agree == len(paths) else 1


def main():
    dump, paths = sys.argv[1], sys.argv[2:]
    if paths:
        return compare_files(dump, paths)
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        made = [os.path.join(folder, f"{seed}.mid") for seed in SEEDS]
        for seed, path in zip(SEEDS, made):
            random_file(seed, path)
        ours = notes_by_us(dump, made)
        for path in made:
            # Both add up at most some hundred segments in double: far below a microsecond.
            compare(ours[path], notes_by_mido(path), 1e-6, path)
            compare_rewritten(dump, path, ours[path])
            total += len(ours[path])
    print(f"{len(made)} files, {total} notes: equal as read, equal as written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
