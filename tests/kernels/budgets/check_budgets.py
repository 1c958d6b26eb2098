#!/usr/bin/python3
"""Compiles every kernel for sm_90a, whatever the build is for, and compares what ptxas says it needs with the committed budgets;
then that what kernels are made of compiles for the oldest GPU that is served, too (portable.cu).

check_budgets.py COMPILE_COMMANDS BUDGETS [--update]
  COMPILE_COMMANDS  compile_commands.json of a build with the CUDA toolkit
  BUDGETS           budgets.json beside this script: per kernel the most registers, spilled bytes, stack bytes, and the
                    tensor instructions (mma, ldmatrix) that its PTX must hold
  --update          writes what was found as the new budgets, for a change that is meant
Exit code 0 if all is within budget, 1 if not, 77 (skipped) if the build has no device code.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SKIPPED = 77
ARCHITECTURE, OLDEST = "sm_90a", "sm_80"
ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")
LIMITS = ("registers", "spills", "stack")  # at most
COUNTS = ("mma", "ldmatrix")  # exactly: a product that fell off the tensor cores must not pass


def device_commands(compile_commands):
    """Command lines of the ladder's kernels, without their output."""
    for entry in json.loads(pathlib.Path(compile_commands).read_text()):
        file = pathlib.Path(entry["file"])
        words = shlex.split(entry["command"])
        if file.suffix != ".cu" or "nvcc" not in os.path.basename(words[0]) or "kernels_cuda.dir" not in entry["command"]:
            continue
        at = words.index("-o")
        kept = words[:at] + words[at + 2 :]
        kept = [w for i, w in enumerate(kept) if w not in ("-MD", "-c") and kept[i - 1] not in ("-MT", "-MF") and w not in ("-MT", "-MF")]
        kept = [w for w in kept if not w.startswith("--generate-code")] + ["-arch=" + ARCHITECTURE]
        yield file, entry["directory"], kept


def demangled(names):
    out = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    shorten = lambda name: re.sub(r"^void |kernels::|on_cuda::|\(anonymous namespace\)::|\(int\)", "", name).split("(")[0]
    return dict(zip(names, map(shorten, out.split("\n"))))


def body_of(ptx, name):
    start = ptx.find(f".entry {name}(")
    end = ptx.find("\n}", start)
    return ptx[start:end]


def compile_one(job):
    file, directory, command = job
    with tempfile.TemporaryDirectory() as folder:
        cubin = os.path.join(folder, "kernel.cubin")
        result = subprocess.run(command + ["-cubin", "-Xptxas=-v", "--keep", "--keep-dir", folder, "-o", cubin],
                                cwd=directory, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"error: {file} does not compile:\n{result.stderr}")
        ptx = "".join(p.read_text() for p in pathlib.Path(folder).glob("*.ptx"))
    needs, current = {}, None
    for line in result.stderr.splitlines():
        if found := ENTRY.search(line):
            current = needs.setdefault(found[1], {})
        elif current is not None and (found := STACK.search(line)):
            # functions that the kernel calls are listed after it
            current["stack"] = max(current.get("stack", 0), int(found[1]))
            current["spills"] = max(current.get("spills", 0), int(found[2]) + int(found[3]))
        elif current is not None and (found := REGISTERS.search(line)):
            current["registers"] = int(found[1])
    for name, need in needs.items():
        body = body_of(ptx, name)
        need["mma"] = body.count("mma.sync")
        need["ldmatrix"] = body.count("ldmatrix.sync")
    names = demangled(list(needs))
    return {names[n]: {k: need[k] for k in LIMITS + COUNTS} for n, need in needs.items()}


def check_portable(command, directory):
    """The oldest GPU that is served takes every wrapper. @param command  of any kernel"""
    portable = pathlib.Path(__file__).with_name("portable.cu")
    command = [str(portable) if w.endswith(".cu") else "-arch=" + OLDEST if w == "-arch=" + ARCHITECTURE else w for w in command]
    with tempfile.TemporaryDirectory() as folder:
        cubin = os.path.join(folder, "portable.cubin")
        result = subprocess.run(command + ["-cubin", "--keep", "--keep-dir", folder, "-o", cubin], cwd=directory,
                                capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"error: {portable} does not compile for {OLDEST}:\n{result.stderr}")
        ptx = "".join(p.read_text() for p in pathlib.Path(folder).glob("*.ptx"))
    words = [word for word in ("mma.sync", "ldmatrix.sync", "ld.relaxed.gpu.b128", "cp.async.cg") if word not in ptx]
    if words or f".target {OLDEST}" not in ptx:
        sys.exit(f"error: {portable} is not compiled in full for {OLDEST}: no {', '.join(words) or OLDEST} in its PTX")
    print(f"every wrapper compiles for {OLDEST}")


def complaints(found, budgets):
    for name in sorted(found.keys() | budgets.keys()):
        if name not in budgets:
            yield f"{name}: no budget; run this script with --update and look at what it writes"
        elif name not in found:
            yield f"{name}: has a budget but was not compiled; --update removes it"
        else:
            need, budget = found[name], budgets[name]
            for key in LIMITS:
                if need[key] > budget[key]:
                    yield f"{name}: {need[key]} {key}, budget {budget[key]}"
            for key in COUNTS:
                if need[key] != budget[key]:
                    yield f"{name}: {need[key]} {key} instructions in its PTX, expected {budget[key]}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    jobs = list(device_commands(sys.argv[1]))
    if not jobs:
        print("skipped: this build has no device code (no CUDA toolkit)")
        sys.exit(SKIPPED)
    found = collections.OrderedDict()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for kernels in pool.map(compile_one, jobs):
            found.update(kernels)
    check_portable(jobs[0][2], jobs[0][1])
    if not found:
        sys.exit("error: no kernel was found in what the compiler printed")
    file = pathlib.Path(sys.argv[2])
    if "--update" in sys.argv:
        rows = ",\n".join(f"  {json.dumps(n)}: {json.dumps(found[n])}" for n in sorted(found))
        file.write_text("{\n" + rows + "\n}\n")
        print(f"{file}: {len(found)} budgets written")
        return
    wrong = list(complaints(found, json.loads(file.read_text())))
    print("\n".join(wrong))
    print(f"{len(jobs)} files, {len(found)} kernels, {len(wrong)} out of budget")
    sys.exit(1 if wrong else 0)


main()
