// The fused full-frame pass: interpolate the factors of the curves, apply them, write the codec's samples.
//
// One thread enhances a patch of PATCH_WIDTH × PATCH_HEIGHT pixels and all its chroma samples, from its own reads to
// its own writes: each sample is read once and written once, and full-size maps exist in registers alone. Arithmetic
// takes longer than that, so that what is the same for all pixels of a unit, or of a chroma sample, is computed once.
#pragma once

#include "grid.cuh"

// Whether all pixels of a patch are in the frame.
__device__ inline bool is_whole(const EnhanceArguments &call, int x, int y)
{
    return x + PATCH_WIDTH <= call.width && y + PATCH_HEIGHT <= call.height;
}

__device__ inline float dot(const float *row, const float (&rgb)[3], float onto = -0.0f)
{
    return row[0] * rgb[0] + (row[1] * rgb[1] + (row[2] * rgb[2] + onto));
}

// Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1: `trust_in` of
// curves/colours.py. Of infinite energies the sum may be 0 · ∞, which is no number, and then 1 is the smaller.
__device__ inline float trust(const EnhanceArguments &call, const float *to_yuv, const float (&rgb)[3])
{
    const float luma = dot(to_yuv, rgb), blue = dot(to_yuv + 3, rgb), red = dot(to_yuv + 6, rgb);
    const float energy = call.luma_energy * (luma * luma) + call.chroma_energy * (blue * blue + red * red);
    const float signal = fminf(energy, 1.0f);
    return signal * signal * (3.0f - 2.0f * signal);
}

// RGB of samples, the tint of black taken off: all of it at 0 and none of it at 1. Linear in the codes, then clamped.
struct ToRgb {
    float keep[3], black[3];
    float of_luma[3];  // of a code of Y, or of the colour's own if packed

    __device__ explicit ToRgb(const EnhanceArguments &call)
    {
#pragma unroll
        for (int channel = 0; channel < 3; ++channel) {
            black[channel] = call.black ? call.black[channel] : 0.0f;
            keep[channel] = 1.0f + black[channel];
            of_luma[channel] = keep[channel] * (PACKED ? 1.0f / call.peak : call.conversion.rgb_from_yuv[0]);
        }
    }

    // What U and V, and the offsets of all three, add.
    __device__ void add(const Conversion &conversion, float blue, float red, float (&added)[3]) const
    {
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            added[channel] = keep[channel] * (conversion.rgb_from_yuv[3 * channel + 1] * blue +
                                              (conversion.rgb_from_yuv[3 * channel + 2] * red +
                                               conversion.rgb_of_zero[channel])) -
                             black[channel];
    }

    __device__ float light(int channel, float code, float added) const
    {
        return saturated(of_luma[channel], code, added);
    }
};

// Enhance the samples of a patch in place.
#if PACKED

