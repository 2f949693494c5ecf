// What the maps of a network do to a value: `zerodce.curves`, on the device.
#pragma once

// What a map is interpolated as, from its value in a cell: of quadratic curves itself, scaled; of rational ones, which
// have a reach, the root of the ratio. A strength of s goes s of the way along them.
__device__ inline float applied(float map, float strength, float reach)
{
    if (reach == 0.0f)
        return strength * map;
    const float root = 1.0f + reach * map;
    return strength < 1.0f ? __powf(root, strength) : root;
}

__device__ inline float curved(bool is_rational, float x, float curve)
{
    return is_rational ? __fdividef(x, x + curve * curve * (1.0f - x)) : x + curve * (x * x - x);
}
