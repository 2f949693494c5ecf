// What the maps of a network do to a value: `zerodce.curves`, on the device.
#pragma once

// Apply a rational curve, of that reach, or a quadratic one.
__device__ inline float curved(bool is_rational, float x, float curve, float reach)
{
    if (!is_rational)
        return x + curve * (x * x - x);
    const float root = 1.0f + reach * curve;
    return __fdividef(x, x + root * root * (1.0f - x));
}
