// What the kernels are called with: one structure each, passed by value. `kernels.py` mirrors these field by field.
#pragma once

// The planes of one frame, as the codec or camera has them. Y, U and V; or Y and UV interleaved; or Y; or one
// packed plane of RGB or BGR.
struct Planes {
    unsigned char *data[3];
    int pitch[3];  // bytes from one row to the next
    int aligned;   // whether every pointer and pitch is a multiple of 16 bytes
};

// Between codes and RGB in [0, 1]: `YuvConversion` of colour.py, row by row.
struct Conversion {
    float rgb_from_yuv[9];
    float yuv_from_rgb[9];
    float offset[3];
    float ycc_from_rgb[9];
};

struct EnhanceArguments {
    Planes source;
    Planes target;       // may be the source
    const float4 *maps;  // [map_height][map_width][8 iterations], (red, green, blue, unused) in [-1, 1]
    int width;           // of the frame, in pixels
    int height;
    int cell;  // side in pixels of the square that one map value stands for
    int map_width;
    int map_height;
    float strength;                // scale of the maps, 0 to 1
    float inverse_floor_squared;   // 1 / shadow floor², 0 to believe all colours
    float peak;                    // the largest code
    Conversion conversion;
};
