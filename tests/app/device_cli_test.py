"""--device and --fusion from outside, on the emulated GPU: the CPU's notes, rung by rung, and faults that lose nothing."""
import json
import math
import os
import unittest

from cli_support import CliTest, random_state_dict, write_safetensors

RUNGS = ["unfused", "pointwise", "cell", "window", "note", "loop"]


class Device(CliTest):
    def emulated(self, *options, code=0):
        return self.generate("--device", "emulated", *options, code=code)

    def notes(self, *options):
        return json.loads(self.generate("--seed", 3, "--notes", 12, "--json", "--force", "-o", "x.mid", *options).stdout)

    def batch(self, folder, *options, count=6, code=0):
        return self.emulated("--seed", 5, "--notes", 6, "--emotion", "sad", "--count", count, "-o", folder, *options, code=code)

    def pieces(self, folder):
        return {name: self.read(f"{folder}/{name}") for name in sorted(os.listdir(self.path(folder))) if name.endswith(".mid")}

    def test_every_rung_writes_the_cpus_pitches(self):
        for state in ("window", "carry"):
            want = [note["pitch"] for note in self.notes("--device", "cpu", "--state", state)["notes"]]
            for rung in RUNGS:
                with self.subTest(state=state, rung=rung):
                    got = self.notes("--device", "emulated", "--fusion", rung, "--state", state)
                    self.assertEqual([note["pitch"] for note in got["notes"]], want)
                    self.assertEqual((got["device"], got["fusion"], got["precision"]), ("emulated", rung, "fp32"))

    def test_rungs_of_16_bits_write_the_same_notes(self):
        for state, rungs in (("window", ("loop", "staggered", "cluster", "cell")), ("carry", ("loop", "overlap", "cell"))):
            for precision in ("fp16", "bf16"):
                options = ("--device", "emulated", "--precision", precision, "--state", state)
                want = self.notes(*options)
                self.assertEqual((want["fusion"], want["precision"]), ("loop", precision))
                for rung in rungs:
                    with self.subTest(state=state, precision=precision, rung=rung):
                        got = self.notes("--fusion", rung, *options)
                        self.assertEqual((got["fusion"], got["notes"]), (rung, want["notes"]))

    def test_an_older_gpu_writes_the_same_notes_without_clusters(self):
        for state in ("window", "carry"):
            for precision in ("fp32", "fp16"):
                with self.subTest(state=state, precision=precision):
                    options = ("--device", "emulated", "--precision", precision, "--state", state)
                    want = self.notes(*options)
                    self.environment["AFFETTO_EMULATOR_DEVICE"] = "sm_80"
                    got = self.notes(*options)
                    del self.environment["AFFETTO_EMULATOR_DEVICE"]
                    self.assertEqual((got["fusion"], got["notes"]), (want["fusion"], want["notes"]))
        self.environment["AFFETTO_EMULATOR_DEVICE"] = "sm_80"
        result = self.emulated("--precision", "fp16", "--fusion", "cluster", "--notes", 3, "-o", "x.mid", code=2)
        self.assertRegex(result.stderr, "no clusters of blocks .sm_90 on.; rung cluster .*\nhint: leave it out")
        self.environment["AFFETTO_EMULATOR_DEVICE"] = "sm_70"
        self.emulated("--notes", 3, "-o", "x.mid", code=1)

    def test_what_is_refused_in_16_bits(self):
        self.generate("--seed", 1, "--notes", 40, "-o", "tune.mid")
        result = self.run_affetto("evaluate", "--model", self.model, "--midi", "tune.mid", "--device", "emulated", "--precision", "bf16", "--fusion", "pointwise", code=2)
        self.assertIn("rung pointwise computes in fp32", result.stderr)
        tensors = random_state_dict(hidden=16)
        tensors["lstm.weight_hh_l0"][1][5] = 1e5
        write_safetensors(self.path("wild.safetensors"), tensors)
        for command in (["generate"], ["evaluate", "--midi", "tune.mid"]):
            result = self.run_affetto(*command, "--model", "wild.safetensors", "--device", "emulated", "--precision", "fp16", code=4)
            self.assertIn("65504", result.stderr)
            self.assertIn("hint: use --precision fp32", result.stderr)

    def test_a_piece_alone_is_the_piece_of_the_batch(self):
        for precision in ("fp32", "fp16"):
            with self.subTest(precision=precision):
                self.batch("out" + precision, "--precision", precision)
                self.batch("alone" + precision, "--first", 4, "--precision", precision, count=1)
                self.assertEqual(self.pieces("alone" + precision), {"000004_sad_s5.mid": self.pieces("out" + precision)["000004_sad_s5.mid"]})

    def test_the_recipe_repeats_device_and_rung(self):
        self.emulated("--fusion", "loop", "--seed", 3, "--notes", 8, "-o", "a.mid")
        self.generate("--from", "a.mid", "-o", "b.mid")
        self.assertEqual(self.read("a.mid"), self.read("b.mid"))

    def test_a_fault_of_the_device_is_one_error_and_loses_nothing_written(self):
        options = ["--fusion", "cell", "--state", "carry"]
        self.batch("whole", *options, count=40)
        whole = self.pieces("whole")
        kept = {}
        for fault, count in (("alloc", 4), ("alloc", 20), ("graph", 1), ("launch", 3), ("launch", 30), ("copy", 12), ("copy", 24)):
            with self.subTest(fault=fault, count=count):
                self.environment["AFFETTO_EMULATOR_FAULT"] = f"{fault}:{count}"
                folder = f"{fault}{count}"
                result = self.batch(folder, *options, count=40, code=5)
                self.assertEqual([line.split(":")[0] for line in result.stderr.splitlines() if line], ["error", "hint"])
                self.assertIn("injected", result.stderr)
                del self.environment["AFFETTO_EMULATOR_FAULT"]
                kept[folder] = self.pieces(folder)
                for name, content in kept[folder].items():
                    self.assertEqual(content, whole[name])
                self.batch(folder, *options, "--resume", count=40)
                self.assertEqual(self.pieces(folder), whole)
        # 40 pieces in 16 slots: the last fault comes after a first block was delivered
        self.assertGreater(len(kept["copy24"]), 0)
        self.assertLess(len(kept["copy24"]), 40)

    def test_evaluate_finds_the_cpus_losses(self):
        self.generate("--seed", 1, "--notes", 40, "-o", "tune.mid")
        report = lambda *options: json.loads(self.run_affetto("evaluate", "--model", self.model, "--midi", "tune.mid", "--json", *options).stdout)
        for state in ("window", "carry"):
            want = report("--state", state)
            self.assertEqual((want["device"], want["fusion"], want["precision"]), ("cpu", "", "fp32"))
            self.assertEqual(report("--device", "emulated", "--state", state)["fusion"], "cell")  # what shows predictions
            for rung in RUNGS[:4]:
                got = report("--device", "emulated", "--fusion", rung, "--state", state)
                self.assertEqual((got["device"], got["fusion"], got["precision"]), ("emulated", rung, "fp32"))
                self.assertEqual(got["windows"], want["windows"])
                for key in ("pitch_nll", "step_loss", "duration_loss"):
                    # sums of fp32 rounding over a few dozen windows: far below the sixth digit
                    self.assertAlmostEqual(got[key], want[key], delta=1e-5 * max(1, abs(want[key])))
        for precision, places in (("fp16", 2e-3), ("bf16", 1e-2)):
            for state in ("window", "carry"):
                want, got = report("--state", state), report("--device", "emulated", "--precision", precision, "--state", state)
                self.assertEqual((got["fusion"], got["precision"], got["windows"]), ("cell", precision, want["windows"]))
                for key in ("pitch_nll", "step_loss", "duration_loss"):
                    # means over windows of what the outputs' gate bounds, with slopes of about one
                    self.assertAlmostEqual(got[key], want[key], delta=places * max(1, abs(want[key])))
                    self.assertNotEqual(got[key], want[key])
        self.assertIn("shows no predictions", self.run_affetto("evaluate", "--model", self.model, "--midi", "tune.mid", "--device", "emulated", "--fusion", "loop", code=2).stderr)

    def test_what_does_not_exist_is_said_with_a_hint(self):
        for options, code, word in ((["--fusion", "tower", "--device", "emulated"], 2, "no rung"),
                                    (["--fusion", "cell", "--device", "cpu"], 2, "--device cuda"),
                                    (["--device", "emulated", "--precision", "tf32"], 2, "fp16 or bf16"),
                                    (["--device", "emulated", "--fusion", "overlap"], 2, "fp16 and bf16"),
                                    (["--device", "emulated", "--fusion", "pointwise", "--precision", "fp16"], 2, "fp32"),
                                    (["--device", "emulated", "--fusion", "cluster", "--precision", "fp16", "--state", "carry"], 2, "windows"),
                                    (["--device", "abacus"], 2, "auto")):
            with self.subTest(options=options):
                result = self.generate(*options, code=code)
                self.assertIn(word, result.stderr)
                self.assertIn("hint:", result.stderr)

    def test_a_rung_that_does_not_serve_the_model_says_which_does(self):
        tensors = random_state_dict(hidden=16)
        for kind, shape in (("weight_ih", [64, 16]), ("weight_hh", [64, 16]), ("bias_ih", [64]), ("bias_hh", [64])):
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            for layer in (1, 2, 3, 4):
                tensors[f"lstm.{kind}_l{layer}"] = (shape, [0.1] * size)
        write_safetensors(self.path("deep.safetensors"), tensors)
        result = self.run_affetto("generate", "--model", "deep.safetensors", "--device", "emulated", code=4)
        self.assertIn("at most 4", result.stderr)
        self.assertIn("--device cpu", result.stderr)
        for name in [name for name in tensors if name.endswith("_l4") or name.endswith("_l3") or name.endswith("_l2")]:
            del tensors[name]
        write_safetensors(self.path("two.safetensors"), tensors)
        result = self.run_affetto("generate", "--model", "two.safetensors", "--device", "emulated", "--precision", "fp16", "--fusion", "loop", code=2)
        self.assertIn("2 LSTM layers", result.stderr)
        self.assertIn("hint: leave it out", result.stderr)

    def test_a_deep_network_in_16_bits_takes_launches_and_its_recipe_repeats_them(self):
        tensors = random_state_dict(hidden=16)
        for kind, shape in (("weight_ih", [64, 16]), ("weight_hh", [64, 16]), ("bias_ih", [64]), ("bias_hh", [64])):
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            tensors[f"lstm.{kind}_l1"] = (shape, [0.05 * (i % 7 - 3) for i in range(size)])
        write_safetensors(self.path("two.safetensors"), tensors)
        write = lambda name, *options: self.run_affetto("generate", "--model", "two.safetensors", "--device", "emulated", "--precision", "fp16", "--seed", 3, "--notes", 8, "--json", "-o", name, *options)
        for state, rungs in (("window", ("cell", "staggered", "cluster")), ("carry", ("cell", "loop"))):
            want = json.loads(write(f"{state}.mid", "--state", state).stdout)
            self.assertEqual((want["fusion"], want["precision"]), ("cell", "fp16"))
            for rung in rungs:
                got = json.loads(write(f"{state}-{rung}.mid", "--state", state, "--fusion", rung).stdout)
                self.assertEqual((got["fusion"], got["notes"]), (rung, want["notes"]))
            self.run_affetto("generate", "--model", "two.safetensors", "--from", f"{state}.mid", "-o", f"{state}-again.mid")
            self.assertEqual(self.read(f"{state}.mid"), self.read(f"{state}-again.mid"))

    def test_a_deep_network_in_16_bits_stays_on_a_cluster_where_that_is_asked_for(self):
        tensors = random_state_dict(hidden=16)
        for kind, shape in (("weight_ih", [64, 16]), ("weight_hh", [64, 16]), ("bias_ih", [64]), ("bias_hh", [64])):
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            tensors[f"lstm.{kind}_l1"] = (shape, [0.05 * (i % 7 - 3) for i in range(size)])
        write_safetensors(self.path("two.safetensors"), tensors)
        options = ("--model", "two.safetensors", "--device", "emulated", "--precision", "fp16")
        for state, rung in (("window", "cluster"), ("carry", "loop")):
            result = json.loads(self.run_affetto("generate", *options, "--state", state, "--fusion", rung, "--seed", 3, "--notes", 5, "--json", "-o", f"{state}.mid").stdout)
            self.assertEqual(result["fusion"], rung)
            self.run_affetto("generate", "--model", "two.safetensors", "--from", f"{state}.mid", "-o", f"{state}-again.mid")
            self.assertEqual(self.read(f"{state}.mid"), self.read(f"{state}-again.mid"))
        # 8 MB: neither a cluster's, nor that of the four blocks of the emulated device
        widths = {16: 1024, 64: 4096}
        shapes = {name: [widths.get(n, n) for n in shape] for name, (shape, _) in random_state_dict(hidden=16).items()}
        write_safetensors(self.path("large.safetensors"), {name: (shape, [0.01] * math.prod(shape)) for name, shape in shapes.items()})
        result = self.run_affetto("generate", "--model", "large.safetensors", *options[2:], "--fusion", "cluster", code=2)
        self.assertRegex(result.stderr, "4 blocks' shared memory; rung cluster .*\nhint: ")

    def test_without_a_gpu_cuda_is_refused_and_auto_goes_on(self):
        if "sm_" in next(line for line in self.run_affetto("doctor").stdout.splitlines() if " gpu " in line):
            self.skipTest("this machine has a GPU")
        result = self.generate("--device", "cuda", "--notes", 4, "-o", "gpu.mid", code=5)
        self.assertRegex(result.stderr, "error: find GPU: .*\nhint: .*")
        self.assertFalse(os.path.exists(self.path("gpu.mid")))
        self.generate("--device", "auto", "--notes", 4, "-o", "auto.mid")


if __name__ == "__main__":
    unittest.main()
