"""affetto generate --count from outside: the same pieces whatever the way, and whole files whatever happens."""
import json
import os
import signal
import subprocess
import time
import unittest
import zipfile

from cli_support import PROGRAM, CliTest, kill_when


class Batch(CliTest):
    def batch(self, folder, *options, count=30, code=0):
        return self.generate("--emotion", "happy", "--seed", 1234, "--notes", 20, "--count", count, "-o", folder, *options, code=code)

    def pieces(self, folder):
        return {name: self.read(f"{folder}/{name}") for name in sorted(os.listdir(self.path(folder))) if name.endswith(".mid")}

    def items(self, folder, name="items.jsonl"):
        return [json.loads(line) for line in self.read(f"{folder}/{name}").splitlines()]

    def test_names_items_and_run_are_there(self):
        self.batch("out")
        pieces = self.pieces("out")
        self.assertEqual(len(pieces), 30)
        self.assertIn("000007_happy_s1234.mid", pieces)
        self.assertEqual([item["index"] for item in self.items("out")], list(range(30)))
        run = json.loads(self.read("out/run.json"))
        self.assertEqual((run["status"], run["pieces_written"], run["seed"]), ("finished", 30, 1234))
        self.assertEqual(set(run["seconds"]), {"load", "compose", "render", "write", "total"})
        self.assertGreater(run["notes_per_second"], 0)

    def test_a_piece_alone_is_the_piece_of_the_batch(self):
        self.batch("out")
        self.batch("alone", "--first", 17, count=1)
        self.assertEqual(self.pieces("alone"), {"000017_happy_s1234.mid": self.pieces("out")["000017_happy_s1234.mid"]})
        self.generate("--emotion", "happy", "--seed", 1234, "--notes", 20, "--first", 17, "-o", "single.mid")
        self.assertEqual(self.read("single.mid"), self.pieces("out")["000017_happy_s1234.mid"])

    def test_threads_do_not_matter(self):
        self.batch("one", "--threads", 1)
        self.batch("three", "--threads", 3)
        self.assertEqual(self.pieces("one"), self.pieces("three"))

    def test_shards_make_the_unsplit_batch(self):
        self.batch("whole")
        for part in range(3):
            self.batch("parts", "--shard", f"{part}/3")
        self.assertEqual(self.pieces("whole"), self.pieces("parts"))
        self.assertEqual(sum(len(self.items("parts", f"items.{p}-of-3.jsonl")) for p in range(3)), 30)

    def test_the_shard_comes_from_slurm(self):
        self.environment.update(SLURM_PROCID="1", SLURM_NTASKS="3")
        self.assertIn("SLURM_PROCID", self.batch("slurm").stderr)
        self.assertEqual(len(self.pieces("slurm")), 10)

    def test_a_batch_in_the_way_is_not_replaced(self):
        self.batch("out", count=3)
        self.assertIn("--resume", self.batch("out", count=3, code=6).stderr)
        self.batch("out", "--force", count=3)

    def test_kill_9_leaves_whole_files_and_resume_finishes_the_same(self):
        self.batch("whole", count=400)
        process = subprocess.Popen(
            [PROGRAM, "generate", "--model", self.model, "--emotion", "happy", "--seed", "1234", "--notes", "20", "--count",
             "400", "-o", "cut", "--quiet"], cwd=self._folder.name, env=self.environment)
        killed = kill_when(process, lambda: os.path.isdir(self.path("cut")) and len(os.listdir(self.path("cut"))) > 40)
        whole, cut = self.pieces("whole"), self.pieces("cut")
        if killed:
            self.assertLess(len(cut), 400)
        for name, data in cut.items():
            self.assertEqual(data, whole[name], name)
        self.batch("cut", "--resume", count=400)
        self.assertEqual(self.pieces("cut"), whole)
        self.assertEqual(self.read("cut/items.jsonl"), self.read("whole/items.jsonl"))
        self.assertEqual([n for n in os.listdir(self.path("cut")) if n.startswith(".")], [])

    def test_ctrl_c_ends_with_130_and_resume_finishes(self):
        process = subprocess.Popen(
            [PROGRAM, "generate", "--model", self.model, "--emotion", "happy", "--seed", "1234", "--notes", "20", "--count",
             "100000", "-o", "cut"], cwd=self._folder.name, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not os.path.isdir(self.path("cut")) or len(os.listdir(self.path("cut"))) < 10:
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("--resume", errors)
        self.assertEqual(json.loads(self.read("cut/run.json"))["status"], "interrupted")
        self.assertEqual(len(self.items("cut")), len(self.pieces("cut")))

    def test_resume_refuses_another_batch(self):
        self.batch("out", count=3)
        self.batch("out", "--resume", "--temperature", 1.7, count=3, code=2)
        self.batch("nothing", "--resume", code=3)

    def test_a_resumed_batch_that_is_complete_changes_nothing(self):
        self.batch("out", count=5)
        before = self.pieces("out")
        self.generate("--emotion", "happy", "--notes", 20, "--resume", "-o", "out")
        self.assertEqual(self.pieces("out"), before)

    def test_pieces_that_cannot_be_written_are_counted_and_the_rest_is_there(self):
        os.makedirs(self.path("out/000002_happy_s1234.mid"))
        result = self.batch("out", count=5, code=7)
        self.assertIn("1 pieces failed", result.stderr)
        self.assertEqual(sum("error" in item for item in self.items("out")), 1)
        os.rmdir(self.path("out/000002_happy_s1234.mid"))
        self.batch("out", "--resume", count=5)
        self.assertEqual(len(self.pieces("out")), 5)

    def archive(self, name):
        archive = zipfile.ZipFile(self.path(name))
        self.assertIsNone(archive.testzip())
        return {entry: archive.read(entry) for entry in archive.namelist()}

    def test_an_archive_holds_what_the_folder_holds(self):
        self.batch("out", "--piano-roll", "svg")
        self.batch("sub/out.zip", "--piano-roll", "svg")
        entries = self.archive("sub/out.zip")
        names = list(entries)
        self.assertEqual(names, [f"{i:06}_happy_s1234.{kind}" for i in range(30) for kind in ("mid", "svg")] + ["items.jsonl", "run.json"])
        for name in names[:-1]:  # items.jsonl too
            self.assertEqual(entries[name], self.read("out/" + name))
        run, other = json.loads(entries["run.json"]), json.loads(self.read("out/run.json"))
        self.assertEqual((run["status"], run["pieces_written"]), ("finished", 30))
        self.assertEqual((run["job"], set(run)), (other["job"], set(other)))

    def test_shards_are_archives_of_their_own(self):
        self.batch("out")
        self.batch("out.zip", "--shard", "1/3")
        entries = self.archive("out.1-of-3.zip")
        self.assertEqual({n: b for n, b in entries.items() if n.endswith(".mid")}, {n: b for n, b in self.pieces("out").items() if int(n[:6]) % 3 == 1})

    def test_an_archive_is_whole_or_not_there(self):
        process = subprocess.Popen(
            [PROGRAM, "generate", "--model", self.model, "--notes", "20", "--count", "100000000", "-o", "out.zip"],
            cwd=self._folder.name, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("nothing was written", errors)
        self.assertFalse(os.path.exists(self.path("out.zip")))
        self.batch("out.zip", count=2)
        before = self.read("out.zip")
        self.assertIn("--force", self.batch("out.zip", count=3, code=6).stderr)
        self.assertEqual(self.read("out.zip"), before)
        self.batch("out.zip", "--force", count=3)
        self.assertEqual(len(self.archive("out.zip")), 5)

    def test_what_an_archive_cannot_do_is_said(self):
        self.assertIn("name a folder", self.batch("out.zip", "--resume", code=2).stderr)
        self.assertIn("name a folder", self.batch("out.zip", "--audio", "flac", code=2).stderr)
        self.assertFalse(os.path.exists(self.path("out.zip")))

    def test_extensions_are_checked_before_anything_is_made(self):
        self.batch("out", "--audio", "xyz", code=2)
        self.batch("out", "--piano-roll", "bmp", code=2)
        self.batch("out", "--piano-roll", "svg", count=2)
        self.assertEqual(len([n for n in os.listdir(self.path("out")) if n.endswith(".svg")]), 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
