// The part of a frame that one thread of `enhance` reads, holds in registers, and writes.
#pragma once

#include "samples.cuh"

constexpr int PATCH_WIDTH = 4;
constexpr int PATCH_HEIGHT = SHIFT_Y == 2 ? 4 : 2;
constexpr int CHROMA_WIDTH = PATCH_WIDTH >> SHIFT_X;  // chroma samples of a patch
constexpr int CHROMA_HEIGHT = PATCH_HEIGHT >> SHIFT_Y;

__device__ constexpr int run_alignment(int bytes)
{
    return bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
}

// Samples that lie side by side, moved as one or a few words.
template <int COUNT>
struct alignas(run_alignment(COUNT * SAMPLE_BYTES)) Run {
    Sample sample[COUNT];
};

// Samples a pixel in a row of the first plane, and a chroma sample in those of the others.
constexpr int FIRST_STEP = PACKED ? 3 : 1;
constexpr int CHROMA_STEP = CHROMA == 1 ? 2 : 1;

// The same of what is written, which may be planar where what is read is not.
constexpr int WRITTEN_CHROMA = TO_PLANAR ? 2 : CHROMA;
constexpr int WRITTEN_STEP = WRITTEN_CHROMA == 1 ? 2 : 1;

struct Patch {
    Run<PATCH_WIDTH * FIRST_STEP> first[PATCH_HEIGHT];  // Y, or the packed colours
#if CHROMA > 0
    Run<CHROMA_WIDTH * CHROMA_STEP> chroma[CHROMA][CHROMA_HEIGHT];
#endif

#if PACKED
    __device__ Sample &colour(int channel, int j, int i)
    {
        return first[j].sample[3 * i + (RED == 0 ? channel : 2 - channel)];
    }
#elif CHROMA == 2
    __device__ Sample &difference(int of, int j, int i)
    {
        return chroma[of][j].sample[i];
    }
#elif CHROMA == 1
    __device__ Sample &difference(int of, int j, int i)
    {
        return chroma[0][j].sample[2 * i + of];
    }
#endif
};

// Move samples from column x on of a row that has `samples`. AT_ONCE needs all of them to be there and aligned;
// otherwise they are moved one by one, and those that are not there are read as the last and not written.
template <bool AT_ONCE, int COUNT>
__device__ inline void load(const Sample *row, int x, int samples, Run<COUNT> &run)
{
    if (AT_ONCE) {
        run = *reinterpret_cast<const Run<COUNT> *>(row + x);
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; ++i)
            run.sample[i] = row[min(x + i, samples - 1)];
    }
}

template <bool AT_ONCE, int COUNT>
__device__ inline void store(Sample *row, int x, int samples, const Run<COUNT> &run)
{
    if (AT_ONCE) {
        *reinterpret_cast<Run<COUNT> *>(row + x) = run;
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; ++i)
            if (x + i < samples)
                row[x + i] = run.sample[i];
    }
}

// Return one of STEP interleaved channels, or all of them where that is 1, as they are written.
template <int STEP, int COUNT>
__device__ inline Run<COUNT / STEP> written(const Run<COUNT> &run, int of)
{
    Run<COUNT / STEP> result;
#pragma unroll
    for (int i = 0; i < COUNT / STEP; ++i)
        result.sample[i] = static_cast<Sample>(run.sample[STEP * i + of] >> (TO_PLANAR ? LOW_BIT : 0));
    return result;
}

// Read the patch whose upper left pixel is (x, y); rows and columns beyond the frame repeat its last.
template <bool AT_ONCE>
__device__ inline void load_patch(const EnhanceArguments &call, int x, int y, Patch &patch)
{
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
        load<AT_ONCE>(row_of(call.source, 0, min(y + j, call.height - 1)), FIRST_STEP * x, FIRST_STEP * call.width,
                      patch.first[j]);
#if CHROMA > 0
    const int width = subsampled(call.width, SHIFT_X), last = subsampled(call.height, SHIFT_Y) - 1;
#pragma unroll
    for (int plane = 0; plane < CHROMA; ++plane)
#pragma unroll
        for (int j = 0; j < CHROMA_HEIGHT; ++j)
            load<AT_ONCE>(row_of(call.source, 1 + plane, min((y >> SHIFT_Y) + j, last)), CHROMA_STEP * (x >> SHIFT_X),
                          CHROMA_STEP * width, patch.chroma[plane][j]);
#endif
}

template <bool AT_ONCE>
__device__ inline void store_patch(const EnhanceArguments &call, int x, int y, const Patch &patch)
{
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
        if (AT_ONCE || y + j < call.height)
            store<AT_ONCE>(row_of(call.target, 0, y + j), FIRST_STEP * x, FIRST_STEP * call.width,
                           written<1>(patch.first[j], 0));
#if CHROMA > 0
    const int width = subsampled(call.width, SHIFT_X), height = subsampled(call.height, SHIFT_Y);
#pragma unroll
    for (int plane = 0; plane < WRITTEN_CHROMA; ++plane)
#pragma unroll
        for (int j = 0; j < CHROMA_HEIGHT; ++j)
            if (AT_ONCE || (y >> SHIFT_Y) + j < height)
                store<AT_ONCE>(row_of(call.target, 1 + plane, (y >> SHIFT_Y) + j), WRITTEN_STEP * (x >> SHIFT_X),
                               WRITTEN_STEP * width,
                               written<CHROMA_STEP / WRITTEN_STEP>(patch.chroma[TO_PLANAR ? 0 : plane][j],
                                                                   TO_PLANAR ? plane : 0));
#endif
}
