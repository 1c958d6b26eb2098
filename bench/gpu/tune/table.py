"""Tables of kernels/generate/dispatch/tables: made of measured lines, written as C++, read back, compared.

A class is (precision, layers, units, window), a way (rung, pieces, cluster, tile), a step (up to so many pieces or None
for all, way, microseconds). Standard library only: it runs on a bare machine.
"""
import dataclasses
import json
import math
import pathlib
import re

TABLES = pathlib.Path(__file__).resolve().parents[3] / "kernels/generate/dispatch/tables"
EMULATED = "emulated device"  # kernels/emulator/virtual_device.h


@dataclasses.dataclass
class Table:
    gpu: str
    multiprocessors: int
    capability: int
    measured: bool = False
    driver: str = ""
    commit: str = ""
    date: str = ""
    clock_mhz: int = 0
    classes: dict = dataclasses.field(default_factory=dict)  # class: [step]

    def stem(self):
        return re.sub(r"\W+", "_", self.gpu).strip("_").lower()

    def constant(self):
        return "k" + "".join(word[0].upper() + word[1:] for word in re.split(r"\W+", self.gpu) if word)


def read_lines(path):
    """Objects of a file of JSON lines; one that was cut off is passed over."""
    found = []
    path = pathlib.Path(path)
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def class_of(json_class):
    return tuple(json_class[key] for key in ("precision", "layers", "hidden", "window"))


def way_of(json_way):
    return tuple(json_way[key] for key in ("rung", "pieces", "cluster", "tile"))


def steps_of(rows):
    """The fastest way at each number of pieces that was tried. The way of the step before is kept while it lies within
    the spread of the fastest: a table shall not change its mind for nothing. Between two numbers the boundary is where
    their ratios are equal."""
    rows = sorted(rows, key=lambda row: row["pieces"])
    steps = []
    for row in rows:
        best = min(row["ways"], key=lambda way: way["us"])
        if steps:
            before = next((way for way in row["ways"] if way_of(way["way"]) == steps[-1][1]), None)
            if before and before["us"] <= best["p90"]:
                best = before
        if steps and way_of(best["way"]) == steps[-1][1]:
            steps[-1] = (row["pieces"], steps[-1][1], best["us"])
        else:
            if steps:
                last = steps[-1]
                steps[-1] = (math.isqrt(last[0] * row["pieces"]), *last[1:])
            steps.append((row["pieces"], way_of(best["way"]), best["us"]))
    steps[-1] = (None, *steps[-1][1:])
    return steps


class Incomplete(Exception):
    """What is still to be measured."""


