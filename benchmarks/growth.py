"""How time and memory of an audit grow with its boxes: a picture for docs/performance.md.

    python benchmarks/growth.py [--sizes 10 100 1000 10000] [--write docs/images/growth.svg]

The boxes are made up as in ``memory_ratio.py``; each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from memory_ratio import in_a_process

WIDTH, HEIGHT, EDGE = 640, 300, 60
COLOURS = {"seconds": "#1f6feb", "peak_mb": "#b35900"}
NAMES = {"seconds": "seconds", "peak_mb": "peak memory, MB"}


def drawn(measured: list[dict[str, float]]) -> str:
    """Both curves over the number of boxes, all axes logarithmic."""
    sizes = [each["boxes"] for each in measured]
    values = [each[key] for each in measured for key in COLOURS]
    low, high = math.floor(math.log10(max(min(values), 0.1))), math.ceil(math.log10(max(values)))
    left, right = math.log10(min(sizes)), math.log10(max(sizes))

    def x(size: float) -> float:
        return EDGE + (math.log10(size) - left) / max(right - left, 1e-9) * (WIDTH - 2 * EDGE)

    def y(value: float) -> float:
        return HEIGHT - EDGE + (low - math.log10(max(value, 10.0**low))) / (high - low) * (HEIGHT - 2 * EDGE)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"',
        ' font-size="12">',
        "<title>Time and memory of an audit over the number of boxes</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{EDGE} {at:.1f}H{WIDTH - EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{EDGE - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    below = HEIGHT - EDGE + 20
    parts += [f'<text x="{x(size):.1f}" y="{below}" text-anchor="middle">{size:,.0f}</text>' for size in sizes]
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 16}" text-anchor="middle">boxes</text>')
    for number, (key, colour) in enumerate(COLOURS.items()):
        points = " ".join(f"{x(each['boxes']):.1f},{y(each[key]):.1f}" for each in measured)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for each in measured:
            across, up = x(each["boxes"]), y(each[key])
            parts.append(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{colour}"/>')
            shown = f'<text x="{across:.1f}" y="{up - 8:.1f}" text-anchor="middle" fill="{colour}">{each[key]:g}</text>'
            parts.append(shown)
        parts.append(f'<text x="{EDGE + number * 120}" y="24" fill="{colour}">{NAMES[key]}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--findings", type=int, default=4)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    measured = []
    for size in chosen.sizes:
        measured.append(in_a_process(size, chosen.findings))
        print(json.dumps(measured[-1]), flush=True)
    if chosen.write:
        chosen.write.write_text(drawn(measured), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
