// The samples of a frame, in whatever format the codec or the camera has them.
//
// The format is fixed when the kernels are compiled:
//   SAMPLE_BYTES  1, or 2 for depths over 8 bits
//   LOW_BIT       how far the code is shifted up in its sample: 6 in P010, else 0
//   PACKED        1 for RGB and BGR, three samples a pixel
//   RED           the channel that holds red, if packed: 0 in RGB, 2 in BGR
//   CHROMA        planes of chroma: 2 planar, 1 interleaved (NV12, P010), 0 grey
//   SHIFT_X, SHIFT_Y  log2 of the subsampling of chroma
//   TO_PLANAR     1 to write what is read as NV12 or P010 in planes of its own each, codes in the low bits
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

// A float of 2²³ and more has no fraction: its last bits are those of a whole number. To convert by them takes the units
// that add and multiply, of which there are more than of those that convert.
constexpr unsigned WHOLE_BITS = 0x4B000000;
constexpr float WHOLE = 8388608.0f;

__device__ inline float code_of(Sample sample)
{
    return __uint_as_float(WHOLE_BITS | static_cast<unsigned>(sample >> LOW_BIT)) - WHOLE;
}

#ifdef __CUDACC__

// factor · value + summand, clamped to [0, 1], in one instruction.
__device__ inline float saturated(float factor, float value, float summand)
{
    float result;
    asm("fma.rn.sat.f32 %0, %1, %2, %3;" : "=f"(result) : "f"(factor), "f"(value), "f"(summand));
    return result;
}

#endif

// Round a value to the nearest code from 0 to the peak.
__device__ inline Sample sample_of(float value, float peak)
{
    return static_cast<Sample>(__float_as_uint(fminf(fmaxf(value, 0.0f), peak) + WHOLE) << LOW_BIT);
}

// How many chroma samples so many pixels have along one axis.
__device__ inline int subsampled(int pixels, int shift)
{
    return (pixels + (1 << shift) - 1) >> shift;
}
