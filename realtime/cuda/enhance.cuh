// The fused full-frame pass: interpolate curve maps, iterate the curve, write the codec's samples.
//
// One thread enhances a patch of PATCH_WIDTH × PATCH_HEIGHT pixels and all its chroma samples, from its own reads to
// its own writes: each sample is read once and written once, and full-size maps exist in registers alone.
//
// The maps are interpolated bilinearly between the centres of their cells. A patch is cut into units of
// UNIT_WIDTH × UNIT_HEIGHT pixels that lie between the same four centres, wherever the unit is in the frame, so that
// four map values serve all its pixels, and along a row one multiplication and addition each. `frame_kernels.py` chooses
// the kernel with the largest units that the cell allows: pixel p is at (p + ½) / cell − ½, so that a step from one
// interval to the next falls on the border of two units of 4 if the cell is a multiple of 8, of 2 unless cell % 4 is 2.
#pragma once

#include "patch.cuh"

constexpr int ITERATIONS = 8;

struct Colours {
    float value[3][PATCH_HEIGHT][PATCH_WIDTH];  // RGB in [0, 1]
};

// Whether all pixels of a patch are in the frame.
__device__ inline bool is_whole(const EnhanceArguments &call, int x, int y)
{
    return x + PATCH_WIDTH <= call.width && y + PATCH_HEIGHT <= call.height;
}

// Where the pixels of one axis of a patch lie between the cells of the maps: a unit begins between the centres of
// `before` and `after`, and its pixels are at `fraction` of the way.
template <int PIXELS, int UNIT>
struct Axis {
    int before[PIXELS / UNIT];
    int after[PIXELS / UNIT];
    float fraction[PIXELS];

    __device__ Axis(int first, int cell, float per_half_pixel, int cells)
    {
        const int last = 2 * cell * (cells - 1);
#pragma unroll
        for (int unit = 0; unit < PIXELS / UNIT; ++unit) {
            const int begin = position(first + unit * UNIT, cell, last);
            before[unit] = static_cast<int>((static_cast<float>(begin) + 0.5f) * per_half_pixel);
            after[unit] = min(before[unit] + 1, cells - 1);
#pragma unroll
            for (int i = unit * UNIT; i < (unit + 1) * UNIT; ++i)
                fraction[i] = per_half_pixel * static_cast<float>(position(first + i, cell, last) -
                                                                  2 * cell * before[unit]);
        }
    }

    // The place of a pixel on the maps, in half pixels from the centre of the first cell.
    static __device__ int position(int pixel, int cell, int last)
    {
        return min(max(2 * pixel + 1 - cell, 0), last);
    }
};

__device__ inline float4 scaled_sum(float4 a, float of_a, float4 b, float of_b)
{
    return make_float4(a.x * of_a + b.x * of_b, a.y * of_a + b.y * of_b, a.z * of_a + b.z * of_b, 0.0f);
}

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void apply_curves(const EnhanceArguments &call, int x, int y, Colours &image)
{
    const Axis<PATCH_WIDTH, UNIT_WIDTH> columns(x, call.cell, call.cells_per_half_pixel, call.map_width);
    const Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows(y, call.cell, call.cells_per_half_pixel, call.map_height);
#pragma unroll 1
    for (int iteration = 0; iteration < ITERATIONS; ++iteration) {
#pragma unroll
        for (int unit_y = 0; unit_y < PATCH_HEIGHT / UNIT_HEIGHT; ++unit_y) {
            const float4 *upper = call.maps + rows.before[unit_y] * call.map_width * ITERATIONS + iteration;
            const float4 *lower = call.maps + rows.after[unit_y] * call.map_width * ITERATIONS + iteration;
#pragma unroll
            for (int unit_x = 0; unit_x < PATCH_WIDTH / UNIT_WIDTH; ++unit_x) {
                const int before = columns.before[unit_x] * ITERATIONS, after = columns.after[unit_x] * ITERATIONS;
                const float4 upper_left = upper[before], upper_right = upper[after];
                const float4 lower_left = lower[before], lower_right = lower[after];
#pragma unroll
                for (int j = unit_y * UNIT_HEIGHT; j < (unit_y + 1) * UNIT_HEIGHT; ++j) {
                    const float of_lower = call.strength * rows.fraction[j], of_upper = call.strength - of_lower;
                    const float4 left = scaled_sum(upper_left, of_upper, lower_left, of_lower);
                    const float4 right = scaled_sum(upper_right, of_upper, lower_right, of_lower);
                    const float4 slope = scaled_sum(right, 1.0f, left, -1.0f);
#pragma unroll
                    for (int i = unit_x * UNIT_WIDTH; i < (unit_x + 1) * UNIT_WIDTH; ++i) {
                        const float4 curve = scaled_sum(left, 1.0f, slope, columns.fraction[i]);
                        float &r = image.value[0][j][i], &g = image.value[1][j][i], &b = image.value[2][j][i];
                        r += curve.x * (r * r - r);
                        g += curve.y * (g * g - g);
                        b += curve.z * (b * b - b);
                    }
                }
            }
        }
    }
}

