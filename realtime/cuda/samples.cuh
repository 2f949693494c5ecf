// Reading and writing the samples of a patch of a frame, whatever the codec's format.
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

// Samples that lie side by side, moved as one or a few words where the frame is aligned.
template <int COUNT>
struct Run {
    static constexpr int BYTES = COUNT * SAMPLE_BYTES;
    static constexpr int ALIGNMENT = BYTES % 8 == 0 ? 8 : BYTES % 4 == 0 ? 4 : BYTES % 2 == 0 ? 2 : 1;
    struct alignas(ALIGNMENT) {
        Sample sample[COUNT];
    } held;
};

__device__ inline Sample *row_of(const Planes &planes, int plane, int y)
{
    return reinterpret_cast<Sample *>(planes.data[plane] + static_cast<size_t>(y) * planes.pitch[plane]);
}

// Read COUNT samples from column x on of a row that has `samples`; those beyond it become 0.
template <int COUNT>
__device__ inline Run<COUNT> load(const Planes &planes, int plane, int x, int y, int samples)
{
    const Sample *row = row_of(planes, plane, y) + x;
    Run<COUNT> run;
    if (planes.aligned && x + COUNT <= samples) {
        run.held = *reinterpret_cast<const decltype(run.held) *>(row);
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; ++i)
            run.held.sample[i] = x + i < samples ? row[i] : Sample(0);
    }
    return run;
}

template <int COUNT>
__device__ inline void store(const Planes &planes, int plane, int x, int y, int samples, const Run<COUNT> &run)
{
    Sample *row = row_of(planes, plane, y) + x;
    if (planes.aligned && x + COUNT <= samples) {
        *reinterpret_cast<decltype(Run<COUNT>::held) *>(row) = run.held;
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; ++i)
            if (x + i < samples)
                row[i] = run.held.sample[i];
    }
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
