#!/usr/bin/python3
"""The house keeps its floors: which folder may include which. layers_test.py SOURCE_TREE"""
import pathlib
import re
import sys

# First match counts: a file's folder, and the folders it may include besides the system's headers.
RULES = [
    ("engine/data/", ["engine/data/"]),
    ("kernels/math/", ["kernels/math/"]),
    ("kernels/", ["kernels/"]),
    ("engine/", ["engine/", "kernels/"]),
    ("trainer/", ["trainer/", "engine/", "kernels/"]),
    ("io/", ["io/", "engine/data/"]),
    ("app/", ["app/", "io/", "trainer/", "engine/", "kernels/"]),
]
OURS = re.compile(r'^\s*#\s*include\s+"((?:engine|kernels|trainer|io|app|bench|tests)/[^"]+)"', re.M)
# engine and trainer take and give plain structs; files are opened by io and app.
OPENS_FILES = re.compile(r"#\s*include\s+<(?:fstream|filesystem|fcntl\.h)>")
# A library of the machine's stands behind one folder; tests may use one to make their data.
BEHIND = {r"(?:jpeglib|jerror|png)\.h|webp/|libexif/": "io/picture/", "opencv2/": "app/face/"}


def main(tree):
    checked, broken = 0, []
    for folder, allowed in RULES:
        for file in sorted((tree / folder).rglob("*")):
            name = file.relative_to(tree).as_posix()
            if file.suffix not in (".h", ".cpp", ".cuh", ".cu") or next(r for r in RULES if name.startswith(r[0]))[0] != folder:
                continue
            checked += 1
            text = file.read_text(encoding="utf-8")
            for included in OURS.findall(text):
                if not any(included.startswith(prefix) for prefix in allowed):
                    broken.append(f"{name} includes {included}; {folder} may see {', '.join(allowed)}")
            for library, home in BEHIND.items():
                if re.search(rf"#\s*include\s+<(?:{library})", text) and not name.startswith(home):
                    broken.append(f"{name} includes <{library}>; that is for {home}")
            if name.startswith(("engine/", "trainer/", "kernels/")) and OPENS_FILES.search(text):
                broken.append(f"{name} opens files; that is for io and app")
    print("\n".join(broken))
    print(f"{checked} files, {len(broken)} broken rules")
    if checked < 100:
        sys.exit("error: too few files were found: is this the source tree?")
    sys.exit(1 if broken else 0)


main(pathlib.Path(sys.argv[1]))
