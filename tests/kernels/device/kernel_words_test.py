#!/usr/bin/python3
"""Kernels keep to the wrappers, or the emulator does not see what they do. kernel_words_test.py SOURCE_TREE"""
import pathlib
import re
import sys

# Where the wrappers live; everything else that is compiled for the device is searched.
WRAPPERS = ("kernels/device/", "kernels/runtime/cuda/")
WORDS = re.compile(r"\basm\b|__shared__|__constant__|<<<|__threadfence|\bcooperative_groups\b|\bcuda::|#\s*include\s*<cuda")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def main(tree):
    searched, found = 0, []
    for folder in ("kernels", "tests/kernels"):
        for file in sorted((tree / folder).rglob("*")):
            name = file.relative_to(tree).as_posix()
            if file.suffix not in (".cu", ".cuh") or name.startswith(WRAPPERS):
                continue
            searched += 1
            for number, line in enumerate(without_comments(file.read_text(encoding="utf-8")).split("\n"), 1):
                if word := WORDS.search(line):
                    found.append(f"{name}:{number}: {word.group()}: use a wrapper of kernels/device")
    print("\n".join(found))
    print(f"{searched} files, {len(found)} words that only wrappers may use")
    if searched < 5:
        sys.exit("error: too few files were found: is this the source tree?")
    sys.exit(1 if found else 0)


main(pathlib.Path(sys.argv[1]))
