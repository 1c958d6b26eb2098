"""affetto generate from outside: outputs, exit codes, JSON, recipe, trace."""
import json
import os
import unittest

from cli_support import CliTest, midi_bytes, random_state_dict, scale_midi, write_safetensors


class Outputs(CliTest):
    def test_a_piece_is_made_from_the_shipped_primer(self):
        result = self.generate("--emotion", "happy", "--seed", 3, "-o", "a.mid")
        self.assertIn("a.mid", result.stdout)
        self.assertTrue(self.read("a.mid").startswith(b"MThd"))

    def test_json_has_the_summary_and_the_notes(self):
        json_ = self.generate_json("--emotion", "sad", "--seed", 3, "--notes", 30, "-o", "a.mid")
        self.assertEqual(len(json_["notes"]), 30)
        self.assertEqual(json_["seed"], 3)
        self.assertEqual(set(json_["seconds"]), {"load", "compose", "render", "write"})
        self.assertGreater(json_["notes_per_second"], 0)
        self.assertTrue(all(0 <= n["pitch"] <= 127 and n["step"] >= 0 and n["duration"] >= 0 for n in json_["notes"]))

    def test_the_same_seed_is_the_same_piece_and_another_is_not(self):
        for name, seed in (("a.mid", 1), ("b.mid", 1), ("c.mid", 2)):
            self.generate("--seed", seed, "-o", name)
        self.assertEqual(self.read("a.mid"), self.read("b.mid"))
        self.assertNotEqual(self.read("a.mid"), self.read("c.mid"))

    def test_a_drawn_seed_is_printed_and_repeats_the_piece(self):
        seed = self.generate_json("-o", "a.mid")["seed"]
        self.generate("--seed", seed, "-o", "b.mid")
        self.assertEqual(self.read("a.mid"), self.read("b.mid"))

    def test_nothing_is_replaced_without_force(self):
        self.write("a.mid", b"mine")
        result = self.generate("-o", "a.mid", code=6)
        self.assertIn("--force", result.stderr)
        self.assertEqual(self.read("a.mid"), b"mine")
        self.generate("-o", "a.mid", "--force")
        self.assertNotEqual(self.read("a.mid"), b"mine")

    def test_with_primer_keeps_its_notes_and_notes_counts_new_ones(self):
        self.write("p.mid", scale_midi(10, base=20))
        alone = self.generate_json("--primer", "p.mid", "--notes", 5, "--seed", 1, "-o", "a.mid")
        both = self.generate_json("--primer", "p.mid", "--notes", 5, "--seed", 1, "--with-primer", "-o", "b.mid")
        self.assertEqual(alone["notes"], both["notes"])
        self.assertGreater(both["length_s"], alone["length_s"] + 2)

    def test_primers_of_every_size_work(self):
        for count in (1, 3, 24, 25, 26, 300):
            self.write("p.mid", scale_midi(count))
            for state in ("window", "carry"):
                notes = self.generate_json("--primer", "p.mid", "--state", state, "--notes", 7, "-o", "a.mid", "--force")["notes"]
                self.assertEqual(len(notes), 7)
        self.assertEqual(len(self.generate_json("--primer", "none", "--notes", 7, "-o", "n.mid")["notes"]), 7)

    def test_the_reference_and_the_cpu_path_write_the_same_notes(self):
        a = self.generate_json("--seed", 5, "--notes", 40, "-o", "a.mid")["notes"]
        b = self.generate_json("--seed", 5, "--notes", 40, "--device", "reference", "-o", "b.mid")["notes"]
        self.assertEqual([n["pitch"] for n in a], [n["pitch"] for n in b])

    def test_the_instrument_is_the_primers_or_the_one_asked_for(self):
        self.write("p.mid", midi_bytes([(i * 200, 60 + i % 5, 100) for i in range(30)], program=40))
        programs = {n["program"] for n in self.generate_json("--primer", "p.mid", "-o", "a.mid")["notes"]}
        self.assertEqual(programs, {40})
        programs = {n["program"] for n in self.generate_json("--instrument", "flute", "-o", "b.mid")["notes"]}
        self.assertEqual(programs, {73})

    def test_the_piano_roll_is_a_picture(self):
        self.generate("-o", "a.mid", "--piano-roll", "a.svg")
        self.assertIn(b"<svg", self.read("a.svg"))

    def test_the_trace_says_how_each_note_was_chosen(self):
        notes = self.generate_json("--seed", 2, "--notes", 20, "--trace", "t.jsonl", "-o", "a.mid")["notes"]
        lines = [json.loads(line) for line in self.read("t.jsonl").splitlines()]
        self.assertEqual(len(lines), 20)
        for line, note in zip(lines, notes):
            self.assertEqual(line["pitch"], note["pitch"])
            self.assertIn(note["pitch"], [c["pitch"] for c in line["candidates"]])
            self.assertTrue({"logit", "probability"} <= set(line["candidates"][0]))
            self.assertTrue(0 < line["draw"] < 1)
            self.assertTrue({"gamma", "delta"} <= set(line))
        self.generate("--seed", 2, "--notes", 20, "-o", "b.mid")
        self.assertEqual(self.read("a.mid"), self.read("b.mid"), "tracing changes nothing")


