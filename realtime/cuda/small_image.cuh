// Access to the network's input, in either precision.
#pragma once

#include "arguments.cuh"
#include "half.cuh"

// The place of a small pixel's channel; those beyond the picture are in the borders.
__device__ inline int place_of(const SmallImage &image, int channel, int x, int y)
{
    return (channel * image.height + y + image.border) * image.width + x + image.border;
}

__device__ inline float light_at(const SmallImage &image, int place)
{
    return image.is_half ? float_from_half(static_cast<const unsigned short *>(image.data)[place])
                         : static_cast<const float *>(image.data)[place];
}

__device__ inline void write_light(const SmallImage &image, int place, float light)
{
    if (image.is_half)
        static_cast<unsigned short *>(image.data)[place] = half_from_float(light);
    else
        static_cast<float *>(image.data)[place] = light;
}

__device__ inline float grey_of(const SmallImage &image, float r, float g, float b)
{
    return image.weights[0] * r + image.weights[1] * g + image.weights[2] * b;
}
