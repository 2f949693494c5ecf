// What the maps of a network do to a value: `zerodce.curves`, on the device.
#pragma once

// What a map is applied as, from its value in a cell: of quadratic curves itself, scaled; of rational ones, which have a
// reach, the root of the ratio. A strength of s goes s of the way along them. These are what is interpolated.
__device__ inline float factor_of(float map, float strength, float reach)
{
    if (reach == 0.0f)
        return strength * map;
    const float root = 1.0f + reach * map;
    return strength < 1.0f ? __powf(root, strength) : root;
}

// What a curve adds to a value.
template <bool RATIONAL>
__device__ inline float gain_of(float x, float factor)
{
    if (RATIONAL)
        return fmaf(x, __fdividef(1.0f, x + factor * factor * (1.0f - x)), -x);
    return factor * (x * x - x);
}
