"""How findings look on a terminal: plain aligned text, one line per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.measuring import Measured, Reached, Row
from benchmarks.reach import table

_HEADS = ("what", "who", "median", "least to most", "times ours", "note")


def print_rows(name: str, seconds: float, rows: Sequence[Row]) -> None:
    print(f"\n{name} ({seconds:.0f} s)")
    _print_aligned([_HEADS, *(_cells(row) for row in rows)])


def print_reach(reached: Mapping[str, Reached], *, show: bool) -> list[dict[str, str]]:
    """The table of reach; what bounds a line that falls short stands below it. Returns: its lines."""
    lines = table(reached)
    if show:
        print("\nReach")
        heads = [name for name in lines[0] if name != "bounded by"]
        _print_aligned([heads, *([line[name] for name in heads] for line in lines)])
        for line in lines:
            if line["bounded by"]:
                print(f"- {line['what']}: {line['bounded by']}")
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    measured = row.measured
    several = len(measured.values) > 1
    spread = f"{number(measured.least)} to {number(measured.most)}" if several else ""
    return (
        row.what,
        row.who,
        f"{number(measured.median)} {row.unit}",
        spread,
        _ratio(row.times_ours),
        row.note,
    )


def _ratio(ratio: Measured | None) -> str:
    if ratio is None:
        return ""
    spread = f" ({ratio.least:.2f} to {ratio.most:.2f})" if len(ratio.values) > 1 else ""
    return f"{ratio.median:.2f} x{spread}"


def number(value: float) -> str:
    """Three digits, without exponents in the range that people read."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _print_aligned(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
