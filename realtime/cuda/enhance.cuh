// The fused full-frame pass: interpolate curve maps, iterate the curve, write the codec's samples.
//
// One thread enhances a patch of PATCH_WIDTH × PATCH_HEIGHT pixels and all its chroma samples, from its own reads to
// its own writes: each sample is read once and written once, and full-size maps exist in registers alone.
//
// The maps are interpolated bilinearly between the centres of their cells. A patch is cut into units of
// UNIT_WIDTH × UNIT_HEIGHT pixels that lie between the same four centres, wherever the unit is in the frame, so that
// four map values serve all its pixels, and along a row one multiplication and addition each. `kernels.py` chooses
// the kernel with the largest units that the cell allows: pixel p is at (p + ½) / cell − ½, so that a step from one
// interval to the next falls on the border of two units of 4 if the cell is a multiple of 8, of 2 unless cell % 4 is 2.
#pragma once

#include "samples.cuh"

constexpr int PATCH_WIDTH = 4;
constexpr int PATCH_HEIGHT = SHIFT_Y == 2 ? 4 : 2;
constexpr int ITERATIONS = 8;

struct Patch {
    float value[3][PATCH_HEIGHT][PATCH_WIDTH];  // RGB in [0, 1]
};

// Where the pixels of one axis of a patch lie between the cells of the maps: a unit begins between the centres of
// `before` and `after`, and its pixels are at `fraction` of the way.
template <int PIXELS, int UNIT>
struct Axis {
    int before[PIXELS / UNIT];
    int after[PIXELS / UNIT];
    float fraction[PIXELS];

    __device__ Axis(int first, int pixels, int cell, float per_half_pixel, int cells)
    {
        const int last = 2 * cell * (cells - 1);
#pragma unroll
        for (int unit = 0; unit < PIXELS / UNIT; ++unit) {
            const int begin = position(first + unit * UNIT, pixels, cell, last);
            before[unit] = static_cast<int>((static_cast<float>(begin) + 0.5f) * per_half_pixel);
            after[unit] = min(before[unit] + 1, cells - 1);
#pragma unroll
            for (int i = unit * UNIT; i < (unit + 1) * UNIT; ++i)
                fraction[i] = per_half_pixel * static_cast<float>(position(first + i, pixels, cell, last) -
                                                                  2 * cell * before[unit]);
        }
    }

    // The place of a pixel on the maps, in half pixels from the centre of the first cell.
    static __device__ int position(int pixel, int pixels, int cell, int last)
    {
        return min(max(2 * min(pixel, pixels - 1) + 1 - cell, 0), last);
    }
};

__device__ inline float4 scaled_sum(float4 a, float of_a, float4 b, float of_b)
{
    return make_float4(a.x * of_a + b.x * of_b, a.y * of_a + b.y * of_b, a.z * of_a + b.z * of_b, 0.0f);
}

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void apply_curves(const EnhanceArguments &call, int x, int y, Patch &patch)
{
    const Axis<PATCH_WIDTH, UNIT_WIDTH> columns(x, call.width, call.cell, call.cells_per_half_pixel, call.map_width);
    const Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows(y, call.height, call.cell, call.cells_per_half_pixel, call.map_height);
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
                        float &r = patch.value[0][j][i], &g = patch.value[1][j][i], &b = patch.value[2][j][i];
                        r += curve.x * (r * r - r);
                        g += curve.y * (g * g - g);
                        b += curve.z * (b * b - b);
                    }
                }
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

#if PACKED

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void enhance_patch(const EnhanceArguments &call, int x, int y)
{
    typedef Run<3 * PATCH_WIDTH> Pixels;
    const float *to_ycc = call.conversion.ycc_from_rgb;
    const float scale = 1.0f / call.peak;
    Patch before;
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j) {
        const Pixels pixels = load<3 * PATCH_WIDTH>(call.source, 0, 3 * x, min(y + j, call.height - 1), 3 * call.width);
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i)
#pragma unroll
            for (int colour = 0; colour < 3; ++colour)
                before.value[colour][j][i] =
                    scale * code_of(pixels.held.sample[3 * i + (RED == 0 ? colour : 2 - colour)]);
    }
    Patch after = before;
    apply_curves<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, after);
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j) {
        if (y + j >= call.height)
            break;
        Pixels pixels;
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float r = before.value[0][j][i], g = before.value[1][j][i], b = before.value[2][j][i];
            const float gained[3] = {after.value[0][j][i] - r, after.value[1][j][i] - g, after.value[2][j][i] - b};
            const float grey = dot(to_ycc, gained[0], gained[1], gained[2]);
            const float believed = trust(call, dot(to_ycc, r, g, b), dot(to_ycc + 3, r, g, b), dot(to_ycc + 6, r, g, b));
#pragma unroll
            for (int colour = 0; colour < 3; ++colour) {
                const float value = before.value[colour][j][i] + grey + believed * (gained[colour] - grey);
                pixels.held.sample[3 * i + (RED == 0 ? colour : 2 - colour)] = sample_of(value * call.peak, call.peak);
            }
        }
        store(call.target, 0, 3 * x, y + j, 3 * call.width, pixels);
    }
}