template <int UNIT_WIDTH, int UNIT_HEIGHT, bool RATIONAL>
__device__ inline void enhance_samples(const EnhanceArguments &call, int x, int y, Patch &patch)
{
    const float *to_ycc = call.conversion.ycc_from_rgb;
    const PatchGrid<UNIT_WIDTH, UNIT_HEIGHT, RATIONAL> grid(call, x, y);
    const ToRgb to_rgb(call);
    const auto before = [&](int channel, int j, int i) {
        return to_rgb.light(channel, code_of(patch.colour(channel, j, i)), -to_rgb.black[channel]);
    };
    // Together, what the colours gain above grey is no luma; hence what green gains.
    const float with_blue = to_ycc[2] / to_ycc[1], with_red = to_ycc[0] / to_ycc[1];
    grid.for_each_unit([&](int top, int first) {
        float gains[3][UNIT_HEIGHT][UNIT_WIDTH];
        grid.gains_of(top, first, before, gains);
        float4 corners[4];
        grid.around(grid.map_count, top, first, corners);
        const Surface blues(corners[0].x, corners[1].x, corners[2].x, corners[3].x);
        const Surface reds(corners[0].y, corners[1].y, corners[2].y, corners[3].y);
#pragma unroll
        for (int v = 0; v < UNIT_HEIGHT; ++v)
#pragma unroll
            for (int u = 0; u < UNIT_WIDTH; ++u) {
                const int j = top + v, i = first + u;
                const float rgb[3] = {before(0, j, i), before(1, j, i), before(2, j, i)};
                const float gained[3] = {gains[0][v][u], gains[1][v][u], gains[2][v][u]};
                const float grey = dot(to_ycc, gained), believed = trust(call, to_ycc, rgb);
                const float held = grey - believed * grey;  // of what grey gains, where the colour is not believed
                const float row = grid.rows.fraction[j], column = grid.columns.fraction[i];
                const float of_blue = blues.at(row, column), of_red = reds.at(row, column);
                const float tints[3] = {of_red, -(with_blue * of_blue + with_red * of_red), of_blue};
#pragma unroll
                for (int channel = 0; channel < 3; ++channel) {
                    const float gain = grey + believed * (gained[channel] - grey) + tints[channel] * held;
                    Sample &sample = patch.colour(channel, j, i);
                    sample = sample_of(code_of(sample) + call.peak * gain, call.peak);
                }
            }
    });
}

#else

// Rows for which colours are told from noise together, and how often that is done in a patch.
constexpr int TOGETHER = SHIFT_Y == 0 ? 1 : 2;
constexpr int GROUPS = PATCH_HEIGHT / TOGETHER;

// What is summed over the pixels of a chroma sample, of the rows that go together.
struct SampleSums {
    // From −0 on, to which a compiler need not add.
    float luma = -0.0f;                      // codes of Y before
    float gains[3] = {-0.0f, -0.0f, -0.0f};  // what the curves add to red, green and blue
};

// How much a group counts in its chroma sample: where two share one, those below the frame do not count.
__device__ inline float weight_of(const EnhanceArguments &call, int y, int group)
{
    if (TOGETHER == 1 << SHIFT_Y)
        return 1.0f;
    const int first = group & ~1;
    return y + (first + 1) * TOGETHER < call.height ? 0.5f : group == first ? 1.0f : 0.0f;
}

#if CHROMA > 0

// Add to U and V what the curves do: of what luma gains, the part that the surroundings have, as far as the colour is
// not believed.
template <typename Grid>
__device__ inline void enhance_chroma(const EnhanceArguments &call, int y, const Grid &grid, const ToRgb &to_rgb,
                                      const float (&added)[CHROMA_HEIGHT][CHROMA_WIDTH][3],
                                      const SampleSums (&sums)[GROUPS][CHROMA_WIDTH], Patch &patch)
{
    const float *to_yuv = call.conversion.yuv_from_rgb;
    constexpr float SHARE = 1.0f / static_cast<float>(TOGETHER << SHIFT_X);  // of a pixel in the sums
    float gained[2][CHROMA_HEIGHT][CHROMA_WIDTH] = {};
#pragma unroll
    for (int group = 0; group < GROUPS; ++group) {
        const int row = group * TOGETHER >> SHIFT_Y;
        const float weight = weight_of(call, y, group);
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            const SampleSums &sum = sums[group][i];
            float rgb[3], gains[3];
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                rgb[channel] = to_rgb.light(channel, SHARE * sum.luma, added[row][i][channel]);
                gains[channel] = SHARE * sum.gains[channel];
            }
            const float believed = trust(call, to_yuv, rgb), grey = dot(to_yuv, gains);
            const float2 tint = grid.template mean_tint<TOGETHER, 1 << SHIFT_X>(group * TOGETHER, i << SHIFT_X);
            const float tinted[2] = {call.tint_scale[0] * tint.x * grey, call.tint_scale[1] * tint.y * grey};
#pragma unroll
            for (int of = 0; of < 2; ++of)
                gained[of][row][i] +=
                    weight * (tinted[of] + believed * (dot(to_yuv + 3 + 3 * of, gains) - tinted[of]));
        }
    }
