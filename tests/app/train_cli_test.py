"""affetto train, evaluate, cluster, inspect and doctor from outside."""
import json
import math
import os
import signal
import struct
import subprocess
import unittest

from cli_support import PROGRAM, CliTest, scale_midi


class Train(CliTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("data"))
        for i in range(8):
            self.write(f"data/{i}.mid", scale_midi(60, step=120 + 20 * (i % 3), base=50 + 2 * (i % 2)))

    def train(self, *options, output="m.safetensors", code=0):
        return self.run_affetto("train", "--preset", "seed", "--data", "data", "--validation", 0.25, "--hidden", 12, "--length", 25,
                                "--batch", 8, "--warmup", 5, "-o", output, *options, code=code)

    def test_a_trained_model_has_learnt_plays_and_is_evaluated(self):
        self.train("--epochs", 150, "--learning-rate", 0.02, "--loss-weight", "pitch=1")
        self.assertTrue({"checkpoint.safetensors", "best.safetensors", "metrics.jsonl", "loss.svg"} <= set(os.listdir(self.path("m.run"))))
        metrics = [json.loads(line) for line in self.read("m.run/metrics.jsonl").splitlines()]
        validations = [m for m in metrics if m["kind"] == "validation"]
        self.assertLess(validations[-1]["pitch"], validations[0]["pitch"])
        self.run_affetto("generate", "--model", "m.safetensors", "-o", "a.mid")
        result = json.loads(self.run_affetto("evaluate", "--model", "m.safetensors", "--midi", "data", "--json").stdout)
        self.assertTrue({"pieces", "windows", "pitch_nll", "pitch_accuracy", "step_loss", "duration_loss", "unigram_entropy"} <= set(result))
        self.assertEqual((result["pieces"], result["windows"]), (8, 8 * (60 - 25)))
        self.assertLess(result["pitch_nll"], result["unigram_entropy"])

    def test_resume_continues_bit_for_bit(self):
        self.train("--epochs", 6, output="whole.safetensors")
        process = subprocess.Popen(
            [PROGRAM, "train", "--preset", "seed", "--data", "data", "--validation", "0.25", "--hidden", "12", "--length", "25", "--batch", "8",
             "--warmup", "5", "--epochs", "6", "-o", "cut.safetensors", "--quiet"], cwd=self._folder.name, env=self.environment)
        while process.poll() is None and not os.path.exists(self.path("cut.run/metrics.jsonl")):
            pass
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        self.assertIn(code, (0, 130))
        if code == 130:
            self.train("--epochs", 6, "--resume", output="cut.safetensors")
        self.assertEqual(self.tensor_bytes("whole.safetensors"), self.tensor_bytes("cut.safetensors"))

    def tensor_bytes(self, name):
        data = self.read(name)
        return data[8 + struct.unpack("<Q", data[:8])[0]:]

    def test_outputs_of_evaluate_are_the_raw_ones(self):
        result = json.loads(self.run_affetto("evaluate", "--model", self.model, "--midi", "data/0.mid", "--outputs", "o.safetensors", "--json").stdout)
        data = self.read("o.safetensors")
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        self.assertEqual(header["pitch_logits"]["shape"], [35, 128])
        self.assertEqual(header["step"]["shape"], [35])
        begin, end = header["step"]["data_offsets"]
        steps = struct.unpack("<35f", data[8 + size + begin:8 + size + end])
        expected = 240 / 480 * 0.5 * 120 / 240  # a step of 120 ticks at 120 quarters a minute
        loss = sum((expected - s) ** 2 + 10 * max(-s, 0) for s in steps) / 35
        self.assertTrue(math.isclose(result["step_loss"], loss, rel_tol=1e-3), (result["step_loss"], loss))

    def test_mistakes_are_one_clear_line(self):
        os.makedirs(self.path("empty"))
        self.run_affetto("train", "--preset", "seed", "--data", "empty", "-o", "x.safetensors", code=3)
        self.run_affetto("train", "--preset", "nonsense", "--data", "data", "-o", "x.safetensors", code=2)
        self.run_affetto("train", "--preset", "seed", "--data", "data", code=2)
        self.train("--batch", 0, code=2)
        self.train("--resume", output="never.safetensors", code=3)
        self.run_affetto("evaluate", "--model", self.model, "--midi", "empty", code=3)
        self.write("m.safetensors", b"")
        self.train(code=6)

    def test_a_damaged_cache_is_read_around(self):
        self.train("--epochs", 1)
        cache = [n for n in os.listdir(self.path("cache")) if n.startswith("notes-")]
        self.assertEqual(len(cache), 1)
        data = bytearray(self.read(f"cache/{cache[0]}"))
        data[len(data) // 2] ^= 1
        self.write(f"cache/{cache[0]}", bytes(data))
        self.assertIn("warning", self.train("--epochs", 1, "--force").stderr)


class Others(CliTest):
    def test_cluster_names_by_labels_and_generate_takes_its_file(self):
        os.makedirs(self.path("data"))
        rows = ["file,quadrant"]
        for i in range(12):
            happy = i % 2 == 0
            self.write(f"data/{i}.mid", scale_midi(60 + i, step=100 + i if happy else 700 + 9 * i, base=70 if happy else 40))
            rows.append(f"data/{i}.mid,{'Q1' if happy else 'Q3'}")
        self.write("labels.csv", "\n".join(rows).encode())
        result = json.loads(self.run_affetto("cluster", "--data", "data", "--labels", "labels.csv", "-o", "c.json", "--json").stdout)
        self.assertTrue(os.path.exists(self.path("c.svg")), result)
        clusters = json.loads(self.read("c.json"))
        self.assertEqual(len(clusters["centroids"]), 2)
        self.generate("--clusters", "c.json", "--emotion", "happy", "--alpha", 3, "-o", "a.mid")
        inspected = json.loads(self.run_affetto("inspect", "data/0.mid", "--clusters", "c.json", "--json").stdout)
        self.assertIn("happy", json.dumps(inspected))
        self.generate("--from", "a.mid", "-o", "b.mid", code=2)
        self.generate("--from", "a.mid", "--clusters", "c.json", "-o", "b.mid")
        self.assertEqual(self.read("a.mid"), self.read("b.mid"))

    def test_inspect_knows_models_midi_and_nonsense(self):
        self.assertIn("lstm", self.run_affetto("inspect", self.model).stdout.lower())
        self.write("p.mid", scale_midi())
        self.assertIn("40", self.run_affetto("inspect", "p.mid").stdout)
        self.write("x.bin", b"\x00\x01\x02 nothing we know")
        self.run_affetto("inspect", "x.bin", code=3)

    def test_doctor_answers(self):
        result = subprocess.run([PROGRAM, "doctor", "--json"], capture_output=True, text=True, env=self.environment, cwd=self._folder.name, timeout=60, check=False)
        self.assertIn(result.returncode, (0, 1))
        checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
        text = checks["gpu table"]["text"]  # by what kernels are chosen: no word of a measurement without a GPU
        self.assertRegex(text, "table for |no table for this GPU" if "sm_" in checks["gpu"]["text"] else "^not used: all runs on the CPU$")


if __name__ == "__main__":
    unittest.main(verbosity=1)
