// The colour of the shadows around each cell of the maps: tints.py, on the device.
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
        for (int i = x * image.stride; i < min((x + 1) * image.stride, image.small_width); ++i) {
            const float r = light_at(image, place_of(image, 0, i, j)), g = light_at(image, place_of(image, 1, i, j)),
                        b = light_at(image, place_of(image, 2, i, j));
            const float shadow = grey_of(image, r, g, b) + call.shadow, share = 1.0f / (shadow * shadow);
            sum = make_float4(sum.x + share, sum.y + share * r, sum.z + share * g, sum.w + share * b);
        }
    call.light[y * call.image.map_width + x] = sum;
}

// Average the light around a cell, apply the cell's curves, and compare the gains of blue and red with that of grey.
__device__ inline void write_tints(const TintArguments &call, int x, int y)
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
    float r = red, g = green, b = blue;
    float4 *maps = call.maps + (y * call.image.map_width + x) * (call.map_count + 1);
#pragma unroll 1
    for (int map = 0; map < call.map_count; ++map) {
        const float4 curve = maps[map];
        r = curved(call.reach > 0.0f, r, applied(curve.x, call.strength, call.reach));
        g = curved(call.reach > 0.0f, g, applied(curve.y, call.strength, call.reach));
        b = curved(call.reach > 0.0f, b, applied(curve.z, call.strength, call.reach));
    }
    const float grey = grey_of(call.image, r - red, g - green, b - blue);
    const bool tells = fabsf(grey) >= call.least_gain;
    const float of_blue = tells ? fminf(fmaxf((b - blue) / grey - 1.0f, -1.0f), call.most) : 0.0f;
    const float of_red = tells ? fminf(fmaxf((r - red) / grey - 1.0f, -1.0f), call.most) : 0.0f;
    maps[call.map_count] = make_float4(of_blue, of_red, 0.0f, 0.0f);
}
