// The fused full-frame pass: interpolate curve maps, apply the curves, write the codec's samples.
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

#include "curve.cuh"
#include "patch.cuh"

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

__device__ inline float4 applied(const EnhanceArguments &call, float4 map)
{
    return make_float4(applied(map.x, call.strength, call.reach), applied(map.y, call.strength, call.reach),
                       applied(map.z, call.strength, call.reach), 0.0f);
}

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void apply_curves(const EnhanceArguments &call, int x, int y, Colours &image)
{
    const Axis<PATCH_WIDTH, UNIT_WIDTH> columns(x, call.cell, call.cells_per_half_pixel, call.map_width);
    const Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows(y, call.cell, call.cells_per_half_pixel, call.map_height);
    const int stride = call.map_count + 1;
#pragma unroll 1
    for (int map = 0; map < call.map_count; ++map) {
#pragma unroll
        for (int unit_y = 0; unit_y < PATCH_HEIGHT / UNIT_HEIGHT; ++unit_y) {
            const float4 *upper = call.maps + rows.before[unit_y] * call.map_width * stride + map;
            const float4 *lower = call.maps + rows.after[unit_y] * call.map_width * stride + map;
#pragma unroll
            for (int unit_x = 0; unit_x < PATCH_WIDTH / UNIT_WIDTH; ++unit_x) {
                const int before = columns.before[unit_x] * stride, after = columns.after[unit_x] * stride;
                const float4 upper_left = applied(call, upper[before]), upper_right = applied(call, upper[after]);
                const float4 lower_left = applied(call, lower[before]), lower_right = applied(call, lower[after]);
#pragma unroll
                for (int j = unit_y * UNIT_HEIGHT; j < (unit_y + 1) * UNIT_HEIGHT; ++j) {
                    const float of_lower = rows.fraction[j], of_upper = 1.0f - of_lower;
                    const float4 left = scaled_sum(upper_left, of_upper, lower_left, of_lower);
                    const float4 right = scaled_sum(upper_right, of_upper, lower_right, of_lower);
                    const float4 slope = scaled_sum(right, 1.0f, left, -1.0f);
#pragma unroll
                    for (int i = unit_x * UNIT_WIDTH; i < (unit_x + 1) * UNIT_WIDTH; ++i) {
                        const float4 curve = scaled_sum(left, 1.0f, slope, columns.fraction[i]);
                        float &r = image.value[0][j][i], &g = image.value[1][j][i], &b = image.value[2][j][i];
                        r = curved(call.reach > 0.0f, r, curve.x);
                        g = curved(call.reach > 0.0f, g, curve.y);
                        b = curved(call.reach > 0.0f, b, curve.z);
                    }
                    // Or the maps of all units would be read ahead, into more registers than there are.
                    asm volatile("" ::: "memory");
                }
            }
        }
    }
}

// Interpolate the tints, which lie behind the maps, and hand them over pixel by pixel: take(row, column, blue, red).
template <int UNIT_WIDTH, int UNIT_HEIGHT, typename Take>
__device__ inline void interpolate_tints(const EnhanceArguments &call, int x, int y, Take take)
{
    const Axis<PATCH_WIDTH, UNIT_WIDTH> columns(x, call.cell, call.cells_per_half_pixel, call.map_width);
    const Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows(y, call.cell, call.cells_per_half_pixel, call.map_height);
    const int stride = call.map_count + 1;
#pragma unroll
    for (int unit_y = 0; unit_y < PATCH_HEIGHT / UNIT_HEIGHT; ++unit_y) {
        const float4 *upper = call.maps + rows.before[unit_y] * call.map_width * stride + call.map_count;
        const float4 *lower = call.maps + rows.after[unit_y] * call.map_width * stride + call.map_count;
#pragma unroll
        for (int unit_x = 0; unit_x < PATCH_WIDTH / UNIT_WIDTH; ++unit_x) {
            const int before = columns.before[unit_x] * stride, after = columns.after[unit_x] * stride;
            const float4 upper_left = upper[before], upper_right = upper[after];
            const float4 lower_left = lower[before], lower_right = lower[after];
#pragma unroll
            for (int j = unit_y * UNIT_HEIGHT; j < (unit_y + 1) * UNIT_HEIGHT; ++j) {
                const float4 left = scaled_sum(upper_left, 1.0f - rows.fraction[j], lower_left, rows.fraction[j]);
                const float4 right = scaled_sum(upper_right, 1.0f - rows.fraction[j], lower_right, rows.fraction[j]);
#pragma unroll
                for (int i = unit_x * UNIT_WIDTH; i < (unit_x + 1) * UNIT_WIDTH; ++i) {
                    const float4 tint = scaled_sum(left, 1.0f - columns.fraction[i], right, columns.fraction[i]);
                    take(j, i, tint.x, tint.y);
                }
            }
        }
    }
}

