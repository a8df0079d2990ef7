# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small charts as SVG text: grouped bars and lines. No dependency, the same bytes every time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

# Distinguishable without colour vision (Okabe and Ito), and on white and on dark pages.
COLOURS = ("#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#009e73", "#999999")
_GREY = "#808080"
_FONT = 'font-family="sans-serif" font-size="11"'


@dataclass(frozen=True)
class Series:
    """Values with a name; ``None`` is a gap."""

    name: str
    values: Sequence[float | None]


def _text(x: float, y: float, text: str, anchor: str = "middle", extra: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_GREY}"{extra}>'
        f"{escape(text)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, extra: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{_GREY}" stroke-width="0.5"{extra}/>'
    )


def legend(names: Sequence[str], x: float, y: float) -> list[str]:
    """Names beside their colours, in a row."""
    parts = []
    for name, colour in zip(names, COLOURS):
        parts.append(f'<rect x="{x:.1f}" y="{y - 8:.1f}" width="9" height="9" fill="{colour}"/>')
        parts.append(_text(x + 13, y, name, "start"))
        x += 26 + 6.2 * len(name)
    return parts


def document(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """A whole picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" {_FONT}>\n<title>{escape(title)}</title>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    top: float,
    unit: str,
    box: tuple[float, float, float, float],
) -> list[str]:
    """Grouped bars from 0 to ``top``; longer ones are cut and have their value above.

    Args:
        title: above the panel.
        labels: of the groups.
        series: one bar of each in each group.
        top: end of the axis.
        unit: behind the axis' numbers.
        box: left, top, width and height of the panel's axes.
    """
    left, up, width, height = box
    parts = [_text(left + width / 2, up - 6, title)]
    for step in range(5):
        y = up + height * (1 - step / 4)
        parts += [
            _line(left, y, left + width, y),
            _text(left - 4, y + 4, f"{top * step / 4:g}{unit}", "end"),
        ]
    group = width / len(labels)
    bar = group * 0.84 / len(series)
    for index, label in enumerate(labels):
        parts.append(_text(left + group * (index + 0.5), up + height + 14, label))
        for number, (one, colour) in enumerate(zip(series, COLOURS)):
            value = one.values[index]
            if value is None:
                continue
            x = left + group * (index + 0.08) + bar * number
            tall = height * min(value, top) / top
            parts.append(
                f'<rect x="{x:.1f}" y="{up + height - tall:.1f}" width="{bar:.1f}" '
                f'height="{tall:.1f}" fill="{colour}"><title>{escape(one.name)}: '
                f"{value:.0f}{unit}</title></rect>"
            )
    return parts


def lines(
    title: str,
    xs: Sequence[float],
    series: Sequence[Series],
    limits: tuple[float, float],
    labels: tuple[str, str],
    box: tuple[float, float, float, float],
    mark: float | None = None,
) -> list[str]:
    """Lines on logarithmic axes.

    Args:
        title: above the panel.
        xs: positions of the values, positive.
        series: a line each; values below the lower limit are drawn on it.
        limits: of the vertical axis, powers of ten.
        labels: of the axes, horizontal and vertical.
        box: left, top, width and height of the panel's axes.
        mark: a horizontal line at this value.
    """
    left, up, width, height = box
    low, high = math.log10(limits[0]), math.log10(limits[1])
    first, last = math.log2(xs[0]), math.log2(xs[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(min(max(y, limits[0]), limits[1])) - low) / (high - low)
        return left + width * (math.log2(x) - first) / (last - first), up + height * (1 - share)

    parts = [_text(left + width / 2, up - 6, title)]
    for power in range(round(low), round(high) + 1):
        _, y = place(xs[0], 10.0**power)
        parts += [
            _line(left, y, left + width, y),
            _text(left - 4, y + 4, f"{10.0**power:g}", "end"),
        ]
    for x in xs:
        if round(math.log2(x)) % 3 == 0:
            parts.append(_text(place(x, limits[0])[0], up + height + 14, f"{x:g}"))
    parts.append(_text(left + width / 2, up + height + 30, labels[0]))
    parts.append(_text(left - 4, up - 6, labels[1], "end"))
    if mark is not None:
        _, y = place(xs[0], mark)
        parts.append(_line(left, y, left + width, y, ' stroke-dasharray="4 3"'))
        parts.append(_text(left + width, y - 3, f"promised: {mark:g}", "end"))
    for one, colour in zip(series, COLOURS):
        points = " ".join(
            "{:.1f},{:.1f}".format(*place(x, value))
            for x, value in zip(xs, one.values)
            if value is not None
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
    return parts
