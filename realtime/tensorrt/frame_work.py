"""What the device does with a frame, between its upload and its download."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..cuda import frame_kernels, scene_kernels
from ..cuda.arguments import Planes, SceneState
from ..cuda.sample_format import SampleFormat
from ..options import EnhancerOptions

if TYPE_CHECKING:
    from .device import Kernels
    from .map_memory import MapMemory


def enqueue_frame(
    compiled: Kernels,
    samples: SampleFormat,
    source: Planes,
    target: Planes,
    memory: MapMemory,
    options: EnhancerOptions,
    elapsed_s: float,
    estimate: Callable[[], None],
    stream: Any,
) -> None:
    """Put the work on a frame in line: shrink it, look for a cut, estimate, follow, tell the tints, enhance.

    With a shadow floor the tint of black is taken off beforehand.

    Args:
        compiled: The kernels for the samples.
        samples: How the frame lies in device memory.
        source: The frame.
        target: Where it goes, may be the source.
        memory: What it shares with the frames before and after it.
        options: What to do to it.
        elapsed_s: Time since the frame before, in seconds.
        estimate: Puts an estimate in line, if one is due; the cut is found by then.
        stream: Where all of that is put in line.
    """
    geometry = memory.geometry
    reference, next_reference = (buffer.address for buffer in memory.references)
    luma, state = memory.luma.address, memory.state.address
    compiled.launch(
        frame_kernels.shrink(
            samples, source, geometry, image=memory.image.address, luma=memory.small_luma.address
        ),
        stream,
    )
    compiled.launch(
        scene_kernels.detect(
            geometry,
            options.smoothing,
            elapsed_s,
            small_luma=memory.small_luma.address,
            luma=luma,
            reference=reference,
            state=state,
        ),
        stream,
    )
    black = 0
    if options.shadow_floor > 0:
        black = state + SceneState.black.offset
        for launch in scene_kernels.untint(
            samples, geometry, options.smoothing, elapsed_s, image=memory.image.address, state=state
        ):
            compiled.launch(launch, stream)
    estimate()
    compiled.launch(
        scene_kernels.follow(
            geometry,
            options.smoothing,
            elapsed_s,
            curves=memory.curves.address,
            next_reference=next_reference,
            maps=memory.maps.address,
            luma=luma,
            reference=reference,
            state=state,
        ),
        stream,
    )
    for launch in scene_kernels.tint(
        samples,
        geometry,
        image=memory.image.address,
        light=memory.light.address,
        maps=memory.maps.address,
        factors=memory.factors.address,
        strength=options.strength,
        headroom=options.headroom,
    ):
        compiled.launch(launch, stream)
    compiled.launch(
        frame_kernels.enhance(
            samples,
            source,
            target,
            geometry,
            factors=memory.factors.address,
            black=black,
            shadow_floor=options.shadow_floor,
        ),
        stream,
    )
    memory.swap_references()
