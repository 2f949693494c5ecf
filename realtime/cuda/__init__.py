"""CUDA kernels for the tensorrt backend: C++ sources, how they are compiled, and how they are called."""
