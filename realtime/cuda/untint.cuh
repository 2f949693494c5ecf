// The colour that black has, found and taken off the network's input: curves/black_tint.py, on the device.
#pragma once

#include "block.cuh"
#include "small_image.cuh"

// Sums over small pixels, dark ones counting most, and the least mean of each channel over a cell.
struct Darkness {
    float count, light, squares, red, red_light, blue, blue_light;
    float darkest[3];
};

__device__ inline void add_cell(const UntintArguments &call, int x, int y, Darkness &sums)
{
    const SmallImage &image = call.image;
    const int left = x * image.stride, right = min(left + image.stride, image.small_width);
    const int top = y * image.stride, bottom = min(top + image.stride, image.small_height);
    float totals[3] = {};
    for (int j = top; j < bottom; ++j)
#pragma unroll 4
        for (int i = left; i < right; ++i) {
            float colour[3];
            for (int channel = 0; channel < 3; ++channel) {
                colour[channel] = light_at(image, place_of(image, channel, i, j));
                totals[channel] += colour[channel];
            }
            const float luma = grey_of(image, colour[0], colour[1], colour[2]);
            const float dark = call.shade / (luma + call.shade), share = dark * dark * dark * dark;
            const float red = share * (colour[0] - luma), blue = share * (colour[2] - luma);
            sums.count += share;
            sums.light += share * luma;
            sums.squares += share * luma * luma;
            sums.red += red;
            sums.red_light += red * luma;
            sums.blue += blue;
            sums.blue_light += blue * luma;
        }
    const float pixels = static_cast<float>((right - left) * (bottom - top));
    for (int channel = 0; channel < 3; ++channel)
        sums.darkest[channel] = fminf(sums.darkest[channel], totals[channel] / pixels);
}

// What red and blue are above luma at 0, as far as they have it in common.
__device__ inline void tint_of_black(const UntintArguments &call, const Darkness &sums, float (&tint)[3])
{
    const SmallImage &image = call.image;
    const float prior = call.prior * static_cast<float>(image.small_width * image.small_height);
    const float count = sums.count + prior, squares = sums.squares + call.likely * prior;
    const float scale = 1.0f / (count * squares - sums.light * sums.light);
    const float luma = grey_of(image, sums.darkest[0], sums.darkest[1], sums.darkest[2]);
    const float red = fminf(scale * (squares * sums.red - sums.light * sums.red_light), sums.darkest[0] - luma);
    const float blue = fminf(scale * (squares * sums.blue - sums.light * sums.blue_light), sums.darkest[2] - luma);
    const float most = 2.0f * fmaxf(fminf(red, blue), 0.0f);
    tint[0] = fminf(fmaxf(red, 0.0f), most);
    tint[2] = fminf(fmaxf(blue, 0.0f), most);
    tint[1] = -(image.weights[0] * tint[0] + image.weights[2] * tint[2]) / image.weights[1];
}

// One block. The tint is filtered over time; a cut starts afresh.
__device__ inline void find_tint(const UntintArguments &call)
{
    const SmallImage &image = call.image;
    const int thread = threadIdx.x, cells = image.map_width * image.map_height;
    Darkness sums = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, {1.0f, 1.0f, 1.0f}};
    for (int cell = thread; cell < cells; cell += BLOCK_THREADS)
        add_cell(call, cell % image.map_width, cell / image.map_width, sums);
    sum_of_block(&sums.count, &sums.light);
    sum_of_block(&sums.squares, &sums.red);
    sum_of_block(&sums.red_light, &sums.blue);
    float least = 0.0f;
    sum_of_block(&sums.blue_light, &least);
    least_of_block(&sums.darkest[0], &sums.darkest[1]);
    least_of_block(&sums.darkest[2], &least);
    if (thread == 0) {
        float tint[3];
        tint_of_black(call, sums, tint);
        for (int channel = 0; channel < 3; ++channel) {
            float &held = call.state->black[channel];
            held = call.state->cut ? tint[channel] : held - expm1f(-call.steps) * (tint[channel] - held);
        }
    }
}

// Take it off a small pixel, or one beyond the borders.
__device__ inline void take_tint_off(const UntintArguments &call, int pixel)
{
    const SmallImage &image = call.image;
    for (int channel = 0; channel < 3; ++channel) {
        const int place = channel * image.width * image.height + pixel;
        const float tint = call.state->black[channel], light = light_at(image, place);
        write_light(image, place, fminf(fmaxf(light + tint * (light - 1.0f), 0.0f), 1.0f));
    }
}