class RecipeTest(CliTest):
    def test_from_makes_the_same_bytes_again(self):
        self.write("p.mid", scale_midi(33))
        variants = (
            ["--emotion", "happy"],
            ["--emotion", "sad", "--state", "carry", "--temperature", 1.3, "--top-k", 9],
            ["--emotion", "-0.3,0.9", "--with-primer", "--primer", "p.mid", "--modulation-draw", "note"],
            ["--primer", "none", "--sampler", "gumbel", "--top-p", 0.8, "--instrument", "violin"],
            ["--isa", "baseline", "--first", 4711], ["--precision", "fp16"],
        )
        for number, options in enumerate(variants):
            self.generate(*options, "-o", f"a{number}.mid")
            self.generate("--from", f"a{number}.mid", "-o", f"b{number}.mid")
            self.assertEqual(self.read(f"a{number}.mid"), self.read(f"b{number}.mid"), options)

    def test_another_model_or_a_file_without_recipe_is_refused(self):
        self.generate("-o", "a.mid")
        write_safetensors(self.path("other.safetensors"), random_state_dict(seed=2))
        result = self.run_affetto("generate", "--model", "other.safetensors", "--from", "a.mid", "-o", "b.mid", code=4)
        self.assertIn("--model", result.stderr)
        self.write("p.mid", scale_midi())
        self.generate("--from", "p.mid", "-o", "b.mid", code=3)
        self.assertFalse(os.path.exists(self.path("b.mid")))

    def test_a_long_primer_is_asked_for_again(self):
        self.write("long.mid", scale_midi(5000, step=60))
        self.generate("--primer", "long.mid", "-o", "a.mid")
        self.generate("--from", "a.mid", "-o", "b.mid", code=2)
        self.generate("--from", "a.mid", "--primer", "long.mid", "-o", "b.mid")
        self.assertEqual(self.read("a.mid"), self.read("b.mid"))
        self.write("other.mid", scale_midi(5001, step=60))
        self.generate("--from", "a.mid", "--primer", "other.mid", "-o", "c.mid", code=4)


class BadInput(CliTest):
    def test_absurd_options_are_usage_errors_with_a_hint(self):
        for options in (["--notes", 0], ["--notes", -5], ["--temperature", 0], ["--temperature", "nan"], ["--top-p", 0],
                        ["--top-p", 1.5], ["--top-k", -1], ["--alpha", -1], ["--emotion", "joyful"], ["--state", "both"],
                        ["--instrument", "kazoo"], ["--device", "tpu"], ["--isa", "mmx"],
                        ["--shard", "3/2", "--count", 2], ["--count", 0], ["--alpha", 0, "--beta", 0],
                        ["--modulation-form", "round"], ["--audio", "x.xyz"], ["--piano-roll", "x.bmp"], ["--precision", "bf16"], ["--track", 99]):
            result = self.generate(*options, "-o", "x.mid", code=2)
            self.assertIn("hint: ", result.stderr, options)
            self.assertFalse(os.path.exists(self.path("x.mid")), options)

    def test_an_unknown_option_and_no_verb_are_usage_errors(self):
        self.run_affetto("generate", "--colour", "blue", code=2)
        self.assertIn("did you mean --emotion?", self.run_affetto("generate", "--emoton", "sad", code=2).stderr)
        self.assertIn("did you mean generate?", self.run_affetto("generat", code=2).stderr)
        self.run_affetto(code=2)
        self.run_affetto("compose", code=2)

    def test_unreadable_primers_are_named(self):
        for name, data in (("empty.mid", b""), ("text.mid", b"hello"), ("none.mid", midi_bytes([])),
                           ("drums.mid", midi_bytes([(0, 36, 10)], channel=9)), ("audio.mid", b"RIFF\x00\x00\x00\x00WAVEfmt ")):
            result = self.generate("--primer", self.write(name, data), "-o", "x.mid", code=3)
            self.assertIn(name, result.stderr)
        self.generate("--primer", "missing.mid", "-o", "x.mid", code=3)
        self.generate("--primer", ".", "-o", "x.mid", code=3)

    def test_bad_models_are_named(self):
        good = random_state_dict()
        nan = dict(good, **{"step_head.bias": ([1], [float("nan")])})
        missing = {name: value for name, value in good.items() if name != "pitch_head.bias"}
        for name, tensors in (("nan.safetensors", nan), ("missing.safetensors", missing), ("empty.safetensors", {})):
            write_safetensors(self.path(name), tensors)
            result = self.run_affetto("generate", "--model", name, "-o", "x.mid", code=4)
            self.assertIn(name, result.stderr)
        whole = self.read("model.safetensors")
        for size in (0, 7, 8, 100, len(whole) - 1):
            self.write("cut.safetensors", whole[:size])
            self.run_affetto("generate", "--model", "cut.safetensors", "-o", "x.mid", code=4)
        self.run_affetto("generate", "--model", "missing.file", "-o", "x.mid", code=3)

    def test_unwritable_places_are_errors_and_leave_nothing(self):
        result = self.generate("-o", "no/such/folder/a.mid", code=6)
        self.assertIn("no/such/folder", result.stderr)
        self.write("file", b"x")
        self.generate("-o", "file/a.mid", code=6)
        self.assertEqual([n for n in os.listdir(self._folder.name) if n.startswith(".")], [])

    def test_strict_midi_refuses_what_lenient_reading_mends(self):
        self.write("odd.mid", scale_midi() + b"trailing")
        self.generate("--primer", "odd.mid", "-o", "a.mid")
        self.generate("--primer", "odd.mid", "--strict-midi", "-o", "b.mid", code=3)


if __name__ == "__main__":
    unittest.main(verbosity=1)
