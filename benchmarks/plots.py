# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Charts and tables of the recorded measurements, for the documentation.

Reads every JSON file of a folder of results and writes an SVG for each, and a page of
Markdown that names the machine of each. What a file holds is told by its members:
norm_bench.py, fusion_bench.py, backward_bench.py, module_calls.py,
backend_compile_bench.py or accuracy_bench.py wrote it.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import svg

Cell = dict[str, Any]
_NAMES = {
    "ours": "rmsnorm",
    "ours_out": "rmsnorm, result given",
    "compile": "torch.compile",
    "ort": "ONNX Runtime",
    "torch": "PyTorch eager",
    "steps": "rmsnorm, a kernel per operation",
    "copy": "copy",
}
_PANEL = (370.0, 120.0)  # width and height of a panel's axes
_MARGIN = (60.0, 34.0)  # left of each, above the first
_GAP = (46.0, 50.0)  # between panels


def _box(column: int, row: int) -> tuple[float, float, float, float]:
    width, height = _PANEL
    left = _MARGIN[0] + column * (width + _GAP[0])
    return left, _MARGIN[1] + row * (height + _GAP[1]), width, height


def _page(title: str, names: Sequence[str], columns: int, rows: int, parts: list[str]) -> str:
    width = _MARGIN[0] + columns * (_PANEL[0] + _GAP[0])
    bottom = _MARGIN[1] + rows * (_PANEL[1] + _GAP[1])
    return svg.document(
        int(width), int(bottom + 20), title, [*parts, *svg.legend(names, _MARGIN[0], bottom + 6)]
    )


def _shape(cell: Cell) -> str:
    return f"{cell['rows']}x{cell['extent']}"


