"""affetto face, and faces in train, evaluate, inspect and generate, from outside."""
import json
import os
import signal
import struct
import subprocess
import unittest
import zlib

from cli_support import PROGRAM, CliTest, random_state_dict, write_safetensors

CLASSES = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]


def face_tensors(seed=3):
    """A small network for pictures of 48 pixels, with random weights; its head says `happy` or what it is told to."""
    state = random_state_dict(seed=seed)  # only as a source of random numbers
    numbers = iter([v for _, values in state.values() for v in values] * 4)

    def tensor(*shape):
        size = 1
        for n in shape:
            size *= n
        return list(shape), [next(numbers) for _ in range(size)]

    tensors = {"stages.0.conv.weight": tensor(4, 1, 3, 3), "stages.1.conv.weight": tensor(8, 4, 3, 3),
               "head.weight": tensor(7, 8), "head.bias": ([7], [0.0] * 7)}
    for stage, channels in ((0, 4), (1, 8)):
        for name, value in (("weight", 1.0), ("bias", 0.1), ("running_mean", 0.0), ("running_var", 1.0)):
            tensors[f"stages.{stage}.norm.{name}"] = ([channels], [value] * channels)
    return tensors


def write_face_model(path, sure_of=None, spec=None):
    tensors = face_tensors()
    if sure_of:
        tensors["head.weight"] = ([7, 8], [0.0] * 56)
        tensors["head.bias"][1][CLASSES.index(sure_of)] = 6.0
    described = {"name": "small", "side": 48, "stages": [{"channels": 4, "pool": True}, {"channels": 8, "pool": True}],
                 "classes": CLASSES, "epsilon": 1e-5, "temperature": 1.0, **(spec or {})}
    write_safetensors(path, tensors, {"affetto.face": json.dumps(described), "licence": "ours"})


