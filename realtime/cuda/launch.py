"""One call of a CUDA kernel: the function's name, the grid in blocks, the block in threads, the arguments.

Nothing here needs a GPU or its libraries. The arguments are one structure, whose bytes are the kernel's only
parameter. With PyCUDA:

    function = module.get_function(launch.kernel)
    function.prepare([f"{ctypes.sizeof(launch.arguments)}s"])
    function.prepared_async_call(launch.grid, launch.block, stream, bytes(launch.arguments))

`frame_kernels` and `scene_kernels` are the table of the kernels. Each frame takes eight launches in one
stream, `shrink`, `detect`, the two of `untint`, `follow`, the two of `tint`, and `enhance`, with the network
before `follow` wherever it runs; without a shadow floor those of `untint` are left out. Between frames these
stay on the device:

    luma        (map height, map width) float32, written by `detect`, read by `follow`
    references  two of that size, which `follow` swaps at every frame
    state       a `SceneState`; fill it with zeros to start a new stream
    curves      the network's output, which `follow` reads until there is a newer one
    maps        (map height, map width, maps, 4) float32: red, green, blue and nothing of each map
    factors     (map height, map width, maps + 1, 4) float32, which `tint` writes: the same of what each map
                is applied as; behind them blue, red and twice nothing of the tints
"""

from __future__ import annotations

from ctypes import Structure
from typing import NamedTuple

Dim3 = tuple[int, int, int]

# Whole warps side by side; as many threads as the kernels are compiled for, at most.
BLOCK: Dim3 = (32, 8, 1)


class Launch(NamedTuple):
    """One call of a kernel.

    Attributes:
        kernel: The function's name.
        grid: Blocks along x, y and z.
        block: Threads of a block along x, y and z.
        arguments: The only parameter, by value.
    """

    kernel: str
    grid: Dim3
    block: Dim3
    arguments: Structure


def blocks_over(threads_x: int, threads_y: int, block: Dim3) -> Dim3:
    """Return how many blocks hold so many threads."""
    return -(-threads_x // block[0]), -(-threads_y // block[1]), 1
