// The network's input: area averages over square cells of pixels, as RGB in [0, 1], mirrored beyond the borders.
//
// Small pixels beyond the picture repeat the average of the one that they mirror; they are a few hundred of tens of
// thousands. The geometry is that of curves/small_picture.py and estimator.py.
#pragma once

#include "half.cuh"
#include "samples.cuh"

// Weights of red, green and blue in the luma of the small picture, for motion and cuts alone; ITU-R BT.601-7.
constexpr float LUMA_OF_RED = 0.299f, LUMA_OF_GREEN = 0.587f, LUMA_OF_BLUE = 0.114f;

// Samples of a plane, or pixels of a packed one.
struct Area {
    int left, right, top, bottom;
};

// How many reads of a thread are under way at once: it waits for each group of them.
constexpr int UNDER_WAY = 16;

// Add up STEP interleaved channels over an area, each by itself; give their means.
template <int STEP>
__device__ inline void mean_over(const Planes &planes, int plane, const Area &area, float (&means)[STEP])
{
    unsigned long long totals[STEP] = {};
    for (int y = area.top; y < area.bottom; ++y) {
        const Sample *row = row_of(planes, plane, y);
        unsigned sums[STEP] = {};
        for (int first = area.left; first < area.right; first += UNDER_WAY)
#pragma unroll
            for (int x = first; x < first + UNDER_WAY; ++x)
                if (x < area.right)
#pragma unroll
                    for (int channel = 0; channel < STEP; ++channel)
                        sums[channel] += row[STEP * x + channel] >> LOW_BIT;
#pragma unroll
        for (int channel = 0; channel < STEP; ++channel)
            totals[channel] += sums[channel];
    }
    const float count = static_cast<float>((area.right - area.left) * (area.bottom - area.top));
#pragma unroll
    for (int channel = 0; channel < STEP; ++channel)
        means[channel] = static_cast<float>(totals[channel]) / count;
}

// The cells of pixels that lie in column x and row y of the small picture.
__device__ inline Area pixels_of(const ShrinkArguments &call, int x, int y)
{
    return {x * call.cell, min((x + 1) * call.cell, call.width), y * call.cell, min((y + 1) * call.cell, call.height)};
}

#if PACKED

__device__ inline float3 mean_colour(const ShrinkArguments &call, int x, int y)
{
    float means[3];
    mean_over<3>(call.source, 0, pixels_of(call, x, y), means);
    const float scale = 1.0f / call.peak;
    return make_float3(means[RED] * scale, means[1] * scale, means[2 - RED] * scale);
}

#else

// The samples that a cell touches along one axis, where neighbouring cells may share the one on their border.
__device__ inline void touched(int index, int cell, int shift, int pixels, int &first, int &after)
{
    const int samples = (pixels + (1 << shift) - 1) >> shift;
    first = (index * cell) >> shift;
    after = min(max(((index + 1) * cell + (1 << shift) - 1) >> shift, first + 1), samples);
    first = min(first, after - 1);
}

__device__ inline float3 mean_colour(const ShrinkArguments &call, int x, int y)
{
    const float *to_rgb = call.conversion.rgb_from_yuv, *offset = call.conversion.offset;
    float luma[1], blue = 0.0f, red = 0.0f;
    mean_over<1>(call.source, 0, pixels_of(call, x, y), luma);
#if CHROMA > 0
    Area area;
    touched(x, call.cell, SHIFT_X, call.width, area.left, area.right);
    touched(y, call.cell, SHIFT_Y, call.height, area.top, area.bottom);
#if CHROMA == 2
    float means[1];
    mean_over<1>(call.source, 1, area, means);
    blue = means[0] - offset[1];
    mean_over<1>(call.source, 2, area, means);
    red = means[0] - offset[2];
#else
    float means[2];
    mean_over<2>(call.source, 1, area, means);
    blue = means[0] - offset[1];
    red = means[1] - offset[2];
#endif
#endif
    const float white = luma[0] - offset[0];
    return make_float3(to_rgb[0] * white + to_rgb[1] * blue + to_rgb[2] * red,
                       to_rgb[3] * white + to_rgb[4] * blue + to_rgb[5] * red,
                       to_rgb[6] * white + to_rgb[7] * blue + to_rgb[8] * red);
}

#endif

// Which of `count` things one beyond either end mirrors; the first and the last are not repeated.
__device__ inline int mirrored(int index, int count)
{
    if (count == 1)
        return 0;
    const int period = 2 * (count - 1);
    const int phase = abs(index) % period;
    return min(phase, period - phase);
}

__device__ inline void shrink_pixel(const ShrinkArguments &call, int x, int y)
{
    const int small_x = x - call.border, small_y = y - call.border;
    const float3 mean =
        mean_colour(call, mirrored(small_x, call.small_width), mirrored(small_y, call.small_height));
    const float colour[3] = {fminf(fmaxf(mean.x, 0.0f), 1.0f), fminf(fmaxf(mean.y, 0.0f), 1.0f),
                             fminf(fmaxf(mean.z, 0.0f), 1.0f)};
    const int area = call.image_width * call.image_height, place = y * call.image_width + x;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel)
        if (call.image_is_half)
            static_cast<unsigned short *>(call.image)[channel * area + place] = half_from_float(colour[channel]);
        else
            static_cast<float *>(call.image)[channel * area + place] = colour[channel];
    if (0 <= small_x && small_x < call.small_width && 0 <= small_y && small_y < call.small_height)
        call.luma[small_y * call.small_width + small_x] =
            LUMA_OF_RED * colour[0] + LUMA_OF_GREEN * colour[1] + LUMA_OF_BLUE * colour[2];
}
