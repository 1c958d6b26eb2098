"""Fixtures of the micro-tests: what bench/gpu/report.py takes out of a test's report, and what its comparing finds."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORT = ROOT / "bench" / "gpu" / "report.py"
MICRO_FIXTURES = ROOT / "tests" / "kernels" / "device" / "micro_fixtures.py"
KEPT = {"All/Warp.Votes": [["1", "2"], ["3"]], "All/Tile.Mma": [["4", "5"]]}

# Stands in for the emulated micro-tests: copies the report beside it to where --gtest_output=json: says.
PROGRAM = """#!/bin/bash
for option in "$@"; do
  case $option in --gtest_output=json:*) cp "$(dirname "$0")/report.json" "${option#--gtest_output=json:}" ;; esac
done
"""


def case(name, outputs, **more):
    return {"name": name, "result": "COMPLETED"} | {f"output{i}": " ".join(run) + " " for i, run in enumerate(outputs)} | more


def report_of(outputs, schedules=2, **more):
    """As GoogleTest writes it: each test once per schedule, by number."""
    suites = []
    for test, runs in outputs.items():
        suite, name = test.split(".")
        suites.append({"name": suite, "testsuite": [case(f"{name}/{s}", runs, **more) for s in range(schedules)]})
    return {"testsuites": suites}


class Fixtures(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def run_script(self, *arguments):
        done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def replay(self, kept, report):
        return self.run_script(REPORT, "replay", self.write("fixtures.json", kept), self.write("report.json", report))

    def test_equal_outputs_pass(self):
        code, text = self.replay(KEPT, report_of(KEPT))
        self.assertEqual(code, 0, text)
        self.assertIn("2 compared, 0 wrong, 0 that no GPU has run yet", text)

    def test_a_differing_value_fails_and_is_named(self):
        code, text = self.replay(KEPT, report_of(KEPT | {"All/Warp.Votes": [["1", "7"], ["3"]]}))
        self.assertEqual(code, 1)
        self.assertIn("All/Warp.Votes: output 1 of kernel 0 is 7, and 2 on the GPU (2 of 2 schedules)", text)
        self.assertIn("2 compared, 1 wrong", text)

    def test_one_schedule_of_many_is_enough_to_fail(self):
        report = report_of(KEPT)
        report["testsuites"][1]["testsuite"][1]["output0"] = "4 6 "
        code, text = self.replay(KEPT, report)
        self.assertEqual(code, 1)
        self.assertIn("All/Tile.Mma: output 1 of kernel 0 is 6, and 5 on the GPU (1 of 2 schedules)", text)

    def test_another_number_of_outputs_fails(self):
        for outputs in ([["4", "5", "6"]], [["4"]], [["4", "5"], ["6"]]):
            with self.subTest(outputs=outputs):
                code, text = self.replay(KEPT, report_of(KEPT | {"All/Tile.Mma": outputs}))
                self.assertEqual(code, 1)
                self.assertIn("All/Tile.Mma: [", text)

    def test_an_entry_that_nobody_runs_any_more_fails(self):
        code, text = self.replay(KEPT, report_of({"All/Tile.Mma": KEPT["All/Tile.Mma"]}))
        self.assertEqual(code, 1)
        self.assertIn("All/Warp.Votes: the GPU's output is kept, and no such test was run here", text)

    def test_a_test_that_is_newer_than_the_fixtures_passes_and_is_counted(self):
        code, text = self.replay(KEPT, report_of(KEPT | {"All/Copy.New": [["9"]]}))
        self.assertEqual(code, 0, text)
        self.assertIn("1 that no GPU has run yet", text)

    def test_what_is_no_fixture_is_refused(self):
        for content in ("{\"All/Tile.Mma\": [[\"4\"", "", "[]", "{}", "{\"All/Tile.Mma\": []}", "{\"All/Tile.Mma\": [[]]}", "7"):
            with self.subTest(content=content):
                code, text = self.replay(content, report_of(KEPT))
                self.assertEqual(code, 1)
                self.assertIn("error: ", text)
                self.assertNotIn("Traceback", text)

    def test_fixtures_keep_what_passed(self):
        report = report_of(KEPT, schedules=1)
        report["testsuites"][0]["testsuite"][0]["failures"] = [{"failure": "wrong"}]
        out = self.folder / "out.json"
        code, text = self.run_script(REPORT, "fixtures", out, self.write("report.json", report))
        self.assertEqual((code, text), (0, "1 outputs\n"))
        self.assertEqual(json.loads(out.read_text()), {"All/Tile.Mma": [["4", "5"]]})
        code, text = self.run_script(REPORT, "fixtures", out, self.write("report.json", report_of(KEPT, result="SKIPPED")))
        self.assertEqual((code, text), (1, "no micro-test ran on a GPU\n"))

    def micro_fixtures(self, outputs):
        self.write("report.json", report_of(outputs))
        program = self.write("program", PROGRAM)
        os.chmod(program, 0o755)
        return self.run_script(MICRO_FIXTURES, program, self.folder / "results")

    def test_without_a_fixture_nothing_is_passed(self):
        self.assertEqual(self.micro_fixtures(KEPT), (77, "no fixture was measured yet\n"))

    def test_every_fixture_below_the_folder_is_replayed(self):
        self.write("results/gpu-1/fixtures.json", KEPT)
        self.write("results/gpu-2/fixtures.json", KEPT)
        code, text = self.micro_fixtures(KEPT)
        self.assertEqual((code, text.count("2 compared, 0 wrong")), (0, 2), text)
        self.write("results/gpu-1/fixtures.json", KEPT | {"All/Tile.Mma": [["4", "0"]]})
        self.assertEqual(self.micro_fixtures(KEPT)[0], 1)

    @unittest.skipUnless("AFFETTO_MICRO_TESTS" in os.environ, "the emulated micro-tests are not built")
    def test_the_emulators_own_outputs_are_fixtures_that_it_replays(self):
        program = os.environ["AFFETTO_MICRO_TESTS"]
        report = self.folder / "micro.json"
        subprocess.run([program, "--gtest_brief=1", f"--gtest_output=json:{report}"], check=True, capture_output=True,
                       env=os.environ | {"AFFETTO_EMULATOR_SCHEDULE": "fifo:early:0"})
        kept = self.folder / "results" / "emulated" / "fixtures.json"
        kept.parent.mkdir(parents=True)
        self.assertEqual(self.run_script(REPORT, "fixtures", kept, report)[0], 0)
        code, text = self.run_script(MICRO_FIXTURES, program, self.folder / "results")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"[2-9]\d compared, 0 wrong, 0 that no GPU has run yet")


if __name__ == "__main__":
    unittest.main()
