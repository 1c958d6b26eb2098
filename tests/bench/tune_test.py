"""bench/tune: the table that measured lines make, what it refuses, and how it goes on. The program that measures is played."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "gpu" / "tune"))
import table as tables  # noqa: E402

CARRY = {"precision": "fp16", "layers": 1, "hidden": 128, "window": 0}
WINDOW = CARRY | {"window": 25}
NAMES = ["fp16/1x128/carry/1", "fp16/1x128/carry/512", "fp16/1x128/carry/2048", "fp16/1x128/window/1"]


def way(rung, us, spread=0.02, pieces=0, cluster=0, tile="by_rows"):
    return {"way": {"rung": rung, "pieces": pieces, "cluster": cluster, "tile": tile}, "us": us,
            "p10": us * (1 - spread), "p90": us * (1 + spread)}


def row(name, *ways):
    return {"name": name, "class": WINDOW if "window" in name else CARRY, "pieces": int(name.split("/")[-1]), "ways": list(ways)}


ROWS = [row(NAMES[0], way("overlap", 0.7, pieces=8), way("loop", 0.9, pieces=8)),
        row(NAMES[1], way("overlap", 0.81, pieces=8), way("loop", 0.80, pieces=8)),  # within the spread: no reason to change
        row(NAMES[2], way("overlap", 4, pieces=8), way("loop", 2.5, pieces=16)),
        row(NAMES[3], way("cluster", 1.1, cluster=4), way("loop", 7, pieces=8))]
H200 = {"device": "NVIDIA H200", "multiprocessors": 132, "capability": 90, "emulated": False, "runtime": 13000}
EMULATED = H200 | {"device": "emulated device", "emulated": True}

# Plays bench_gpu_tune: adds the rows that the file of lines lacks, at most LIMIT of them, after the device and the plan.
PROGRAM = """#!%s
import json, os, sys
options = dict(word[2:].split("=", 1) if "=" in word else (word[2:], "") for word in sys.argv[1:])
here = json.load(open(os.environ["PLAYED"]))
if "estimate" in options:
    print("\\n".join(map(json.dumps, here["estimate"])))
    sys.exit()
have = open(options["lines"]).read() if os.path.exists(options["lines"]) else ""
with open(options["lines"], "a") as out:
    if "not_measured" in here:
        print(json.dumps({"not_measured": here["not_measured"]}), file=out)
        sys.exit()
    print(json.dumps(here["device"]), file=out)
    print(json.dumps({"plan": here["plan"]}), file=out)
    missing = [row for row in here["rows"] if '"name": "%%s"' %% row["name"] not in have]
    for row in missing[: here.get("limit", 99)]:
        print(json.dumps(row), file=out)
    sys.exit(any("failed" in row for row in missing))
