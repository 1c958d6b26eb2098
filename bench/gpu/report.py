#!/usr/bin/env python3
"""What bench/on-gpu.sh measured, gathered and told.

report.py tests OUT.json GTEST.json...        outcomes of test programs
report.py count TESTS.json                    one line about them
report.py fixtures OUT.json GTEST.json...     what the micro-tests of the device wrappers got
report.py replay FIXTURES.json GTEST.json     whether the emulator gets the same
report.py count-rows ROWS.jsonl               one line about measured rows
report.py conditions OUT.json SOURCE BUILD CLOCKS
report.py summary FOLDER STAGES.tsv           writes FOLDER/summary.md and prints it
Standard library only: it runs on a bare machine.
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys


def rows_of(path):
    """Objects of a file of JSON lines; a line that was cut off by a time limit is passed over."""
    rows = []
    path = pathlib.Path(path)
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def cases_of(report):
    for suite in json.loads(pathlib.Path(report).read_text())["testsuites"]:
        for case in suite["testsuite"]:
            yield f"{suite['name']}.{case['name']}", case


def outcome(case):
    if case.get("failures"):
        return "failed"
    return "skipped" if case.get("result") == "SKIPPED" else "passed"


def tests(out, *reports):
    programs = {}
    for report in reports:
        found = {"passed": 0, "skipped": 0, "failed": []}
        for name, case in cases_of(report):
            state = outcome(case)
            if state == "failed":
                found["failed"].append({"name": name, "why": case["failures"][0]["failure"][:400]})
            else:
                found[state] += 1
        programs[pathlib.Path(report).stem] = found
    pathlib.Path(out).write_text(json.dumps(programs, indent=1) + "\n")


def count(path):
    programs = json.loads(pathlib.Path(path).read_text())
    passed = sum(p["passed"] for p in programs.values())
    skipped = sum(p["skipped"] for p in programs.values())
    failed = [f["name"] for p in programs.values() for f in p["failed"]]
    print(f"{passed} passed, {skipped} skipped, {len(failed)} failed" + "".join(f"; {name}" for name in failed[:5]))


def outputs_of(report):
    """What each micro-test got, by its name without the number of the backend: a list per kernel that it ran."""
    for name, case in cases_of(report):
        keys = sorted((key for key in case if re.fullmatch(r"output\d+", key)), key=lambda key: int(key[6:]))
        if outcome(case) == "passed" and keys:  # a wrong output shall be looked at, not kept
            yield re.sub(r"/\d+$", "", name), [case[key].split() for key in keys]


def fixtures(out, *reports):
    found = dict(pair for report in reports for pair in outputs_of(report))
    if not found:
        print("no micro-test ran on a GPU")
        sys.exit(1)
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found))
    pathlib.Path(out).write_text("{\n" + lines + "\n}\n")
    print(f"{len(found)} outputs")


def read_fixtures(path):
    """What `fixtures` wrote: {test: [outputs of each of its kernels]}."""
    try:
        found = json.loads(pathlib.Path(path).read_text())
    except ValueError as error:
        sys.exit(f"error: {path}: no JSON: {error}")
    whole = isinstance(found, dict) and all(
        isinstance(runs, list) and runs and all(isinstance(run, list) and run for run in runs) for runs in found.values())
    if not whole or not found:
        sys.exit(f"error: {path}: wanted outputs by test, as report.py fixtures writes them")
    return found


def first_difference(wanted, got):
    for kernel, (one, other) in enumerate(zip(wanted, got)):
        for at, (a, b) in enumerate(zip(one, other)):
            if a != b:
                return f"output {at} of kernel {kernel} is {b}, and {a} on the GPU"
    return f"{[len(run) for run in got]} outputs, and {[len(run) for run in wanted]} on the GPU"


def compare(wanted, outputs):
    """@param wanted   as read_fixtures @param outputs  of the emulator: (test, outputs), of each test once per schedule
    @return what is wrong, a line each; how many tests were compared; tests that no GPU has run yet"""
    got = {}
    for name, values in outputs:
        got.setdefault(name, []).append(values)
    wrong = []
    for name in sorted(wanted):
        if name not in got:
            wrong.append(f"{name}: the GPU's output is kept, and no such test was run here: was it renamed?")
            continue
        bad = [values for values in got[name] if values != wanted[name]]
        if bad:
            wrong.append(f"{name}: {first_difference(wanted[name], bad[0])} ({len(bad)} of {len(got[name])} schedules)")
    return wrong, len(set(wanted) & set(got)), sorted(set(got) - set(wanted))


def replay(kept, report):
    """The emulator's outputs against those of the GPU; ends with 1 where they differ."""
    wrong, compared, newer = compare(read_fixtures(kept), outputs_of(report))
    for line in wrong:
        print(line)
    print(f"{kept}: {compared} compared, {len(wrong)} wrong, {len(newer)} that no GPU has run yet")
    if wrong:
        sys.exit(1)


