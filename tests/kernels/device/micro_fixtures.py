"""Whether the emulator's models of the device wrappers are those of the hardware: what the micro-tests got on a GPU, kept by
bench/on-gpu.sh as fixtures.json, against what they get on the emulator, under every schedule.
micro_fixtures.py DEVICE_TEST_EMULATED FOLDER   every fixtures.json below the folder; 77 where there is none, as CTest's
SKIP_RETURN_CODE has it: a comparison with nothing is not passed."""
import pathlib
import subprocess
import sys
import tempfile

REPORT = pathlib.Path(__file__).resolve().parents[3] / "bench" / "gpu" / "report.py"
SKIPPED = 77


def main(program, folder):
    kept = sorted(pathlib.Path(folder).rglob("fixtures.json"))
    if not kept:
        print("no fixture was measured yet")
        return SKIPPED
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "micro.json"
        ran = subprocess.run([program, "--gtest_brief=1", f"--gtest_output=json:{report}"], capture_output=True, text=True)
        if ran.returncode != 0:
            print(ran.stdout + ran.stderr)
            return 1
        compared = [subprocess.run([sys.executable, str(REPORT), "replay", str(one), str(report)]) for one in kept]
    return 1 if any(one.returncode for one in compared) else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