""" % sys.executable


class Tune(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        for part in ("bench/tune", "bench/gpu/tune/table.py", "bench/gpu/report.py"):  # a tree of its own, to write into
            (self.folder / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, self.folder / part)
        self.tables = self.folder / "kernels/generate/dispatch/tables"
        shutil.copytree(tables.TABLES, self.tables)
        program = self.folder / "build/gpu/bench/gpu/bench_gpu_tune"
        program.parent.mkdir(parents=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
        self.lines = self.folder / "build/gpu/tune.jsonl"

    def tearDown(self):
        self._folder.cleanup()

    def tune(self, *options, code=0, **played):
        (self.folder / "played.json").write_text(json.dumps({"device": H200, "plan": NAMES, "rows": ROWS} | played))
        environment = os.environ | {"PLAYED": str(self.folder / "played.json")}
        done = subprocess.run([sys.executable, str(self.folder / "bench/tune"), *options], capture_output=True, text=True,
                              env=environment, cwd=self.folder, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def written(self, name="nvidia_h200.h"):
        return tables.parse((self.tables / name).read_text())

    def test_a_full_run_writes_the_table_and_tells_what_it_changes(self):
        said = self.tune()
        table = self.written()
        self.assertTrue(table.measured)
        self.assertEqual((table.gpu, table.multiprocessors, table.capability), ("NVIDIA H200", 132, 90))
        self.assertTrue(table.driver and table.commit and table.date)
        # 512 and 2048 pieces: the boundary is where their ratios are equal, 1024
        self.assertEqual(table.classes[("fp16", 1, 128, 0)],
                         [(1024, ("overlap", 8, 0, "by_rows"), 0.81), (None, ("loop", 16, 0, "by_rows"), 2.5)])
        self.assertEqual(table.classes[("fp16", 1, 128, 25)], [(None, ("cluster", 0, 4, "by_rows"), 1.1)])
        self.assertIn("was estimated, is measured", said)
        self.assertIn("fp16, 1 x 128, carried state: to 1024: overlap, 8 pieces; beyond: loop, 16 pieces; was ", said)
        self.assertRegex(said, r"fp32, 1 x 128, window 25: gone; was loop")
        self.assertIn("0 changes", self.tune())  # the lines are kept: nothing is measured again

    def test_a_way_that_is_clearly_faster_takes_its_step(self):
        rows = [ROWS[0], row(NAMES[1], way("overlap", 0.9, pieces=8), way("loop", 0.8, pieces=8)), ROWS[2], ROWS[3]]
        self.tune(rows=rows)
        steps = self.written().classes[("fp16", 1, 128, 0)]
        self.assertEqual([(most, name[0], name[1]) for most, name, _ in steps], [(22, "overlap", 8), (1024, "loop", 8), (None, "loop", 16)])

    def test_it_goes_on_where_time_ran_out(self):
        self.assertIn("3 of 4 rows are measured, next is fp16/1x128/window/1", self.tune(limit=3, code=3))
        self.assertFalse(self.written().measured)
        with open(self.lines, "a", encoding="utf-8") as out:
            out.write('{"name": "fp16/1x128/wind')  # a process that was killed
        with open(self.lines, "a", encoding="utf-8") as out:
            out.write("\n")
        self.tune(limit=1)
        self.assertTrue(self.written().measured)

    def test_rows_of_another_commit_or_driver_are_put_aside(self):
        self.tune(limit=3, code=3)
        self.lines.write_text(self.lines.read_text().replace('"commit": "', '"commit": "other'))
        self.assertIn("put aside as tune.jsonl.old", self.tune(limit=3, code=3))
        self.assertTrue((self.lines.parent / "tune.jsonl.old").exists())
        shutil.copy(self.lines.parent / "tune.jsonl.old", self.folder / "mixed.jsonl")
        with open(self.folder / "mixed.jsonl", "a", encoding="utf-8") as out:
            out.write(self.lines.read_text())
        self.assertIn("not of one driver and one commit", self.tune("--from", "mixed.jsonl", code=1))

    def test_lines_of_two_devices_make_no_table(self):
        self.tune(limit=3, code=3)
        self.assertIn("the lines are of 2 devices", self.tune(device=H200 | {"multiprocessors": 66}, code=1))

    def test_a_gate_that_failed_makes_no_table(self):
        rows = ROWS[:3] + [{"name": NAMES[3], "failed": "cluster, 4 blocks writes other bits than its family"}]
        self.assertIn("writes other bits", self.tune(rows=rows, code=1))
        self.assertFalse(self.written().measured)

    def test_no_gpu_is_told_and_writes_nothing(self):
        self.assertIn("not measured: no GPU (why)", self.tune(not_measured="no GPU (why)", code=77))
        self.assertFalse(self.written().measured)

    def test_the_emulators_table_never_goes_where_tables_are(self):
        for options in ((), ("--out", "a.h"), ("--out", str(self.tables / "emulated.h")), ("--out", str(self.tables))):
            self.assertIn("the emulator's times mean nothing", self.tune("--emulated", *options, device=EMULATED, code=1))
        self.assertEqual(sorted(file.name for file in self.tables.iterdir()), sorted(file.name for file in tables.TABLES.iterdir()))
        self.lines.unlink()
        self.assertIn("the emulator's times", self.tune("--emulated", device=H200 | {"emulated": True}, code=1))  # whatever it plays
        self.lines.unlink()
        self.assertIn("emulated device had no table", self.tune("--emulated", "--out", "emulated.h", device=EMULATED))
        text = (self.folder / "emulated.h").read_text()
        self.assertFalse(tables.parse(text).measured)
        self.assertIn("whose times mean nothing", text)

    def test_a_look_goes_where_it_is_told(self):
        self.assertIn("--quick is a look", self.tune("--quick", code=1))
        self.tune("--quick", "--out", "look.h")
        self.assertFalse(self.written().measured)

    def test_a_table_is_made_elsewhere_of_lines_from_a_gpu(self):
        self.tune("--out", str(self.folder))
        self.assertFalse(self.written().measured)
        shutil.rmtree(self.folder / "build" / "gpu" / "bench")
        self.tune("--from", str(self.lines))
        self.assertEqual(self.written(), tables.parse((self.folder / "nvidia_h200.h").read_text()))

    def test_a_gpu_without_a_table_gets_one_and_a_place_in_the_list(self):
        self.tune(device=H200 | {"device": "NVIDIA A100-SXM4-80GB", "multiprocessors": 108, "capability": 80})
        self.assertIn("kNVIDIAA100SXM480GB", (self.tables / "nvidia_a100_sxm4_80gb.h").read_text())
        self.assertIn("{kNVIDIAA100SXM480GB, kNVIDIAH200}", (self.tables / "all.h").read_text())
        (self.folder / "probe.cpp").write_text('#include "kernels/generate/dispatch/tables/all.h"\n'
                                               "static_assert(kernels::kTunedTables.size() == 2 && kernels::kTunedTables[0].measured);\n"
                                               "static_assert(!kernels::kTunedTables[1].measured);\n")
        done = subprocess.run(["c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", f"-I{self.folder}", f"-I{ROOT}", "probe.cpp"],
                              capture_output=True, text=True, cwd=self.folder, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_estimate_takes_the_place_of_a_measurement(self):
        estimate = [H200, {"class": CARRY, "steps": [{"pieces": 1056, "way": way("overlap", 1)["way"]}, {"pieces": 0, "way": way("loop", 1)["way"]}]}]
        self.tune("--estimate", "NVIDIA H200,132,90", estimate=estimate)
        self.assertEqual(self.written().classes, {("fp16", 1, 128, 0): [(1056, ("overlap", 0, 0, "by_rows"), 0), (None, ("loop", 0, 0, "by_rows"), 0)]})
        self.tune()
        self.assertIn("no estimate takes its place", self.tune("--estimate", "NVIDIA H200,132,90", estimate=estimate, code=1))

    def test_what_is_committed_was_written_by_this_script(self):
        headers = {file.name: file.read_text() for file in tables.TABLES.glob("*.h")}
        self.assertEqual(headers.pop("all.h"), tables.all_text(headers))
        for name, text in headers.items():
            self.assertEqual(tables.text_of(tables.parse(text)), text, name)
            self.assertEqual(tables.parse(text).stem() + ".h", name)


if __name__ == "__main__":
    unittest.main(verbosity=1)