// Interpolate the tints of blue (0) or red (1) and hand them over pixel by pixel: take(row, column, tint). They are in the
// fourth numbers of the maps, of blue in those of the first iteration and of red in those of the second.
template <int UNIT_WIDTH, int UNIT_HEIGHT, typename Take>
__device__ inline void interpolate_tints(const EnhanceArguments &call, int of, int x, int y, Take take)
{
    const Axis<PATCH_WIDTH, UNIT_WIDTH> columns(x, call.cell, call.cells_per_half_pixel, call.map_width);
    const Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows(y, call.cell, call.cells_per_half_pixel, call.map_height);
#pragma unroll
    for (int unit_y = 0; unit_y < PATCH_HEIGHT / UNIT_HEIGHT; ++unit_y) {
        const float4 *upper = call.maps + rows.before[unit_y] * call.map_width * ITERATIONS + of;
        const float4 *lower = call.maps + rows.after[unit_y] * call.map_width * ITERATIONS + of;
#pragma unroll
        for (int unit_x = 0; unit_x < PATCH_WIDTH / UNIT_WIDTH; ++unit_x) {
            const int before = columns.before[unit_x] * ITERATIONS, after = columns.after[unit_x] * ITERATIONS;
            const float upper_left = upper[before].w, upper_right = upper[after].w;
            const float lower_left = lower[before].w, lower_right = lower[after].w;
#pragma unroll
            for (int j = unit_y * UNIT_HEIGHT; j < (unit_y + 1) * UNIT_HEIGHT; ++j) {
                const float left = upper_left + rows.fraction[j] * (lower_left - upper_left);
                const float right = upper_right + rows.fraction[j] * (lower_right - upper_right);
#pragma unroll
                for (int i = unit_x * UNIT_WIDTH; i < (unit_x + 1) * UNIT_WIDTH; ++i)
                    take(j, i, left + columns.fraction[i] * (right - left));
            }
        }
    }
}

__device__ inline float dot(const float *row, float r, float g, float b)
{
    return row[0] * r + row[1] * g + row[2] * b;
}

// Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1: `_trust` of
// curve_kernels.py. Of infinite energies the sum may be 0 · ∞, which is no number, and then 1 is the smaller.
__device__ inline float trust(const EnhanceArguments &call, float luma, float blue, float red)
{
    const float energy = call.luma_energy * (luma * luma) + call.chroma_energy * (blue * blue + red * red);
    const float signal = fminf(energy, 1.0f);
    return signal * signal * (3.0f - 2.0f * signal);
}

// Take the tint of black off a colour, all of it at 0 and none of it at 1.
__device__ inline float untinted(float value, float tint)
{
    return fminf(fmaxf(value + tint * (value - 1.0f), 0.0f), 1.0f);
}

__device__ inline float black_of(const EnhanceArguments &call, int channel)
{
    return call.black ? call.black[channel] : 0.0f;
}

// Enhance the samples of a patch in place.
#if PACKED

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void enhance_samples(const EnhanceArguments &call, int x, int y, Patch &patch)
{
    const float *to_ycc = call.conversion.ycc_from_rgb;
    const float scale = 1.0f / call.peak;
    // Computed again after the iterations, which leaves them the registers that holding it would take.
    const auto before = [&](int channel, int j, int i) {
        return untinted(scale * code_of(patch.colour(channel, j, i)), black_of(call, channel));
    };
    Colours image;
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i)
#pragma unroll
            for (int channel = 0; channel < 3; ++channel)
                image.value[channel][j][i] = before(channel, j, i);
    apply_curves<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, image);
    float held[PATCH_HEIGHT][PATCH_WIDTH];  // of what grey gains, as far as the colour is not believed
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float r = before(0, j, i), g = before(1, j, i), b = before(2, j, i);
            const float gained[3] = {image.value[0][j][i] - r, image.value[1][j][i] - g, image.value[2][j][i] - b};
            const float grey = dot(to_ycc, gained[0], gained[1], gained[2]);
            const float believed =
                trust(call, dot(to_ycc, r, g, b), dot(to_ycc + 3, r, g, b), dot(to_ycc + 6, r, g, b));
#pragma unroll
            for (int channel = 0; channel < 3; ++channel)
                image.value[channel][j][i] = grey + believed * (gained[channel] - grey);
            held[j][i] = grey - believed * grey;
        }
#pragma unroll
    for (int of = 0; of < 2; ++of) {
        const int channel = of == 0 ? 2 : 0;
        // Together, what the colours gain above grey is no luma; hence what green gains.
        const float of_green = to_ycc[channel] / to_ycc[1];
        interpolate_tints<UNIT_WIDTH, UNIT_HEIGHT>(call, of, x, y, [&](int j, int i, float tint) {
            image.value[channel][j][i] += tint * held[j][i];
            image.value[1][j][i] -= of_green * tint * held[j][i];
        });
    }
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i)
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                const float code = code_of(patch.colour(channel, j, i));
                patch.colour(channel, j, i) = sample_of(code + call.peak * image.value[channel][j][i], call.peak);
            }
}

#else

