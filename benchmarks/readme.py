"""The README's tables, drawn from committed results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_RESULTS = ROOT / "benchmarks" / "results"


def with_tables(readme: str) -> str:
    """Replace what stands between each pair of markers, `<!-- name -->` and `<!-- /name -->`.

    Args:
        readme: Text of the README.

    Returns:
        The text with tables of the results that are committed.
    """
    for name, table in (("quality", quality_table()), ("fps", fps_table())):
        before, _, rest = readme.partition(f"<!-- {name} -->\n")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        readme = f"{before}<!-- {name} -->\n{table}<!-- /{name} -->{after}"
    return readme


def quality_table() -> str:
    """Draw the scores of every quality result."""
    lines = []
    for path in sorted(_RESULTS.glob("quality-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lines += [
            f"| {report['pairs']} pairs ({path.stem.removeprefix('quality-')}) | PSNR, dB | SSIM "
            f"| do no harm: PSNR of {report['normal']} well-exposed pictures, dB |",
            "|---|---|---|---|",
        ]
        for name, score in report["scores"].items():
            unharmed = report["unharmed_db"].get(name)
            lines.append(
                f"| {name} | {score['psnr_db']:.2f} | {score['ssim']:.3f} "
                f"| {'' if unharmed is None else f'{unharmed:.1f}'} |"
            )
        lines.append("")
    return "\n".join(lines)


def fps_table() -> str:
    """Draw the frames per second of every result file."""
    lines = []
    for path in sorted(_RESULTS.glob("fps-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        machine = report["machine"]
        lines += [
            f"| `{report['model']}`, {report['width']}×{report['height']}, {machine['cores']} cores "
            f"({machine['processor']}) | enhance, p50 | p95 | FPS | file to file | transcode alone |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| `--estimate-every {result['estimate_every']}` | {result['enhance']['p50_ms']:.0f} ms "
            f"| {result['enhance']['p95_ms']:.0f} ms | {result['enhance_fps']:.0f} FPS "
            f"| {result['file_fps']:.0f} FPS | {result['transcode_fps']:.0f} FPS |"
            for result in report["results"]
        ]
        lines.append("")
    return "\n".join(lines)
