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
    tables = {
        "quality": quality_table(),
        "flicker": flicker_table(),
        "noise": noise_table(),
        "shadows": shadow_table(),
        "fps": fps_table(),
        "latency": latency_table(),
        "gpu": gpu_table(),
    }
    for name, table in tables.items():
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
            f"| do no harm: PSNR of {report['normal']} well-exposed pictures, dB "
            f"| contrast that bright places keep in {report['dark']} dark pictures |",
            "|---|---|---|---|---|",
        ]
        for name, score in report["scores"].items():
            further = [
                f"{report[values][name]:{digits}}" if name in report[values] else ""
                for values, digits in (("unharmed_db", ".1f"), ("kept_contrast", ".2f"))
            ]
            lines.append(f"| {name} | {score['psnr_db']:.2f} | {score['ssim']:.3f} | {' | '.join(further)} |")
        lines.append("")
    return "\n".join(lines)


def flicker_table() -> str:
    """Draw every flicker result, and what is left of the goals."""
    lines = []
    for path in sorted(_RESULTS.glob("flicker-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        noisy, encoded, motion = report["noisy"], report["encoded"], report["motion"]
        lines += [
            f"| {report['clips']} clips, `{report['model']}` | noisy stills: deviation | of that, wavering "
            "| encoded stills: deviation | of that, wavering | pans: warping error × 10⁶ "
            "| darkened clips: PSNR, dB | frames lost after a cut |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, still in noisy.items():
            cells = [f"{one[key]:.3f}" for one in (still, encoded[name]) for key in ("block", "wavering")]
            moving = motion.get(name)
            if moving:
                cells += [f"{1e6 * moving['warping']:.0f}", f"{moving['psnr_db']:.2f}"]
                cells.append("" if name == "input" else f"{moving['frames_lost']:.1f}")
            else:
                cells += [""] * 3
            lines.append(f"| {name} | {' | '.join(cells)} |")
        smoothed, alone = "smoothed maps", "per frame"
        less = [
            1 - one[smoothed]["wavering"] / one[alone]["wavering"]
            for one in (noisy, encoded, report["tripod"])
        ]
        met = "met" if min(less[:2]) >= 0.7 else "not met on both"
        gain_db = motion[smoothed]["psnr_db"] - motion[alone]["psnr_db"]
        lines += [
            "",
            f"Smoothed maps against maps by frame: {less[0]:.0%} less wavering on noisy stills "
            f"and {less[1]:.0%} on encoded ones (goal: 70%, {met}), {less[2]:.0%} on "
            f"{report['tripod_clips']} dark clips from a tripod, in which something moves; "
            f"PSNR {gain_db:+.2f} dB (goal: -0.1 or better); "
            f"{motion[smoothed]['frames_lost']:.1f} frames lost after a cut (goal: at most 1).",
            "",
        ]
    return "\n".join(lines)


def noise_table() -> str:
    """Draw every noise result."""
    lines = []
    for path in sorted(_RESULTS.glob("noise-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        methods = list(next(iter(report["scores"].values())))
        lines += [
            f"| {report['clips']} clips, `{report['model']}`; PSNR in dB, SSIM | {' | '.join(methods)} |",
            "|---|" + "---|" * len(methods),
        ]
        for name, scores in report["scores"].items():
            cells = [f"{one['psnr_db']:.2f}, {one['ssim']:.3f}" for one in scores.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def shadow_table() -> str:
    """Draw every shadow result, a column for each clip."""
    lines = []
    for path in sorted(_RESULTS.glob("shadows-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        clips = report["clips"]
        on = f"the same, {report['shadow_floor']} (the default)"
        rows = [
            ("luma", "rule on", "luma_growth"),
            ("mean colour, `--shadow-floor 0`", "rule off", "tint_growth"),
            (on, "rule on", "tint_growth"),
            ("unevenness of colour, `--shadow-floor 0`", "rule off", "chroma_growth"),
            (on, "rule on", "chroma_growth"),
        ]
        numbers = " | ".join(map(str, range(1, len(clips) + 1)))
        lines += [
            f"| {len(clips)} low-light clips, `{report['model']}`; growth in the shadows of | {numbers} |",
            "|---|" + "---|" * len(clips),
            *(
                f"| {name} | {' | '.join(f'× {clip[rule][growth]:.1f}' for clip in clips)} |"
                for name, rule, growth in rows
            ),
            "",
        ]
    return "\n".join(lines)


def fps_table() -> str:
    """Draw one table of all machines, sizes and models."""
    lines = [
        "| machine | frame | model | maps alone, p50 | all, p50, p95 | network every frame | every 4th "
        "| `auto` | file to file | transcode alone |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted(_RESULTS.glob("fps-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        settings: dict[tuple[int, int, str], dict[int | str, dict[str, Any]]] = {}
        for run in report["runs"]:
            setting = settings.setdefault((run["width"], run["height"], run["model"]), {})
            setting[run["estimate_every"]] = run
        for (width, height, model), runs in sorted(settings.items()):
            first = runs[1]
            stages = first["stages"]  # on a GPU they overlap, and the maps have no time of their own
            maps = f"{stages['estimate']['p50_ms']:.1f} ms" if "estimate" in stages else ""
            fps = [f"{runs[n]['enhance_fps']:.0f}" if n in runs else "" for n in (1, 4, "auto")]
            lines.append(
                f"| {_machine(report['machine'], first['backend'])} | {width}×{height} | `{model}` "
                f"| {maps} | {first['enhance']['p50_ms']:.1f}, {first['enhance']['p95_ms']:.1f} ms "
                f"| {fps[0]} FPS | {fps[1]} | {fps[2]} | {first['file_fps']:.0f} "
                f"| {first['transcode_fps']:.0f} |"
            )
    return "\n".join(lines) + "\n"


def latency_table() -> str:
    """Draw one table of all sizes and models."""
    lines = [
        "| machine | live video | model | latency p50 | p95 | p95 in frames | growth | dropped "
        "| memory, threads, files |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for path in sorted(_RESULTS.glob("latency-*.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        latency, painted = report["latency"], report["painted"]
        lines.append(
            f"| {_machine(report['machine'], report['backend'])} "
            f"| {report['width']}×{report['height']}, {report['fps']:g} FPS, {report['seconds']:g} s "
            f"| `{report['model']}` | {latency['p50_ms']:.0f} ms "
            f"| {latency['p95_ms']:.0f} ms | {report['latency_in_frames']:.1f} "
            f"| {round(report['growth_ms']):+d} ms | {report['dropped']} of {painted} "
            f"| {_held_more(report)} |"
        )
    return "\n".join(lines) + "\n"


def _held_more(report: dict[str, Any]) -> str:
    """Say what a live run held more of at its end than after a tenth of it."""
    begin, end = (report["periods"][index]["usage"] for index in (0, -1))
    memory_mib = end["memory_mib"] - begin["memory_mib"]
    return (
        f"{memory_mib:+.0f} MiB, {end['threads'] - begin['threads']:+d}, {end['files'] - begin['files']:+d}"
    )


def gpu_table() -> str:
    """Draw one table of all GPUs and sizes, PyTorch's with the same network below ours."""
    lines = [
        "| GPU | frame | what runs | with all copies | on the device alone | the full-size pass |",
        "|---|---|---|---|---|---|",
    ]
    paths = sorted(_RESULTS.glob("gpu-*.json"))
    for path in paths:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for result in report["results"]:
            lines.append(
                f"| {report['gpu']} | {result['width']}×{result['height']} "
                f"| `{report['model']}`, network by {report['network']} "
                f"| {result['fps']:.0f} FPS, {result['streams_at_30_fps']} streams "
                f"| {result['device_fps']:.0f} FPS "
                f"| {1e3 * result['pass_ms']:.1f} µs, {100 * result['share_of_large_copy']:.0f} % "
                "of a copy's speed |"
            )
        for file in report.get("files", []):  # results of earlier versions have none
            lines.append(
                f"| {report['gpu']} | {file['width']}×{file['height']} "
                f"| `{report['model']}`, from file to file, {file['decoder']} to {file['encoder']} "
                f"| {file['fps']:.0f} FPS, {file['processor_ms']:.1f} ms of processor a frame | | |"
            )
        for peer in report["peers"]:
            fps = peer["left_out"] if peer["fps"] is None else f"{peer['fps']:.0f} FPS"
            lines.append(
                f"| {report['gpu']} | {peer['width']}×{peer['height']} "
                f"| `{report['model']}` at full size, {peer['method']} | | {fps} | |"
            )
    if not paths:
        lines.append("| RTX cards, data-centre GPUs, Jetson | | | not yet measured | not yet measured | |")
    return "\n".join(lines) + "\n"


def _machine(machine: dict[str, Any], backend: str) -> str:
    """Name what did the work."""
    if "jetson" in machine:
        return f"{machine['jetson']['board']} ({machine['jetson']['power_mode']})"
    if backend != "cpu":
        return str(machine["gpu"]["name"])
    kind = f" ({machine['microarchitecture']})" if "microarchitecture" in machine else ""
    return f"{machine['processor']}{kind}, {machine['cores']} cores"