__device__ inline float dot(const float *row, float r, float g, float b)
{
    return row[0] * r + row[1] * g + row[2] * b;
}

// Tell how far a colour stands out from noise and quantisation, from 0 (not at all) to 1: `trust_in` of
// curve_colours.py. Of infinite energies the sum may be 0 · ∞, which is no number, and then 1 is the smaller.
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
    // Computed again after the curves, which leaves them the registers that holding it would take.
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
    // Together, what the colours gain above grey is no luma; hence what green gains.
    const float with_blue = to_ycc[2] / to_ycc[1], with_red = to_ycc[0] / to_ycc[1];
    interpolate_tints<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, [&](int j, int i, float of_blue, float of_red) {
        image.value[0][j][i] += of_red * held[j][i];
        image.value[1][j][i] -= (with_blue * of_blue + with_red * of_red) * held[j][i];
        image.value[2][j][i] += of_blue * held[j][i];
    });
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

// Rows for which colours are told from noise together, and how often that is done in a patch.
constexpr int TOGETHER = SHIFT_Y == 0 ? 1 : 2;
constexpr int GROUPS = PATCH_HEIGHT / TOGETHER;

// What is summed over the pixels of a chroma sample, of the rows that go together.
struct SampleSums {
    float luma;      // codes of Y before
    float grey;      // what Y gains
    float gains[2];  // what U and V gain by the curves alone
    float tints[2];
};

// What the curve adds in RGB is added in YUV. Where it adds nothing the codes stay as they were, those of colours
// outside the gamut included. To hold fewer numbers through the curves, what the RGB of before makes in YUV is
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
    SampleSums sums[GROUPS][CHROMA_WIDTH] = {};
#pragma unroll
    for (int j = 0; j < CHROMA_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            const float blue = code_of(patch.difference(0, j, i)), red = code_of(patch.difference(1, j, i));
#pragma unroll
            for (int channel = 0; channel < 3; ++channel)
                added.value[channel][j][i] = to_rgb[3 * channel + 1] * (blue - conversion.offset[1]) +
                                             to_rgb[3 * channel + 2] * (red - conversion.offset[2]);
        }
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
            luma[j][i] = code - dot(to_yuv, r, g, b);
#if CHROMA > 0
            SampleSums &sum = sums[j / TOGETHER][i >> SHIFT_X];
            sum.luma += code;
            sum.gains[0] -= dot(to_yuv + 3, r, g, b);
            sum.gains[1] -= dot(to_yuv + 6, r, g, b);
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
            SampleSums &sum = sums[j / TOGETHER][i >> SHIFT_X];
            sum.grey += enhanced - code_of(patch.first[j].sample[i]);
            sum.gains[0] += dot(to_yuv + 3, r, g, b);
            sum.gains[1] += dot(to_yuv + 6, r, g, b);
#endif
            patch.first[j].sample[i] = sample_of(enhanced, call.peak);
        }
#if CHROMA > 0
    interpolate_tints<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, [&](int j, int i, float of_blue, float of_red) {
        sums[j / TOGETHER][i >> SHIFT_X].tints[0] += of_blue;
        sums[j / TOGETHER][i >> SHIFT_X].tints[1] += of_red;
    });
    constexpr float SHARE = 1.0f / static_cast<float>(TOGETHER << SHIFT_X);  // of a pixel in the sums
    float gained[2][CHROMA_HEIGHT][CHROMA_WIDTH] = {};
#pragma unroll
    for (int group = 0; group < GROUPS; ++group) {
        // Of a sample's rows, those below the frame do not count.
        const int row = group * TOGETHER >> SHIFT_Y, top = y + (row << SHIFT_Y);
        const int groups = (min(call.height - top, 1 << SHIFT_Y) + TOGETHER - 1) / TOGETHER;
        const float weight = y + group * TOGETHER < call.height ? SHARE / static_cast<float>(groups) : 0.0f;
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            const SampleSums &sum = sums[group][i];
            const float light = to_rgb[0] * (SHARE * sum.luma - conversion.offset[0]);
            const float r = untinted(light + added.value[0][row][i], black[0]);
            const float g = untinted(light + added.value[1][row][i], black[1]);
            const float b = untinted(light + added.value[2][row][i], black[2]);
            const float believed =
                trust(call, dot(to_yuv, r, g, b), dot(to_yuv + 3, r, g, b), dot(to_yuv + 6, r, g, b));
#pragma unroll
            for (int of = 0; of < 2; ++of) {
                const float tinted = call.tint_scale[of] * SHARE * sum.tints[of] * sum.grey;
                gained[of][row][i] += weight * (tinted + believed * (sum.gains[of] - tinted));
            }
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