def measured_table(lines):
    """@throws Incomplete, ValueError for lines that do not belong together or in which a gate failed"""
    devices = {(d["device"], d["multiprocessors"], d["capability"]) for d in lines if "device" in d}
    conditions = [line["conditions"] for line in lines if "conditions" in line]
    clocks = sorted(clock for line in lines for clock in line.get("clocks", []))
    if len(devices) != 1:
        raise ValueError(f"the lines are of {len(devices)} devices")
    if len({(c["driver"], c["commit"]) for c in conditions}) != 1:
        raise ValueError("the lines are not of one driver and one commit")
    rows = {line["name"]: line for line in lines if "ways" in line}
    failed = {line["name"]: line["failed"] for line in lines if "failed" in line and line["name"] not in rows}
    if failed:
        raise ValueError("; ".join(f"{name}: {why}" for name, why in failed.items()))
    planned = [line["plan"] for line in lines if "plan" in line][-1]
    missing = [name for name in planned if name not in rows]
    if missing:
        raise Incomplete(f"{len(planned) - len(missing)} of {len(planned)} rows are measured, next is {missing[0]}")
    if any(line.get("emulated") for line in lines):
        devices = {(EMULATED, *devices.pop()[1:])}  # whatever it plays; and nothing of it was measured
    table = Table(*devices.pop(), **{key: conditions[-1][key] for key in ("driver", "commit", "date")})
    table.measured = table.gpu != EMULATED
    table.clock_mhz = clocks[len(clocks) // 2] if clocks else 0
    by_class = {}
    for name in planned:
        by_class.setdefault(class_of(rows[name]["class"]), []).append(rows[name])
    table.classes = {key: steps_of(some) for key, some in by_class.items()}
    return table


def estimated_table(lines):
    device = next(line for line in lines if "device" in line)
    table = Table(device["device"], device["multiprocessors"], device["capability"])
    for line in lines:
        if "steps" in line:
            table.classes[class_of(line["class"])] = [
                (step["pieces"] or None, way_of(step["way"]), 0) for step in line["steps"]]
    return table


def row_text(key, step):
    precision, layers, hidden, window = key
    most, (rung, pieces, cluster, tile), us = step
    return (f"    {{{{Precision::{precision}, {layers}, {hidden}, {window}}}, {{{'WayStep::kAll' if most is None else most}, "
            f"{{Fusion::{rung}, {pieces}, {cluster}, TileChoice::{tile}}}}}, {us:.4g}}},")


def origin(table):
    if table.gpu == EMULATED:
        return "Of the emulator, whose times mean nothing: a test."
    return "Measured." if table.measured else "Estimated (../ways.h), not measured."


def text_of(table):
    name = table.constant()
    facts = [f'.gpu = "{table.gpu}"', f".multiprocessors = {table.multiprocessors}", f".capability = {table.capability}",
             f".measured = {'true' if table.measured else 'false'}"]
    if table.measured:
        facts += [f'.driver = "{table.driver}"', f'.commit = "{table.commit}"', f'.date = "{table.date}"',
                  f".clock_mhz = {table.clock_mhz}"]
    rows = [row_text(key, step) for key, steps in table.classes.items() for step in steps]
    return "\n".join([
        "// Written by bench/tune: not by hand. " + origin(table),
        "#pragma once", "", '#include "kernels/generate/dispatch/table.h"', "", "namespace kernels {", "", "// clang-format off",
        "// {precision, layers, units, window}, {up to pieces, {rung, pieces, cluster, tile}}, microseconds a note",
        f"inline constexpr TunedWay {name}Ways[] = {{", *rows, "};",
        f"inline constexpr TunedTable {name} = {{", *(f"    {fact}," for fact in facts), f"    .ways = {name}Ways}};",
        "// clang-format on", "", "}  // namespace kernels", ""])


ROW = re.compile(r"\{\{Precision::(\w+), (\d+), (\d+), (\d+)\}, \{(\S+), "
                 r"\{Fusion::(\w+), (\d+), (\d+), TileChoice::(\w+)\}\}, ([\d.e+-]+)\}")


def parse(text):
    """What text_of wrote."""
    fact = lambda key, wanted: next(iter(re.findall(rf"\.{key} = {wanted}", text)), None)
    table = Table(fact("gpu", '"(.*)"'), int(fact("multiprocessors", r"(\d+)")), int(fact("capability", r"(\d+)")),
                  fact("measured", r"(\w+)") == "true", fact("driver", '"(.*)"') or "", fact("commit", '"(.*)"') or "",
                  fact("date", '"(.*)"') or "", int(fact("clock_mhz", r"(\d+)") or 0))
    for precision, layers, hidden, window, most, rung, pieces, cluster, tile, us in ROW.findall(text):
        table.classes.setdefault((precision, int(layers), int(hidden), int(window)), []).append(
            (None if most == "WayStep::kAll" else int(most), (rung, int(pieces), int(cluster), tile), float(us)))
    return table


def class_text(key):
    precision, layers, hidden, window = key
    return f"{precision}, {layers} x {hidden}, " + (f"window {window}" if window else "carried state")


def way_text(way):
    rung, pieces, cluster, tile = way
    sizes = [f"{pieces} pieces"] * (pieces > 0) + [f"{cluster} blocks"] * (cluster > 0) + [f"tile {tile}"] * (tile != "by_rows")
    return ", ".join([rung, *sizes])


def steps_text(steps):
    return "; ".join((f"to {most}: " if most else "beyond: " if len(steps) > 1 else "") + way_text(way)
                     for most, way, _ in steps)


def changes(old, new):
    """A line for each class that is new, gone, or chosen otherwise."""
    where = lambda table: "measured" if table.measured else "estimated"
    if old is None:
        yield f"{new.gpu} had no table"
        old = Table(new.gpu, 0, 0)
    elif old.measured != new.measured:
        yield f"was {where(old)}, is {where(new)}"
    ways = lambda steps: [(most, way) for most, way, _ in steps]
    for key in [*new.classes, *(key for key in old.classes if key not in new.classes)]:
        before, after = old.classes.get(key), new.classes.get(key)
        if before is None:
            yield f"{class_text(key)}: new: {steps_text(after)}"
        elif after is None:
            yield f"{class_text(key)}: gone; was {steps_text(before)}"
        elif ways(before) != ways(after):
            yield f"{class_text(key)}: {steps_text(after)}; was {steps_text(before)}"


def all_text(headers):
    """The header that names all tables. @param headers  their texts by file name"""
    includes = "\n".join(f'#include "kernels/generate/dispatch/tables/{name}"' for name in sorted(headers))
    names = ", ".join(parse(headers[name]).constant() for name in sorted(headers))
    return (f"// Written by bench/tune: not by hand. The tables of this folder.\n#pragma once\n\n#include <array>\n\n{includes}\n\n"
            f"namespace kernels {{\n\n// clang-format off\ninline constexpr std::array kTunedTables = {{{names}}};\n"
            "// clang-format on\n\n}  // namespace kernels\n")
