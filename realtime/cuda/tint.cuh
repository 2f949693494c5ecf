// What the maps are applied as, and the colour of the shadows around each of their cells: curves/tints.py, on the device.
#pragma once

#include "curve.cuh"
#include "small_image.cuh"

// Cells on each side of one, and how much each of the two nearest counts, of its own 6.
constexpr int REACH = 2;

// Sum the small pixels of a cell, dark ones counting most.
__device__ inline void sum_light(const TintArguments &call, int x, int y)
{
    const SmallImage &image = call.image;
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (int j = y * image.stride; j < min((y + 1) * image.stride, image.small_height); ++j)
#pragma unroll 4
        for (int i = x * image.stride; i < min((x + 1) * image.stride, image.small_width); ++i) {
            const float r = light_at(image, place_of(image, 0, i, j)), g = light_at(image, place_of(image, 1, i, j)),
                        b = light_at(image, place_of(image, 2, i, j));
            const float shadow = grey_of(image, r, g, b) + call.shadow, share = 1.0f / (shadow * shadow);
            sum = make_float4(sum.x + share, sum.y + share * r, sum.z + share * g, sum.w + share * b);
        }
    call.light[y * call.image.map_width + x] = sum;
}

// The root of the ratio that takes a cell as far as the headroom lets it: curves/headroom.py. Cells that reach beyond the small
// picture repeat its last rows and columns.
__device__ inline float least_factor(const TintArguments &call, int x, int y)
{
    const SmallImage &image = call.image;
    float peak = 0.0f;
    for (int j = y * image.stride; j < (y + 1) * image.stride; ++j)
#pragma unroll 4
        for (int i = x * image.stride; i < (x + 1) * image.stride; ++i) {
            const int column = min(i, image.small_width - 1), row = min(j, image.small_height - 1);
            peak += fmaxf(fmaxf(light_at(image, place_of(image, 0, column, row)),
                                light_at(image, place_of(image, 1, column, row))),
                          light_at(image, place_of(image, 2, column, row)));
        }
    peak /= static_cast<float>(image.stride * image.stride);
    const float square = peak * peak, highest = 1.0f - call.headroom * (1.0f - square * square);
    const float ratio = call.headroom * peak * (1.0f + peak) * (1.0f + square) / fmaxf(highest, 1e-6f);
    return sqrtf(fminf(ratio, 1.0f));
}

// What the curves of a cell make of a colour; what they are applied as is written down on the way, no less than `least`.
template <bool RATIONAL>
__device__ inline void apply_factors(const TintArguments &call, const float4 *maps, float4 *factors, float least,
                                     float (&rgb)[3])
{
#pragma unroll 1
    for (int map = 0; map < call.map_count; ++map) {
        const float4 factor = make_float4(fmaxf(factor_of(maps[map].x, call.strength, call.reach), least),
                                          fmaxf(factor_of(maps[map].y, call.strength, call.reach), least),
                                          fmaxf(factor_of(maps[map].z, call.strength, call.reach), least), 0.0f);
        rgb[0] += gain_of<RATIONAL>(rgb[0], factor.x);
        rgb[1] += gain_of<RATIONAL>(rgb[1], factor.y);
        rgb[2] += gain_of<RATIONAL>(rgb[2], factor.z);
        factors[map] = factor;
    }
}

// Average the light around a cell, apply the cell's curves, and compare the gains of blue and red with that of grey.
__device__ inline void write_factors(const TintArguments &call, int x, int y)
{
    const float binomials[2 * REACH + 1] = {1.0f, 4.0f, 6.0f, 4.0f, 1.0f};
    float count = 0.0f, red = 0.0f, green = 0.0f, blue = 0.0f;
    for (int j = max(y - REACH, 0); j < min(y + REACH + 1, call.image.map_height); ++j)
        for (int i = max(x - REACH, 0); i < min(x + REACH + 1, call.image.map_width); ++i) {
            const float share = binomials[j - y + REACH] * binomials[i - x + REACH];
            const float4 light = call.light[j * call.image.map_width + i];
            count += share * light.x;
            red += share * light.y;
            green += share * light.z;
            blue += share * light.w;
        }
    red /= count;
    green /= count;
    blue /= count;
    float rgb[3] = {red, green, blue};
    const int cell = y * call.image.map_width + x;
    const float4 *maps = call.maps + cell * call.map_count;
    float4 *factors = call.factors + cell * (call.map_count + 1);
    const float least = call.headroom > 0.0f ? least_factor(call, x, y) : -1.0f;  // no factor is below that
    if (call.reach > 0.0f)
        apply_factors<true>(call, maps, factors, least, rgb);
    else
        apply_factors<false>(call, maps, factors, least, rgb);
    const float grey = grey_of(call.image, rgb[0] - red, rgb[1] - green, rgb[2] - blue);
    const bool tells = fabsf(grey) >= call.least_gain;
    const float of_blue = tells ? fminf(fmaxf((rgb[2] - blue) / grey - 1.0f, -1.0f), call.most) : 0.0f;
    const float of_red = tells ? fminf(fmaxf((rgb[0] - red) / grey - 1.0f, -1.0f), call.most) : 0.0f;
    factors[call.map_count] = make_float4(of_blue, of_red, 0.0f, 0.0f);
}