#pragma unroll
    for (int of = 0; of < 2; ++of)
#pragma unroll
        for (int j = 0; j < CHROMA_HEIGHT; ++j)
#pragma unroll
            for (int i = 0; i < CHROMA_WIDTH; ++i) {
                Sample &sample = patch.difference(of, j, i);
                sample = sample_of(code_of(sample) + gained[of][j][i], call.peak);
            }
}

#endif

// What the curve adds in RGB is added in YUV. Where it adds nothing the codes stay as they were, those of colours
// outside the gamut included.
template <int UNIT_WIDTH, int UNIT_HEIGHT, bool RATIONAL>
__device__ inline void enhance_samples(const EnhanceArguments &call, int x, int y, Patch &patch)
{
    const PatchGrid<UNIT_WIDTH, UNIT_HEIGHT, RATIONAL> grid(call, x, y);
    const ToRgb to_rgb(call);
    float added[CHROMA_HEIGHT][CHROMA_WIDTH][3];
#pragma unroll
    for (int j = 0; j < CHROMA_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i)
#if CHROMA > 0
            to_rgb.add(call.conversion, code_of(patch.difference(0, j, i)), code_of(patch.difference(1, j, i)),
                       added[j][i]);
    SampleSums sums[GROUPS][CHROMA_WIDTH];
#else
            to_rgb.add(call.conversion, call.conversion.offset[1], call.conversion.offset[2], added[j][i]);
#endif
    const auto before = [&](int channel, int j, int i) {
        return to_rgb.light(channel, code_of(patch.first[j].sample[i]), added[j >> SHIFT_Y][i >> SHIFT_X][channel]);
    };
    grid.for_each_unit([&](int top, int first) {
        float gains[3][UNIT_HEIGHT][UNIT_WIDTH];
        grid.gains_of(top, first, before, gains);
#pragma unroll
        for (int v = 0; v < UNIT_HEIGHT; ++v)
#pragma unroll
            for (int u = 0; u < UNIT_WIDTH; ++u) {
                const int j = top + v, i = first + u;
                const float gained[3] = {gains[0][v][u], gains[1][v][u], gains[2][v][u]};
                Sample &sample = patch.first[j].sample[i];
                const float code = code_of(sample);
#if CHROMA > 0
                SampleSums &sum = sums[j / TOGETHER][i >> SHIFT_X];
                sum.luma += code;
#pragma unroll
                for (int channel = 0; channel < 3; ++channel)
                    sum.gains[channel] += gained[channel];
#endif
                sample = sample_of(dot(call.conversion.yuv_from_rgb, gained, code), call.peak);
            }
    });
#if CHROMA > 0
    enhance_chroma(call, y, grid, to_rgb, added, sums, patch);
#endif
}

#endif

template <int UNIT_WIDTH, int UNIT_HEIGHT, bool RATIONAL>
__device__ inline void enhance(const EnhanceArguments &call)
{
    const int x = PATCH_WIDTH * (blockIdx.x * blockDim.x + threadIdx.x);
    const int y = PATCH_HEIGHT * (blockIdx.y * blockDim.y + threadIdx.y);
    if (x >= call.width || y >= call.height)
        return;
    Patch patch;
    if (call.source.aligned && is_whole(call, x, y))
        load_patch<true>(call, x, y, patch);
    else
        load_patch<false>(call, x, y, patch);
    enhance_samples<UNIT_WIDTH, UNIT_HEIGHT, RATIONAL>(call, x, y, patch);
    if (call.target.aligned && is_whole(call, x, y))
        store_patch<true>(call, x, y, patch);
    else
        store_patch<false>(call, x, y, patch);
}
