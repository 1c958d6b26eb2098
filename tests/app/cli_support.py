"""What the end-to-end tests share: running the program, and files they make for themselves."""
import json
import os
import random
import signal
import struct
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["AFFETTO"]


def write_safetensors(path, tensors, metadata=None):
    """tensors: {name: (shape, [floats])}"""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def random_state_dict(hidden=16, pitches=128, seed=1, scale=0.3):
    """A PyTorch state dict of the seed's family with random weights and plausible steps and durations."""
    chance = random.Random(seed)

    def tensor(*shape):
        size = 1
        for n in shape:
            size *= n
        return list(shape), [chance.gauss(0, scale) for _ in range(size)]

    tensors = {
        "lstm.weight_ih_l0": tensor(4 * hidden, 3),
        "lstm.weight_hh_l0": tensor(4 * hidden, hidden),
        "lstm.bias_ih_l0": tensor(4 * hidden),
        "lstm.bias_hh_l0": tensor(4 * hidden),
        "pitch_head.weight": tensor(pitches, hidden),
        "pitch_head.bias": tensor(pitches),
        "step_head.weight": tensor(1, hidden),
        "duration_head.weight": tensor(1, hidden),
    }
    tensors["step_head.bias"] = ([1], [0.3])
    tensors["duration_head.bias"] = ([1], [0.4])
    return tensors


def varlen(value):
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append((value & 0x7F) | 0x80)
    return bytes(reversed(out))


def midi_bytes(notes, channel=0, program=None):
    """notes: [(start tick, pitch, length)] at 480 ticks per quarter; one track, format 0."""
    events = []
    for start, pitch, length in notes:
        events.append((start, 1, bytes([0x90 | channel, pitch, 90])))
        events.append((start + length, 0, bytes([0x80 | channel, pitch, 0])))
    events.sort(key=lambda e: (e[0], e[1]))
    track, now = b"", 0
    if program is not None:
        track += b"\x00" + bytes([0xC0 | channel, program])
    for tick, _, data in events:
        track += varlen(tick - now) + data
        now = tick
    track += b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track


def scale_midi(count=40, step=240, base=60):
    return midi_bytes([(i * step, base + (0, 2, 4, 5, 7, 9, 11)[i % 7], step) for i in range(count)])


class CliTest(unittest.TestCase):
    """Each test has a folder of its own with a model in it."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="affetto-cli-")
        self.addCleanup(self._folder.cleanup)
        self.model = self.path("model.safetensors")
        write_safetensors(self.model, random_state_dict())
        self.environment = dict(os.environ, AFFETTO_CACHE=self.path("cache"))

    def path(self, name):
        return os.path.join(self._folder.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_affetto(self, *arguments, code=0):
        result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=self.environment,
                                cwd=self._folder.name, timeout=120, check=False)
        self.assertEqual(result.returncode, code, f"affetto {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}")
        if code not in (0, 1):
            errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
            self.assertEqual(len(errors), 1, result.stderr)
        return result

    def generate(self, *arguments, code=0):
        return self.run_affetto("generate", "--model", self.model, *arguments, code=code)

    def generate_json(self, *arguments):
        return json.loads(self.generate("--json", *arguments).stdout)


def kill_when(process, condition):
    """kill -9 as soon as condition() holds; False if the process ended before."""
    while process.poll() is None:
        if condition():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
    return False