// How much of a chroma sample one of its pixels makes out: at the border there are fewer, and those beyond it are none.
__device__ inline float share_of_chroma(const EnhanceArguments &call, bool whole, int x, int y)
{
    if (whole)
        return 1.0f / static_cast<float>(1 << (SHIFT_X + SHIFT_Y));
    const int columns = min(1 << SHIFT_X, call.width - (x >> SHIFT_X << SHIFT_X));
    const int rows = min(1 << SHIFT_Y, call.height - (y >> SHIFT_Y << SHIFT_Y));
    return x < call.width && y < call.height ? __fdividef(1.0f, static_cast<float>(columns * rows)) : 0.0f;
}

// What the curve adds in RGB is added in YUV. Where it adds nothing the codes stay as they were, those of colours
// outside the gamut included. To hold fewer numbers through the iterations, what the RGB of before makes in YUV is
// taken off the codes beforehand, and what the RGB of after makes is added when it is known. Of what luma gains, chroma
// gains the part that its surroundings have, as far as its own colour is not believed.
template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void enhance_samples(const EnhanceArguments &call, int x, int y, Patch &patch)
{
    const Conversion &conversion = call.conversion;
    const float *to_rgb = conversion.rgb_from_yuv, *to_yuv = conversion.yuv_from_rgb;
    const float black[3] = {black_of(call, 0), black_of(call, 1), black_of(call, 2)};
    float luma[PATCH_HEIGHT][PATCH_WIDTH];
    Colours image, added = {};  // what chroma adds to luma
#if CHROMA > 0
    float differences[2][CHROMA_HEIGHT][CHROMA_WIDTH];
    float believed[PATCH_HEIGHT][PATCH_WIDTH];  // share of a pixel in its chroma samples, by trust
#pragma unroll
    for (int j = 0; j < CHROMA_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            const float blue = code_of(patch.difference(0, j, i)), red = code_of(patch.difference(1, j, i));
            differences[0][j][i] = blue;
            differences[1][j][i] = red;
#pragma unroll
            for (int channel = 0; channel < 3; ++channel)
                added.value[channel][j][i] = to_rgb[3 * channel + 1] * (blue - conversion.offset[1]) +
                                             to_rgb[3 * channel + 2] * (red - conversion.offset[2]);
        }
    const bool whole = is_whole(call, x, y);
#endif
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float code = code_of(patch.first[j].sample[i]);
            const float light = to_rgb[0] * (code - conversion.offset[0]);
#pragma unroll
            for (int channel = 0; channel < 3; ++channel)
                image.value[channel][j][i] =
                    untinted(light + added.value[channel][j >> SHIFT_Y][i >> SHIFT_X], black[channel]);
            const float r = image.value[0][j][i], g = image.value[1][j][i], b = image.value[2][j][i];
            const float of_luma = dot(to_yuv, r, g, b);
            luma[j][i] = code - of_luma;
#if CHROMA > 0
            const float of_blue = dot(to_yuv + 3, r, g, b), of_red = dot(to_yuv + 6, r, g, b);
            believed[j][i] = trust(call, of_luma, of_blue, of_red) * share_of_chroma(call, whole, x + i, y + j);
            differences[0][j >> SHIFT_Y][i >> SHIFT_X] -= believed[j][i] * of_blue;
            differences[1][j >> SHIFT_Y][i >> SHIFT_X] -= believed[j][i] * of_red;
#endif
        }
    apply_curves<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, image);
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float r = image.value[0][j][i], g = image.value[1][j][i], b = image.value[2][j][i];
            const float enhanced = luma[j][i] + dot(to_yuv, r, g, b);
#if CHROMA > 0
            differences[0][j >> SHIFT_Y][i >> SHIFT_X] += believed[j][i] * dot(to_yuv + 3, r, g, b);
            differences[1][j >> SHIFT_Y][i >> SHIFT_X] += believed[j][i] * dot(to_yuv + 6, r, g, b);
            // From here on, what luma gains, as far as its colour is not believed.
            luma[j][i] = (enhanced - code_of(patch.first[j].sample[i])) *
                         (share_of_chroma(call, whole, x + i, y + j) - believed[j][i]);
#endif
            patch.first[j].sample[i] = sample_of(enhanced, call.peak);
        }
#if CHROMA > 0
#pragma unroll
    for (int of = 0; of < 2; ++of) {
        interpolate_tints<UNIT_WIDTH, UNIT_HEIGHT>(call, of, x, y, [&](int j, int i, float tint) {
            differences[of][j >> SHIFT_Y][i >> SHIFT_X] += call.tint_scale[of] * tint * luma[j][i];
        });
#pragma unroll
        for (int j = 0; j < CHROMA_HEIGHT; ++j)
#pragma unroll
            for (int i = 0; i < CHROMA_WIDTH; ++i)
                patch.difference(of, j, i) = sample_of(differences[of][j][i], call.peak);
    }
#endif
}

#endif

template <int UNIT_WIDTH, int UNIT_HEIGHT>
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
    enhance_samples<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, patch);
    if (call.target.aligned && is_whole(call, x, y))
        store_patch<true>(call, x, y, patch);
    else
        store_patch<false>(call, x, y, patch);
}