def _ordered(values: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _panels(
    title: str, cells: list[Cell], names: Sequence[str], value: Any, top: float, unit: str
) -> str:
    """A panel of bars for each dtype (and number of threads, or kind of cell)."""
    down, across = ("cell", "dtype") if "cell" in cells[0] else ("dtype", "threads")
    rows, columns = (_ordered([cell[key] for cell in cells]) for key in (down, across))
    parts: list[str] = []
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            chosen = [c for c in cells if c[down] == row and c[across] == column]
            if not chosen:
                continue
            series = [svg.Series(_NAMES.get(n, n), [value(c, n) for c in chosen]) for n in names]
            labels = [_shape(cell) for cell in chosen]
            heading = f"{row}, {column}" + (" thread(s)" if across == "threads" else "")
            parts += svg.bars(heading, labels, series, top, unit, _box(j, i))
    shown = [_NAMES.get(name, name) for name in names]
    return _page(title, shown, len(columns), len(rows), parts)


def _table(cells: list[Cell], names: Sequence[str], value: Any, form: str) -> list[str]:
    first = ["cell", "dtype", "rows x extent"] if "cell" in cells[0] else ["dtype", "rows x extent"]
    if "threads" in cells[0]:
        first.append("threads")
    lines = [
        "| " + " | ".join([*first, *(_NAMES.get(n, n) for n in names)]) + " |",
        "|" + "---|" * len(first) + "---:|" * len(names),
    ]
    for cell in cells:
        words = [str(cell[key]) for key in ("cell", "dtype") if key in cell] + [_shape(cell)]
        if "threads" in cell:
            words.append(str(cell["threads"]))
        words += [form.format(value(cell, name)) for name in names]
        lines.append("| " + " | ".join(words) + " |")
    return lines


def _of_copy(cell: Cell, name: str) -> float:
    times = cell["microseconds"]
    return float(100 * times["copy"] / times[name])


def _times_ours(cell: Cell, name: str) -> float:
    times = cell["microseconds"]
    return float(times[name] / times["ours"])


def _forward(cells: list[Cell]) -> tuple[str, list[str]]:
    names = ["ours_out", "ours", "compile", "ort", "torch"]
    title = "Speed of a norm, in percent of a copy of the same bytes"
    picture = _panels(title, cells, names, _of_copy, 120, "%")
    about = (
        f"{title} that is measured beside it. A copy reads and writes what a norm has to. "
        "Longer bars are faster. Small shapes show what a call costs."
    )
    return picture, [about, "", *_table(cells, names, _of_copy, "{:.0f} %")]


def _ratios(cells: list[Cell], title: str) -> tuple[str, list[str]]:
    names = [name for name in cells[0]["microseconds"] if name not in ("ours", "copy")]
    picture = _panels(title, cells, names, _times_ours, 8, "x")
    return picture, [
        f"{title}. Above 1 ours is faster.",
        "",
        *_table(cells, names, _times_ours, "{:.2f}"),
    ]


def _accuracy(cells: list[Cell], promised: float) -> tuple[str, list[str]]:
    names = list(cells[0]["ulp"])
    kinds = _ordered([cell["kind"] for cell in cells])
    parts: list[str] = []
    for column, kind in enumerate(kinds):
        chosen = [cell for cell in cells if cell["kind"] == kind]
        series = [svg.Series(name, [cell["ulp"][name] for cell in chosen]) for name in names]
        extents = [cell["extent"] for cell in chosen]
        box = _box(column, 0)
        title = f"f32, {kind} rows"
        parts += svg.lines(title, extents, series, (0.1, 1e4), ("row length", "ulp"), box, promised)
    title = "Largest error of f32 norms by the length of a row, in ulps"
    table = ["| rows | length | " + " | ".join(names) + " |", "|---|---:|" + "---:|" * len(names)]
    for cell in cells:
        errors = " | ".join(f"{cell['ulp'][name]:.2f}" for name in names)
        table.append(f"| {cell['kind']} | {cell['extent']} | {errors} |")
    elements = sum(cell["rows"] * cell["extent"] for cell in cells)
    beyond = ", ".join(f"{name} {sum(cell['beyond'][name] for cell in cells):,}" for name in names)
    about = (
        f"{title}, against f64. `outlier`: one element of each row is 1e4 times the rest. "
        f"Elements of {elements:,} that are off by more than {promised:g} ulp: {beyond}."
    )
    return _page(title, names, len(kinds), 1, parts), [about, "", *table]


def draw(report: dict[str, Any]) -> tuple[str, str, list[str]]:
    """Heading, SVG and Markdown of a file of results.

    Raises:
        ValueError: none of our programs wrote it.
    """
    if "accuracy" in report:
        return "Accuracy", *_accuracy(report["accuracy"], report["promised"])
    cells = report.get("cells") or []
    if not cells or "microseconds" not in cells[0]:
        raise ValueError("neither 'accuracy' nor 'cells' with 'microseconds' in it")
    if report.get("kind") == "backend":
        title = 'torch.compile(backend="rmsnorm"): time of Inductor alone over ours'
        return "Backend of torch.compile", *_ratios(cells, title)
    if report.get("kind") == "modules":
        title = "Calls of the module: time of torch.nn.RMSNorm over ours"
        return "Module calls", *_ratios(cells, title)
    if "cell" in cells[0]:
        return "Fusion", *_ratios(cells, "Norms with their neighbours: time of others over ours")
    if "copy" in cells[0]["microseconds"]:
        return "One norm", *_forward(cells)
    return "Training", *_ratios(cells, "Forward and backward of a norm: time of others over ours")


def _compilation(numbers: dict[str, float]) -> list[str]:
    """What one norm costs before it first runs, and the runtime's size."""
    if not numbers:
        return []
    rows = [f"| {name.replace('_', ' ')} | {value:.6g} |" for name, value in numbers.items()]
    return ["| compiling one norm | |", "|---|---:|", *rows, ""]


def _machine(report: dict[str, Any]) -> str:
    machine = report["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items() if v)
    extra = [
        flag
        for flag in ("avx2", "avx512f", "avx512_bf16", "avx512_fp16")
        if flag in machine["flags"]
    ]
    threads = f", {report['threads']} thread(s)" if "threads" in report else ""
    return (
        f"Measured on: {machine['cpu']}, {machine['cores']} cores{threads} "
        f"({', '.join(extra) or 'no AVX'}); Python {machine['python']}, {versions}; "
        f"commit {machine['commit']}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="folder of JSON files")
    parser.add_argument("--plots", type=Path, required=True, help="folder for the SVG files")
    parser.add_argument("--page", type=Path, required=True, help="the page of Markdown to write")
    arguments = parser.parse_args()
    arguments.plots.mkdir(parents=True, exist_ok=True)
    lines = [
        "<!-- Autogenerated from benchmarks/results by scripts/docs; don't manually edit -->",
        "",
        "# Measurements",
        "",
        "Ratios travel from machine to machine, times do not. `scripts/bench` and the other programs",
        "of `benchmarks/` make these files; run them on your machine.",
        "",
    ]
    for path in sorted(arguments.results.glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        try:
            heading, picture, body = draw(report)
        except ValueError as error:
            parser.error(f"{path}: {error}")
        (arguments.plots / f"{path.stem}.svg").write_text(picture, encoding="utf-8")
        lines += [f"## {heading}: {path.stem}", "", _machine(report), ""]
        lines += [f"![{heading}](../plots/{path.stem}.svg)", "", *body, ""]
        lines += _compilation(report.get("compilation", {}))
    arguments.page.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