#else

constexpr int CHROMA_WIDTH = PATCH_WIDTH >> SHIFT_X;  // samples of a patch
constexpr int CHROMA_HEIGHT = PATCH_HEIGHT >> SHIFT_Y;

struct Chroma {
    float blue[CHROMA_HEIGHT][CHROMA_WIDTH];
    float red[CHROMA_HEIGHT][CHROMA_WIDTH];
};

__device__ inline int subsampled(int pixels, int shift)
{
    return (pixels + (1 << shift) - 1) >> shift;
}

__device__ inline Chroma load_chroma(const EnhanceArguments &call, int x, int y)
{
    Chroma chroma;
    const int samples = subsampled(call.width, SHIFT_X), last = subsampled(call.height, SHIFT_Y) - 1;
#pragma unroll
    for (int j = 0; j < CHROMA_HEIGHT; ++j) {
        const int row = min((y >> SHIFT_Y) + j, last), column = x >> SHIFT_X;
#if CHROMA == 2
        const Run<CHROMA_WIDTH> blues = load<CHROMA_WIDTH>(call.source, 1, column, row, samples);
        const Run<CHROMA_WIDTH> reds = load<CHROMA_WIDTH>(call.source, 2, column, row, samples);
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            chroma.blue[j][i] = code_of(blues.held.sample[i]);
            chroma.red[j][i] = code_of(reds.held.sample[i]);
        }
#else
        const Run<2 * CHROMA_WIDTH> both = load<2 * CHROMA_WIDTH>(call.source, 1, 2 * column, row, 2 * samples);
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            chroma.blue[j][i] = code_of(both.held.sample[2 * i]);
            chroma.red[j][i] = code_of(both.held.sample[2 * i + 1]);
        }
#endif
    }
    return chroma;
}

__device__ inline void store_chroma(const EnhanceArguments &call, int x, int y, const Chroma &chroma)
{
    const int samples = subsampled(call.width, SHIFT_X), rows = subsampled(call.height, SHIFT_Y);
#pragma unroll
    for (int j = 0; j < CHROMA_HEIGHT; ++j) {
        const int row = (y >> SHIFT_Y) + j, column = x >> SHIFT_X;
        if (row >= rows)
            break;
#if CHROMA == 2
        Run<CHROMA_WIDTH> blues, reds;
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            blues.held.sample[i] = sample_of(chroma.blue[j][i], call.peak);
            reds.held.sample[i] = sample_of(chroma.red[j][i], call.peak);
        }
        store(call.target, 1, column, row, samples, blues);
        store(call.target, 2, column, row, samples, reds);
#else
        Run<2 * CHROMA_WIDTH> both;
#pragma unroll
        for (int i = 0; i < CHROMA_WIDTH; ++i) {
            both.held.sample[2 * i] = sample_of(chroma.blue[j][i], call.peak);
            both.held.sample[2 * i + 1] = sample_of(chroma.red[j][i], call.peak);
        }
        store(call.target, 1, 2 * column, row, 2 * samples, both);
#endif
    }
}

// How much of a chroma sample one of its pixels makes out: at the border there are fewer, and those beyond it are none.
__device__ inline float share_of_chroma(const EnhanceArguments &call, int x, int y)
{
    const int columns = min(1 << SHIFT_X, call.width - (x >> SHIFT_X << SHIFT_X));
    const int rows = min(1 << SHIFT_Y, call.height - (y >> SHIFT_Y << SHIFT_Y));
    return x < call.width && y < call.height ? 1.0f / static_cast<float>(columns * rows) : 0.0f;
}

