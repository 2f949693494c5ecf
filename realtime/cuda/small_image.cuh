// Access to the network's input, in either precision; the arguments say where it is and how wide its borders are.
#pragma once

#include "half.cuh"

// The place of a small pixel's channel; those beyond the picture are in the borders.
template <typename Arguments>
__device__ inline int place_of(const Arguments &call, int channel, int x, int y)
{
    return (channel * call.image_height + y + call.border) * call.image_width + x + call.border;
}

template <typename Arguments>
__device__ inline float light_at(const Arguments &call, int place)
{
    return call.image_is_half ? float_from_half(static_cast<const unsigned short *>(call.image)[place])
                              : static_cast<const float *>(call.image)[place];
}

template <typename Arguments>
__device__ inline float grey_of(const Arguments &call, float r, float g, float b)
{
    return call.weights[0] * r + call.weights[1] * g + call.weights[2] * b;
}
