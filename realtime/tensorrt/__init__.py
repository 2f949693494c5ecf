"""The enhancer on NVIDIA GPUs: TensorRT for the network, CUDA kernels for the rest, PyCUDA for the memory.

A frame goes this way, and up to three are under way at once:

    host ─► page-locked ─► device ─► shrink ─► detect ─► network ─► follow ─► enhance ─► page-locked ─► host
            (upload stream)          (compute stream)                         (download stream)

Only `device` imports PyCUDA, and TensorRT is handed in: a fake of the two drives all the rest.
"""