// What the curve adds in RGB is added in YUV. Where it adds nothing the codes stay as they were, those of colours
// outside the gamut included. To hold fewer numbers through the iterations, what the RGB of before makes in YUV is
// taken off the codes beforehand, and what the RGB of after makes is added when it is known.
template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void enhance_patch(const EnhanceArguments &call, int x, int y)
{
    const Conversion &conversion = call.conversion;
    const float *to_rgb = conversion.rgb_from_yuv, *to_yuv = conversion.yuv_from_rgb;
    Patch patch;
    float luma[PATCH_HEIGHT][PATCH_WIDTH];
#if CHROMA > 0
    float believed[PATCH_HEIGHT][PATCH_WIDTH];  // share of a pixel in its chroma sample, by trust
    const bool is_whole = x + PATCH_WIDTH <= call.width && y + PATCH_HEIGHT <= call.height;
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i)
            believed[j][i] = 1.0f / static_cast<float>(1 << (SHIFT_X + SHIFT_Y));
    if (!is_whole) {
#pragma unroll
        for (int j = 0; j < PATCH_HEIGHT; ++j)
#pragma unroll
            for (int i = 0; i < PATCH_WIDTH; ++i)
                believed[j][i] = share_of_chroma(call, x + i, y + j);
    }
    Chroma chroma = load_chroma(call, x, y);
    const Chroma codes = chroma;
#endif
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j) {
        const Run<PATCH_WIDTH> line = load<PATCH_WIDTH>(call.source, 0, x, min(y + j, call.height - 1), call.width);
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float code = code_of(line.held.sample[i]);
#pragma unroll
            for (int colour = 0; colour < 3; ++colour) {
                float value = to_rgb[0] * (code - conversion.offset[0]);
#if CHROMA > 0
                value += to_rgb[3 * colour + 1] * (codes.blue[j >> SHIFT_Y][i >> SHIFT_X] - conversion.offset[1]) +
                         to_rgb[3 * colour + 2] * (codes.red[j >> SHIFT_Y][i >> SHIFT_X] - conversion.offset[2]);
#endif
                patch.value[colour][j][i] = fminf(fmaxf(value, 0.0f), 1.0f);
            }
            const float r = patch.value[0][j][i], g = patch.value[1][j][i], b = patch.value[2][j][i];
            const float of_luma = dot(to_yuv, r, g, b);
            luma[j][i] = code - of_luma;
#if CHROMA > 0
            const float of_blue = dot(to_yuv + 3, r, g, b), of_red = dot(to_yuv + 6, r, g, b);
            believed[j][i] *= trust(call, of_luma, of_blue, of_red);
            chroma.blue[j >> SHIFT_Y][i >> SHIFT_X] -= believed[j][i] * of_blue;
            chroma.red[j >> SHIFT_Y][i >> SHIFT_X] -= believed[j][i] * of_red;
#endif
        }
    }
    apply_curves<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y, patch);
#pragma unroll
    for (int j = 0; j < PATCH_HEIGHT; ++j) {
        Run<PATCH_WIDTH> line;
#pragma unroll
        for (int i = 0; i < PATCH_WIDTH; ++i) {
            const float r = patch.value[0][j][i], g = patch.value[1][j][i], b = patch.value[2][j][i];
            line.held.sample[i] = sample_of(luma[j][i] + dot(to_yuv, r, g, b), call.peak);
#if CHROMA > 0
            chroma.blue[j >> SHIFT_Y][i >> SHIFT_X] += believed[j][i] * dot(to_yuv + 3, r, g, b);
            chroma.red[j >> SHIFT_Y][i >> SHIFT_X] += believed[j][i] * dot(to_yuv + 6, r, g, b);
#endif
        }
        if (y + j < call.height)
            store(call.target, 0, x, y + j, call.width, line);
    }
#if CHROMA > 0
    store_chroma(call, x, y, chroma);
#endif
}

#endif

template <int UNIT_WIDTH, int UNIT_HEIGHT>
__device__ inline void enhance(const EnhanceArguments &call)
{
    const int x = PATCH_WIDTH * (blockIdx.x * blockDim.x + threadIdx.x);
    const int y = PATCH_HEIGHT * (blockIdx.y * blockDim.y + threadIdx.y);
    if (x < call.width && y < call.height)
        enhance_patch<UNIT_WIDTH, UNIT_HEIGHT>(call, x, y);
}
