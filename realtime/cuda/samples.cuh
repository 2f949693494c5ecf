// The samples of a frame, in whatever format the codec or the camera has them.
//
// The format is fixed when the kernels are compiled:
//   SAMPLE_BYTES  1, or 2 for depths over 8 bits
//   LOW_BIT       how far the code is shifted up in its sample: 6 in P010, else 0
//   PACKED        1 for RGB and BGR, three samples a pixel
//   RED           the channel that holds red, if packed: 0 in RGB, 2 in BGR
//   CHROMA        planes of chroma: 2 planar, 1 interleaved (NV12, P010), 0 grey
//   SHIFT_X, SHIFT_Y  log2 of the subsampling of chroma
#pragma once

#include "arguments.cuh"

#if SAMPLE_BYTES == 1
typedef unsigned char Sample;
#else
typedef unsigned short Sample;
#endif

__device__ inline Sample *row_of(const Planes &planes, int plane, int y)
{
    return reinterpret_cast<Sample *>(planes.data[plane] + static_cast<size_t>(y) * planes.pitch[plane]);
}

__device__ inline float code_of(Sample sample)
{
    return static_cast<float>(sample >> LOW_BIT);
}

// Round a value to the nearest code from 0 to the peak.
__device__ inline Sample sample_of(float value, float peak)
{
    return static_cast<Sample>(static_cast<unsigned>(fminf(fmaxf(value, 0.0f), peak) + 0.5f) << LOW_BIT);
}

// How many chroma samples so many pixels have along one axis.
__device__ inline int subsampled(int pixels, int shift)
{
    return (pixels + (1 << shift) - 1) >> shift;
}
