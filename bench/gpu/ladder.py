#!/usr/bin/env python3
"""The fusion ladder as a table in bench/README.md and as a picture: predicted beside measured.

ladder.py MODEL.json [ROWS.jsonl]
  MODEL.json  what bench_gpu_model prints (bench/results/gpu-model.json)
  ROWS.jsonl  a run's generation.jsonl; without it nothing counts as measured
"""
import json
import math
import pathlib
import sys
from xml.sax.saxutils import escape

BENCH = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- ladder begin: written by bench/gpu/ladder.py -->", "<!-- ladder end -->"
# A column of the model, the row that measures it, and how the table calls it.
COLUMNS = [
    ("1x128/window/1", "rung/1x128/window/batch:1/encloser:{encloser}/{rung}", "`seed`, window, 1 piece"),
    ("1x128/carry/1", "rung/1x128/carry/batch:1/encloser:{encloser}/{rung}", "`seed`, carry, 1 piece"),
    ("1x128/carry/16384", "rung/1x128/carry/batch:16384/encloser:{encloser}/{rung}", "`seed`, carry, 16,384"),
    ("3x512/carry/1", "rung/3x512/carry/batch:1/encloser:{encloser}/{rung}", "3x512, carry, 1 piece"),
    ("3x256/carry/1", "rung/3x256/carry/batch:1/encloser:{encloser}/{rung}_fp16", "3x256, carry, 1 piece"),
    ("3x256/window/1", "rung/3x256/window/batch:1/encloser:{encloser}/{rung}", "3x256, window, 1 piece"),
]


def number(us):
    return f"{us:.3g}" if us < 1000 else f"{us:,.0f}"


def read_rows(path):
    rows = {}
    for line in pathlib.Path(path).read_text().splitlines() if path else []:
        row = json.loads(line)
        if "us_per_note" in row:
            rows[row["name"]] = row
    return rows


def measured(rows, pattern, rung):
    """With the emotion score where that was measured: the predictions are with it."""
    for encloser in ("on", "off"):
        row = rows.get(pattern.format(rung=rung, encloser=encloser))
        if row:
            return row["us_per_note"]
    return None


def cell(rung, column, rows):
    key, pattern, _ = column
    found = measured(rows, pattern, rung["rung"])
    if not rung[key] and found is None:
        return "–"
    predicted = number(rung[key]) if rung[key] else "none"
    return f"{predicted} / {number(found) if found is not None else 'not measured'}"


def table(ladder, rows):
    head = "| rung | one kernel does | launches a note | " + " | ".join(c[2] for c in COLUMNS) + " |"
    lines = [head, "|---|---|---|" + "---|" * len(COLUMNS)]
    for rung in ladder:
        cells = " | ".join(cell(rung, column, rows) for column in COLUMNS)
        lines.append(f"| `{rung['rung']}` | {rung['fuses']} | {rung['launches']:g} | {cells} |")
    return lines


LEFT, WIDTH, ROW, TOP = 110, 560, 44, 58
LOW, HIGH = 0.3, 1000.0


def place(us):
    share = (math.log10(max(us, LOW)) - math.log10(LOW)) / (math.log10(HIGH) - math.log10(LOW))
    return LEFT + WIDTH * min(share, 1)


def bar(us, y, colour, filled):
    fill = colour if filled else "none"
    return (f'<rect x="{LEFT}" y="{y}" width="{place(us) - LEFT:.1f}" height="10" fill="{fill}" stroke="{colour}"/>'
            f'<text x="{place(us) + 5:.1f}" y="{y + 9}" font-size="10">{number(us)}</text>')


def picture(ladder, rows):
    height = TOP + ROW * len(ladder) + 16
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{height}" '
             'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
             '<text x="10" y="18" font-size="14">Microseconds a note, one piece, seed network</text>',
             '<text x="10" y="36" font-size="11"><tspan fill="#1f5fa8">blue: window</tspan>, '
             '<tspan fill="#b3541e">orange: carry</tspan>; outline: predicted (fp16), filled: measured</text>']
    for decade in (1, 10, 100, 1000):
        x = place(decade)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 12}" x2="{x:.1f}" y2="{height - 8}" stroke="#ddd"/>'
                     f'<text x="{x:.1f}" y="{TOP - 2}" font-size="10" fill="#666" text-anchor="middle">{decade}</text>')
    for i, rung in enumerate(ladder):
        y = TOP + 6 + i * ROW
        parts.append(f'<text x="{LEFT - 8}" y="{y + 20}" text-anchor="end">{escape(rung["rung"])}</text>')
        for offset, column, colour in ((0, COLUMNS[0], "#1f5fa8"), (20, COLUMNS[1], "#b3541e")):
            found = measured(rows, column[1], rung["rung"])
            if rung[column[0]]:
                parts.append(bar(rung[column[0]], y + offset, colour, False))
            if found is not None:
                parts.append(bar(found, y + offset + (10 if rung[column[0]] else 0), colour, True))
    return "\n".join(parts) + "\n</svg>\n"


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    ladder = json.loads(pathlib.Path(sys.argv[1]).read_text())["ladder"]
    rows = read_rows(sys.argv[2] if len(sys.argv) == 3 else None)
    readme = BENCH / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(before + BEGIN + "\n" + "\n".join(table(ladder, rows)) + "\n" + END + after)
    (BENCH / "results" / "ladder.svg").write_text(picture(ladder, rows))
    print(f"wrote {readme} and {BENCH / 'results' / 'ladder.svg'}")


if __name__ == "__main__":
    main()