def is_measured(row):
    return "not_measured" not in row and "failed" not in row


def count_rows(path):
    rows = rows_of(path)
    failed = [row["name"] for row in rows if "failed" in row]
    reasons = [row["not_measured"] for row in rows if "not_measured" in row]
    text = f"{sum(map(is_measured, rows))} measured"
    if reasons:
        text += f", {len(reasons)} not measured ({statistics.mode(reasons)})"
    print(text + (f", {len(failed)} failed: {', '.join(failed[:3])}" if failed else ""))


def said(command):
    """What a tool prints, or None where it is not there or refuses."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def cached(build, name):
    path = pathlib.Path(build) / "CMakeCache.txt"
    match = re.search(rf"^{name}:\w+=(.*)$", path.read_text(), re.M) if path.exists() else None
    return match[1] if match and not match[1].endswith("NOTFOUND") else None


def commit_of(source):
    carried = pathlib.Path(source) / ".carry" / "commit"
    described = said(["git", "-C", str(source), "describe", "--always", "--dirty"])
    return described or (carried.read_text().strip() if carried.exists() else "unknown")


def conditions(out, source, build, clocks):
    facts = {"commit": commit_of(source), "date": said(["date", "-u", "+%Y-%m-%dT%H:%M:%SZ"])}
    query = "name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,temperature.gpu,power.draw,memory.total"
    answer = said(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"])
    facts["gpu"] = "no GPU (nvidia-smi does not answer)"
    if answer:
        values = [value.strip() for value in answer.splitlines()[0].split(",")]
        facts |= dict(zip(["gpu", "driver", "sm_clock", "memory_clock", "sm_clock_at_most", "temperature_c", "power",
                           "memory"], values))
    seen = [int(line) for line in (pathlib.Path(clocks).read_text().split() if pathlib.Path(clocks).exists() else [])
            if line.isdigit()]
    if seen:
        facts["sm_clock_during_the_run_mhz"] = {"lowest": min(seen), "median": statistics.median(seen), "highest": max(seen)}
    nvcc = said([cached(build, "AFFETTO_NVCC") or "nvcc", "--version"])
    release = re.search(r"release ([\d.]+)", nvcc or "")
    facts["nvcc"] = release[1] if release else "not found"
    facts["pytorch"] = said(["python3", "-c", "import torch; print(torch.__version__)"]) or "not found"
    facts["libtorch"] = (cached(build, "LIBTORCH_INCLUDE") and cached(build, "LIBTORCH_TORCH")) or "not found"
    facts["cudnn"] = cached(build, "CUDNN_LIBRARY") or "not found"
    facts["compiler"] = (said(["c++", "--version"]) or "unknown").splitlines()[0]
    pathlib.Path(out).write_text(json.dumps(facts, indent=1) + "\n")


def number(value):
    """Three significant digits, readable at any size."""
    for limit, letter in ((1e9, " G"), (1e6, " M")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def micro_table(rows):
    lines = ["## Micro-benchmarks", "", "| what | measured (p10 to p90) | unit | predicted | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        if is_measured(row):
            predicted = f"{number(row['predicted'])} | {row['ratio']:.2f}" if "predicted" in row else " | "
            lines.append(f"| {row['name']} | {number(row['value'])} ({number(row['p10'])} to {number(row['p90'])}) | "
                         f"{row['unit']} | {predicted} |")
        else:
            lines.append(f"| {row['name']} | {reason(row)} | | | |")
    return lines + [""]


def reason(row):
    return f"not measured: {row['not_measured']}" if "not_measured" in row else f"**failed**: {row['failed']}"


def named(row):
    """device/1x128/window/batch:1/encloser:off/eager_fp32 -> its parts without the kind"""
    return ", ".join(row["name"].split("/")[1:]).replace(":", " ").replace("encloser off, ", "").replace(
        ", encloser off", "")


def device_row(row):
    if not is_measured(row):
        return f"| {named(row)} | {reason(row)} | | | |"
    ours, theirs, _ = row["label"].split(" | ")
    if "theirs" in row:
        other = f"{number(row['theirs'])} | **{row['ratio']:.3g}** ({row['ratio_low']:.3g} to {row['ratio_high']:.3g})"
    else:
        other = f"{theirs} | "
    return f"| {named(row)} | {ours} | {number(row['ours'])} | {other} |"


def rung_row(row):
    if not is_measured(row):
        return f"| {named(row)} | {reason(row)} | | | | |"
    predicted = number(row["predicted_us"]) if "predicted_us" in row else ""
    return (f"| {named(row)} | {number(row['us_per_note'])} ({number(row['us_per_note_p10'])} to "
            f"{number(row['us_per_note_p90'])}) | {number(row['launch_us'])} | {predicted} | {number(row['floor_us'])} | "
            f"{row['of_floor']:.2f} |")


def alone_row(row):
    return f"| {named(row)} | {number(row['ours']) if is_measured(row) else reason(row)} |"


GENERATION = [
    ("device", "Generation beside LibTorch, notes left on the device",
     "| row | ours | notes/s | LibTorch, notes/s | ratio |\n|---|---|---|---|---|", device_row),
    ("device_fp16", "The same with ours in fp16",
     "| row | ours | notes/s | LibTorch, notes/s | ratio |\n|---|---|---|---|---|", device_row),
    ("rung", "Rungs: microseconds for one more note of every piece; overlap, staggered and cluster in fp16",
     "| row | measured (p10 to p90) | a launch beside | predicted in fp16 | floor in its format | share of the floor |\n"
     "|---|---|---|---|---|---|", rung_row),
    ("host", "Notes on the host, through the engine's decoder", "| row | notes/s |\n|---|---|", alone_row),
    ("cpu", "This machine's CPU", "| row | notes/s |\n|---|---|", alone_row),
]


FACES = [
    ("face", "Faces read beside LibTorch, pictures and probabilities on the device",
     "| row | ours | pictures/s | LibTorch, pictures/s | ratio |\n|---|---|---|---|---|", device_row),
    ("face_train", "Faces learnt from beside LibTorch, batches copied from the host",
     "| row | ours | pictures/s | LibTorch, pictures/s | ratio |\n|---|---|---|---|---|", device_row),
]


def tables(kinds, rows):
    lines = []
    for kind, title, head, form in kinds:
        members = [row for row in rows if row["name"].startswith(kind + "/")]
        if members and not any(map(is_measured, members)):
            why = sorted({reason(row) for row in members})
            lines += [f"## {title}", "", f"{len(members)} rows, {'; '.join(why[:3])}", ""]
        elif members:
            lines += [f"## {title}", "", head] + [form(row) for row in members] + [""]
    return lines


def stage_table(path):
    lines = ["| stage | outcome | seconds | |", "|---|---|---|---|"]
    for line in pathlib.Path(path).read_text().splitlines():
        name, state, seconds, why = (line.split("\t") + [""])[:4]
        lines.append(f"| {name} | {state if state != 'not run' else 'not run: ' + why} | {seconds} | "
                     f"{why if state != 'not run' else ''} |")
    return lines + [""]


def summary(folder, stages):
    folder = pathlib.Path(folder)
    facts = json.loads((folder / "conditions.json").read_text()) if (folder / "conditions.json").exists() else {}
    lines = [f"# GPU, {facts.get('date', 'undated')[:10]}", ""]
    lines += [f"- {key.replace('_', ' ')}: {value}" for key, value in facts.items()] + [""]
    lines += ["Medians. Before a row was timed its results were compared: see bench/README.md.", ""]
    lines += tables(GENERATION, rows_of(folder / "generation.jsonl"))
    lines += tables(FACES, rows_of(folder / "faces.jsonl"))
    micro = rows_of(folder / "micro.jsonl")
    lines += micro_table(micro) if micro else []
    lines += stage_table(stages)
    text = "\n".join(lines)
    (folder / "summary.md").write_text(text)
    print(text)


VERBS = {"tests": tests, "count": count, "fixtures": fixtures, "replay": replay, "count-rows": count_rows, "conditions": conditions,
         "summary": summary}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
