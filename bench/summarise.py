#!/usr/bin/env python3
"""Google Benchmark's JSON of several programs -> one JSON and one Markdown table.

summarise.py OUT_WITHOUT_SUFFIX IN.json...
"""
import json
import pathlib
import re
import sys

# What would name the machine or a folder rather than the conditions.
PRIVATE = ("host_name", "executable", "library_build_type", "load_avg")


def load(files):
    context, rows = {}, []
    for file in files:
        document = json.loads(pathlib.Path(file).read_text())
        context |= {k: v for k, v in document["context"].items() if k not in PRIVATE}
        context.setdefault("load_at_start", document["context"].get("load_avg", [None])[0])
        rows += document["benchmarks"]
    for row in rows:
        row["name"] = re.sub(r"/iterations:1/manual_time$", "", row["name"])
    return context, rows


def number(value):
    """Three significant digits, readable at any size."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def spread(row, side):
    return f"{number(row[side])} ({number(row[side + '_low'])} to {number(row[side + '_high'])})"


def verdict(value, target):
    return "" if not target else "yes" if value >= target else "**no**"


def labels(row):
    """Ours, theirs, unit."""
    return row["label"].split(" | ")


def title(row):
    """generate/1x128/window/batch:1/threads:2 -> 1x128, window, batch 1, threads 2"""
    return ", ".join(row["name"].split("/")[1:]).replace(":", " ")


def compared(row):
    target = row.get("target", 0)
    wanted = f"{target:g}" if target else ""
    if "theirs" not in row:
        return f"| {title(row)} | {spread(row, 'ours')} | {labels(row)[1]} | | {wanted} | |"
    ratio = f"**{row['ratio']:.3g}** ({row['ratio_low']:.3g} to {row['ratio_high']:.3g})"
    return (f"| {title(row)} | {spread(row, 'ours')} | {spread(row, 'theirs')} | {ratio} | {wanted} | "
            f"{verdict(row['ratio'], target)} |")


def alone(row):
    target = row.get("target", 0)
    wanted = f"{target:g}" if target else ""
    name = ", ".join([labels(row)[0]] + row["name"].replace(":", " ").split("/")[1:])
    return f"| {name} | {spread(row, 'ours')} {labels(row)[2]} | {wanted} | {verdict(row['ours'], target)} |"


def groups(rows):
    """Rows by the first part of their name, in the order in which these appear."""
    found = {}
    for row in rows:
        found.setdefault(row["name"].split("/")[0], []).append(row)
    return found.items()


TITLES = {
    "generate": "Generation",
    "staggered": "Generation, our algorithm for windows on LibTorch's kernels",
    "halves": "What weights in fp16 gain",
    "encloser": "What the emotion score costs",
    "session": "What the session costs",
    "train": "Training",
}


def is_alone(row):
    return labels(row)[1] == ""


def heading(kind, members):
    ours, theirs, unit = labels(members[0])
    if theirs.startswith("LibTorch"):
        theirs = "LibTorch"  # its form (window, carry, staggered) says the row
    columns = f"| row | {ours}, {unit} | {theirs}, {unit} | ratio | target | met |"
    return [f"## {TITLES.get(kind, kind)}", "", columns, "|---|---|---|---|---|---|"]


def preface(context):
    if "not found" in context["libtorch"]:
        return ["Medians (lowest to highest round). LibTorch was not found: nothing was compared.", ""]
    return ["Medians (lowest to highest round), both sides in turns; ratio of medians (of the rounds). Before a row",
            "was timed, its outputs or gradients agreed within a relative L2 distance of 1e-5.", ""]


def markdown(context, rows):
    lines = [f"# CPU, {context['date'][:10]}", ""]
    facts = [("processor", "processor"), ("cores", "cores"), ("mhz_per_cpu", "MHz"),
             ("affetto_isa", "our instruction set"), ("compiler", "compiler"), ("commit", "commit"),
             ("libtorch", "LibTorch"),
             ("libtorch_simd", "LibTorch's own kernels"), ("blas", "LibTorch's matrix products"),
             ("blas_files", "loaded from"), ("date", "date"), ("load_at_start", "load average at the start")]
    lines += [f"- {name}: {context[key]}" for key, name in facts if key in context]
    lines += [""] + preface(context)
    good = [row for row in rows if not row.get("error_occurred")]
    for kind, members in groups(row for row in good if not is_alone(row)):
        lines += heading(kind, members) + [compared(row) for row in members] + [""]
    solo = [row for row in good if is_alone(row)]
    if solo:
        lines += ["## Files", "", "| row | rate | target | met |", "|---|---|---|---|"]
        lines += [alone(row) for row in solo] + [""]
    bad = [row for row in rows if row.get("error_occurred")]
    if bad:
        lines += ["## Failed", ""] + [f"- {row['name']}: {row['error_message']}" for row in bad] + [""]
    return "\n".join(lines)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    context, rows = load(sys.argv[2:])
    document = {"context": context, "benchmarks": rows}
    out.with_name(out.name + ".json").write_text(json.dumps(document, indent=1) + "\n")
    out.with_name(out.name + ".md").write_text(markdown(context, rows))
    print(f"wrote {out}.json and {out}.md")


if __name__ == "__main__":
    main()