def drawn_face(happy, ground=120, side=48):
    """Grey pixels of a face with a mouth that is bright or dark."""
    pixels = bytearray([ground]) * (side * side)

    def box(x0, y0, x1, y1, level):
        for y in range(y0 * side // 48, y1 * side // 48):
            for x in range(x0 * side // 48, x1 * side // 48):
                pixels[y * side + x] = level

    box(12, 14, 18, 18, ground - 70)
    box(30, 14, 36, 18, ground - 70)
    box(14, 32, 34, 37, ground + 80 if happy else ground - 80)
    return bytes(pixels)


def pgm(pixels, side=48):
    return f"P5\n{side} {side}\n255\n".encode() + pixels


class Face(CliTest):
    def setUp(self):
        super().setUp()
        self.face = self.path("face.safetensors")
        write_face_model(self.face)
        self.picture = self.write("a.pgm", pgm(drawn_face(True)))

    def read_face(self, *arguments, code=0):
        return self.run_affetto("face", "--model", self.face, *arguments, code=code)

    def test_one_picture_is_one_document(self):
        result = json.loads(self.read_face(self.picture, "--cropped", "--json").stdout)
        self.assertEqual(result["file"], self.picture)
        self.assertAlmostEqual(sum(result[name] for name in CLASSES), 1, places=9)
        self.assertEqual(result["confidence"], max(result[name] for name in CLASSES))
        self.assertEqual(result[result["label"]], result["confidence"])
        self.assertEqual(result["sure"], result["confidence"] >= 0.4)
        self.assertEqual(result["sign"], 1 if result["happy"] >= result["sad"] else -1)
        self.assertTrue(-1 <= result["valence"] <= 1 and -1 <= result["arousal"] <= 1)
        self.assertIsNone(result["box"])
        words = self.read_face(self.picture, "--cropped").stdout
        self.assertIn("guess", words)  # random weights are sure of nothing

    def test_every_rung_reads_what_the_cpu_reads(self):
        cpu = json.loads(self.read_face(self.picture, "--cropped", "--json").stdout)
        self.assertEqual(cpu["device"], "cpu")
        # fp32: some hundred roundings of 2^-24 of numbers near 1; fp16: as many of 2^-11, averaged over 144 pixels.
        for rung, tolerance in (("unfused", 1e-5), ("stage", 1e-5), ("tensor", 2e-3), ("whole", 2e-3)):
            read = json.loads(self.read_face(self.picture, "--cropped", "--json", "--device", "emulated",
                                             "--fusion", rung).stdout)
            self.assertEqual(read["device"], "emulated")
            for name in CLASSES:
                self.assertAlmostEqual(read[name], cpu[name], delta=tolerance, msg=rung)
        for arguments, why in ((("--fusion", "stage"), "belong to the GPU"),
                               (("--device", "emulated", "--fusion", "loop"), "no rung of the faces' ladder"),
                               (("--device", "reference"), "not read by the reference")):
            self.assertIn(why, self.read_face(self.picture, "--cropped", *arguments, code=2).stderr)

    def test_a_named_box_is_what_is_read(self):
        side = 96  # the face fills the upper left quarter
        pixels = bytearray([200]) * (side * side)
        for y in range(48):
            pixels[y * side:y * side + 48] = drawn_face(False)[y * 48:y * 48 + 48]
        large = self.write("large.pgm", pgm(bytes(pixels), side))
        whole = json.loads(self.read_face(large, "--cropped", "--json").stdout)
        part = json.loads(self.read_face(large, "--face-box", "0,0,48,48", "--json").stdout)
        self.assertEqual(part["box"], [0, 0, 48, 48])
        self.assertNotEqual([whole[n] for n in CLASSES], [part[n] for n in CLASSES])
        self.assertIn("reaches beyond", self.read_face(large, "--face-box", "50,0,48,48", code=2).stderr)
        self.assertIn("four whole numbers", self.read_face(large, "--face-box", "1,2,3", code=2).stderr)
        self.assertIn("give one of the two", self.read_face(large, "--face-box", "0,0,9,9", "--cropped", code=2).stderr)

    def test_a_folder_is_a_line_for_each_picture_as_alone(self):
        os.makedirs(self.path("many/deep"))
        for i in range(5):
            self.write(f"many/{i}.pgm", pgm(drawn_face(i % 2 == 0, 100 + i)))
        self.write("many/deep/b.PGM", pgm(drawn_face(True, 90)))
        self.write("many/notes.txt", b"not looked at")
        lines = [json.loads(line) for line in self.read_face("many", "--cropped", "--jsonl").stdout.splitlines()]
        self.assertEqual([line["file"] for line in lines], [f"many/{i}.pgm" for i in range(5)] + ["many/deep/b.PGM"])
        for line in lines:
            alone = json.loads(self.read_face(line["file"], "--cropped", "--json").stdout)
            self.assertEqual({**alone, **line}, alone)

    def test_what_is_wrong_with_one_of_many_is_its_own_line(self):
        os.makedirs(self.path("many"))
        self.write("many/a.pgm", pgm(drawn_face(True)))
        self.write("many/b.jpg", b"text that is called a picture")
        self.write("many/c.pgm", b"")
        # Not an error of the whole: run_affetto would ask for an error line.
        result = subprocess.run([PROGRAM, "face", "--model", self.face, "many", "--cropped", "--jsonl"], capture_output=True,
                                text=True, env=self.environment, cwd=self._folder.name, timeout=60, check=False)
        self.assertEqual(result.returncode, 7, result.stderr)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(["error" in line for line in lines], [False, True, True])
        self.assertIn("2 pictures of 3 gave no reading", result.stderr)

    def test_bad_pictures_are_one_line_and_exit_3(self):
        for name, data, why in (("empty.jpg", b"", "is empty"), ("text.jpg", b"hello, I am a picture", "no picture"),
                                ("cut.pgm", pgm(drawn_face(True))[:500], "")):
            error = self.read_face(self.write(name, data), "--cropped", code=3).stderr
            self.assertIn(name, error)
            self.assertIn("hint: ", error)
            self.assertIn(why, error)
        self.assertIn("missing.png", self.read_face("missing.png", "--cropped", code=3).stderr)

    def test_bad_models_are_one_line_and_exit_4(self):
        def refused(model, *words):
            error = self.run_affetto("face", "--model", model, self.picture, "--cropped", code=4).stderr
            for word in words:
                self.assertIn(word, error)

        refused(self.model, "does not describe a face network")
        refused(self.write("no.safetensors", b"x" * 40), "no.safetensors")
        write_face_model(self.path("odd.safetensors"), spec={"classes": ["smug"] + CLASSES[1:]})
        refused(self.path("odd.safetensors"), "smug", "no point of valence and arousal")
        write_face_model(self.path("small.safetensors"), spec={"side": 24})
        refused(self.path("small.safetensors"), "pictures of 24 pixels")
        self.assertIn("pictures of 24 pixels", self.run_affetto("evaluate", "--model", "small.safetensors", "--faces", ".", code=4).stderr)
        self.assertIn("reads faces", self.run_affetto("generate", "--model", self.face, "-o", "x.mid", code=4).stderr)

    def test_the_network_that_ships_reads(self):
        read = json.loads(self.run_affetto("face", "--cropped", self.picture, "--json").stdout)
        self.assertIn(read["label"], CLASSES)
        self.assertAlmostEqual(sum(read[name] for name in CLASSES), 1, places=6)
        told = self.run_affetto("inspect", os.path.join(os.path.dirname(__file__), "..", "..", "weights", "face.safetensors")).stdout
        for word in ("licence", "research", "FER2013"):
            self.assertIn(word, told)

    def test_usage(self):
        os.makedirs(self.path("many"))
        self.assertIn("no picture", self.read_face("many", code=3).stderr)
        self.write("many/a.pgm", pgm(drawn_face(True)))
        for option in (["--json"], ["--annotate", "x.png"], ["--face-box", "0,0,9,9"]):
            self.assertIn("folder", self.read_face("many", *option, code=2).stderr)
        self.read_face(self.picture, "--json", "--jsonl", code=2)

    def test_the_annotated_picture_is_a_png_and_replaces_nothing(self):
        self.read_face(self.picture, "--cropped", "--annotate", "shown.png")
        data = self.read("shown.png")
        self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
        width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
        self.assertEqual((width, height, depth, colour), (48, 48, 8, 2))
        self.assertEqual(zlib.crc32(data[12:29]), struct.unpack(">I", data[29:33])[0])
        self.assertIn("shown.png", self.read_face(self.picture, "--cropped", "--annotate", "shown.png", code=6).stderr)
        self.read_face(self.picture, "--cropped", "--annotate", "shown.png", "--force")

    def test_inspect_tells_what_it_is(self):
        result = json.loads(self.run_affetto("inspect", self.face, "--json").stdout)
        self.assertEqual((result["content"], result["spec"]["classes"]), ("face model", CLASSES))
        self.assertIn("reads faces", self.run_affetto("inspect", self.face).stdout)


class FaceToMusic(CliTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("weights"))
        self.environment["AFFETTO_WEIGHTS"] = self.path("weights")
        self.picture = self.write("me.pgm", pgm(drawn_face(True)))

    def test_a_sure_face_is_the_emotion(self):
        for label, quadrant in (("happy", "happy"), ("sad", "sad"), ("angry", "angry")):
            write_face_model(self.path("weights/face.safetensors"), sure_of=label)
            result = self.generate_json("--face", self.picture, "--cropped", "--notes", 5, "--seed", 1, "-o", f"{label}.mid")
            self.assertEqual(result["emotion"], quadrant)
            self.assertEqual((result["face"]["label"], result["face"]["sure"]), (label, True))
            self.assertAlmostEqual(result["valence"], result["face"]["valence"])
            point = f"{result['valence']!r},{result['arousal']!r}"
            same = self.generate_json("--emotion=" + point, "--notes", 5, "--seed", 1, "-o", f"{label}2.mid")
            self.assertEqual(same["notes"], result["notes"])
            again = self.run_affetto("generate", "--from", f"{label}.mid", "--model", self.model, "-o", f"{label}3.mid")
            self.assertEqual(self.read(f"{label}3.mid"), self.read(f"{label}.mid"), again.stderr)

    def test_a_guess_asks_for_the_emotion(self):
        write_face_model(self.path("weights/face.safetensors"))
        error = self.generate("--face", self.picture, "--cropped", "-o", "x.mid", code=3).stderr
        self.assertIn("no more than a guess", error)
        self.assertIn("--emotion", error)
        self.assertFalse(os.path.exists(self.path("x.mid")))

    def test_a_batch_keeps_the_reading(self):
        write_face_model(self.path("weights/face.safetensors"), sure_of="sad")
        self.generate("--face", self.picture, "--cropped", "--notes", 5, "--count", 3, "-o", "pieces")
        run = json.loads(self.read("pieces/run.json"))
        self.assertEqual((run["emotion"], run["face"]["label"]), ("sad", "sad"))

    def test_usage(self):
        write_face_model(self.path("weights/face.safetensors"), sure_of="sad")
        self.assertIn("another emotion", self.generate("--face", self.picture, "--emotion", "happy", code=2).stderr)
        self.assertIn("--face PICTURE", self.generate("--cropped", code=2).stderr)
        self.assertIn("--face PICTURE", self.generate("--face-model", "x.safetensors", code=2).stderr)
        self.assertIn("--face PICTURE", self.generate("--face-box", "0,0,9,9", code=2).stderr)
        os.remove(self.path("weights/face.safetensors"))
        self.assertIn("missing.safetensors", self.generate("--face", self.picture, "--cropped", "--face-model", "missing.safetensors", code=3).stderr)


class FaceTraining(CliTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("faces"))
        rows = ["file,split,fer_label,v_neutral,v_happiness,v_sadness,pm1"]
        for i in range(40):
            happy, part = i % 2 == 0, "train" if i < 24 else "val" if i < 32 else "test"
            self.write(f"faces/{i}.pgm", pgm(drawn_face(happy, 90 + i)))
            rows.append(f"{i}.pgm,{part},{'happy' if happy else 'sad'},1,{8 if happy else 0},{0 if happy else 8},{1 if happy else -1}")
        self.write("faces/labels.csv", "\n".join(rows).encode())

    def train(self, *options, output="f.safetensors", code=0):
        return self.run_affetto("train", "--preset", "face", "--data", "faces", "--batch", 8, "--warmup", 2, "-o", output, *options, code=code)

    def test_a_trained_network_reads_and_is_measured(self):
        result = json.loads(self.train("--epochs", 6, "--learning-rate", 0.003, "--json").stdout)
        self.assertEqual((result["iterations"], result["train_pictures"], result["validation_pictures"]), (18, 24, 8))
        self.assertTrue({"checkpoint.safetensors", "best.safetensors", "metrics.jsonl", "accuracy.svg"} <= set(os.listdir(self.path("f.run"))))
        measured = json.loads(self.run_affetto("evaluate", "--model", "f.safetensors", "--faces", "faces", "--confusion", "c.svg", "--json").stdout)
        self.assertEqual((measured["part"], measured["pictures"], measured["sign_pictures"]), ("test", 8, 8))
        self.assertEqual(sum(map(sum, measured["confusion"])), 8)
        self.assertEqual(measured["accuracy_by_class"]["happy"], measured["confusion"][3][3] / sum(measured["confusion"][3]))
        self.assertEqual(measured["accuracy_by_class"]["fear"], None)
        sure = measured["sure"]
        self.assertAlmostEqual(sure["share"] * sure["accuracy"] + (1 - sure["share"]) * sure["guess_accuracy"], measured["accuracy"])
        self.assertGreater(measured["sign_accuracy"], 0.9)  # a bright mouth or a dark one
        self.assertIn(b"<svg", self.read("c.svg"))
        validation = json.loads(self.run_affetto("evaluate", "--model", "f.safetensors", "--faces", "faces", "--part", "val", "--json").stdout)
        self.assertEqual(validation["accuracy"], result["best"]["accuracy"])
        self.assertIn("+1", self.run_affetto("face", "--model", "f.safetensors", "--cropped", "faces/0.pgm").stdout)
        self.assertIn("part 'x'", self.run_affetto("evaluate", "--model", "f.safetensors", "--faces", "faces", "--part", "x", code=3).stderr)

    def test_resume_continues_bit_for_bit(self):
        self.train("--epochs", 3, output="whole.safetensors")
        process = subprocess.Popen([PROGRAM, "train", "--preset", "face", "--data", "faces", "--batch", "8", "--warmup", "2", "--epochs", "3",
                                    "-o", "cut.safetensors", "--quiet"], cwd=self._folder.name, env=self.environment)
        while process.poll() is None and not os.path.exists(self.path("cut.run/metrics.jsonl")):
            pass
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        self.assertIn(code, (0, 130))
        if code == 130:
            self.train("--epochs", 3, "--resume", output="cut.safetensors")
        self.assertEqual(self.read("whole.safetensors"), self.read("cut.safetensors"))

    def few_faces(self):
        """Two to learn from, one to validate on: the emulated GPU takes seconds for each."""
        for part, i in (("train", 0), ("train", 1), ("val", 2)):
            name = "happy" if i % 2 == 0 else "sad"
            os.makedirs(self.path(f"few/{part}/{name}"), exist_ok=True)
            self.write(f"few/{part}/{name}/{i}.pgm", pgm(drawn_face(i % 2 == 0, 90 + i)))

    def train_few(self, device, output, *options, epochs=1, code=0):
        return self.run_affetto("train", "--preset", "face", "--data", "few", "--batch", 2, "--epochs", epochs, "--device", device, "-o", output,
                                *options, code=code)

    def test_the_emulated_gpu_trains_as_the_cpu_and_goes_on_with_its_checkpoint(self):
        self.few_faces()
        first = {}
        for device in ("cpu", "emulated"):
            result = json.loads(self.train_few(device, f"{device}.safetensors", "--json").stdout)
            self.assertEqual((result["device"], result["iterations"]), (device, 1))
            first[device] = json.loads(self.read(f"{device}.run/metrics.jsonl").splitlines()[0])
        for number in ("loss", "gradient_norm"):
            self.assertAlmostEqual(first["emulated"][number] / first["cpu"][number], 1, delta=1e-4)
        again = json.loads(self.train_few("emulated", "cpu.safetensors", "--resume", "--fusion", "tensor", "--json", epochs=2).stdout)
        self.assertEqual((again["device"], again["fusion"], again["iterations"]), ("emulated", "tensor", 2))

    def test_only_rungs_of_the_ladder_that_trains_faces_are_taken(self):
        self.few_faces()
        for device, options, why in (("cpu", ("--fusion", "tensor"), "belong to the GPU"),
                                     ("emulated", ("--fusion", "whole"), "no rung of the ladder that trains faces: unfused, tensor")):
            self.assertIn(why, self.train_few(device, "x.safetensors", *options, code=2).stderr)
        self.assertIn("--preset face", self.run_affetto("train", "--preset", "seed", "--fusion", "tensor", "--data", ".", "-o", "x.safetensors", code=2).stderr)

    def test_without_a_gpu_cuda_is_refused_and_auto_goes_on(self):
        if "sm_" in next(line for line in self.run_affetto("doctor").stdout.splitlines() if " gpu " in line):
            self.skipTest("this machine has a GPU")
        self.few_faces()
        self.assertRegex(self.train_few("cuda", "gpu.safetensors", code=5).stderr, "error: find GPU: .*\nhint: .*")
        self.assertFalse(os.path.exists(self.path("gpu.run")))
        self.assertEqual(json.loads(self.train_few("auto", "auto.safetensors", "--json").stdout)["device"], "cpu")
        self.assertIn("abacus", self.train_few("abacus", "x.safetensors", code=2).stderr)
        self.assertIn("reference", self.train_few("reference", "x.safetensors", code=2).stderr)

    def test_a_batch_beyond_a_gpus_grid_is_refused(self):
        self.assertIn("65535", self.run_affetto("train", "--preset", "face", "--data", "faces", "--batch", 65536, "--device", "emulated", "-o", "x.safetensors", code=2).stderr)

    def test_class_folders_serve_as_labels(self):
        for part, name, count in (("train", "happy", 3), ("train", "sad", 3), ("val", "sad", 2)):
            os.makedirs(self.path(f"plain/{part}/{name}"))
            for i in range(count):
                self.write(f"plain/{part}/{name}/{i}.pgm", pgm(drawn_face(name == "happy", 80 + i)))
        result = json.loads(self.run_affetto("train", "--preset", "face", "--data", "plain", "--epochs", 1, "-o", "p.safetensors", "--json").stdout)
        self.assertEqual((result["train_pictures"], result["validation_pictures"]), (6, 2))

    def test_bad_input_is_one_line(self):
        self.assertIn("no meaning for faces", self.train("--hidden", 3, code=2).stderr)
        for option in (["--outputs", "o.safetensors"], ["--device", "cuda"], ["--state", "carry"]):
            error = self.run_affetto("evaluate", "--model", "x.safetensors", "--faces", "faces", *option, code=2).stderr
            self.assertIn("no meaning for faces", error)
        self.assertIn("--preset face", self.run_affetto("train", "--preset", "seed", "--vote-share", 1, "--data", ".", "-o", "x.safetensors", code=2).stderr)
        self.assertIn("one folder", self.run_affetto("train", "--preset", "face", "-o", "x.safetensors", code=2).stderr)
        self.assertIn("vote-share", self.train("--vote-share", 2, code=2).stderr)
        self.write("faces/labels.csv", b"file,split,fer_label\n0.pgm,train,smug\n")
        self.assertIn("'smug'", self.train(code=3, output="a.safetensors").stderr)
        self.write("faces/labels.csv", b"file,split,fer_label\n0.pgm,train,happy\n")
        self.assertIn("no pictures for the part 'validation'", self.train(code=3, output="b.safetensors").stderr)
        self.write("faces/labels.csv", b"file,split\n0.pgm,train\n")
        self.assertIn("fer_label", self.train(code=3, output="c.safetensors").stderr)
        self.write("faces/labels.csv", b"file,split,fer_label\n0.pgm,nowhere,happy\n")
        self.assertIn("'nowhere'", self.train(code=3, output="d.safetensors").stderr)


if __name__ == "__main__":
    unittest.main()
