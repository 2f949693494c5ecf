// Values that lie on the grid of the maps, interpolated bilinearly between the centres of their cells.
//
// A patch is cut into units of pixels that lie between the same four centres, wherever the unit is in the frame, so that
// four values serve all its pixels. `frame_kernels.py` chooses the kernel with the largest units that the cell allows:
// pixel p is at (p + ½) / cell − ½, so that a step from one interval to the next falls on the border of two units of 4 if
// the cell is a multiple of 8, of 2 unless cell % 4 is 2.
#pragma once

#include "curve.cuh"
#include "patch.cuh"

// Where the units and pixels of one axis of a patch lie between the cells: between the centres of `before` and `after`,
// pixels at `fraction` of the way. Beyond the first and the last centre those two are the same.
template <int PIXELS, int UNIT>
struct Axis {
    int before[PIXELS / UNIT];
    int after[PIXELS / UNIT];
    float fraction[PIXELS];

    __device__ Axis(int first, int cell, float per_half_pixel, int cells)
    {
#pragma unroll
        for (int unit = 0; unit < PIXELS / UNIT; ++unit) {
            const int begin = 2 * (first + unit * UNIT) + 1 - cell;  // in half pixels from the centre of the first cell
            const int interval = __float2int_rd((static_cast<float>(begin) + 0.5f) * per_half_pixel);
            before[unit] = min(max(interval, 0), cells - 1);
            after[unit] = min(max(interval + 1, 0), cells - 1);
            const float start = static_cast<float>(begin - 2 * cell * interval) * per_half_pixel;
#pragma unroll
            for (int i = 0; i < UNIT; ++i)
                fraction[unit * UNIT + i] = start + static_cast<float>(2 * i) * per_half_pixel;
        }
    }

    // Where the middle of some pixels of one unit is.
    __device__ float middle(int first, int pixels) const
    {
        return 0.5f * (fraction[first] + fraction[first + pixels - 1]);
    }
};

// How the values of a unit go down and across it: at `left` and `slope` along a row.
struct Surface {
    float corner, down, across, twist;

    __device__ Surface(float upper_left, float upper_right, float lower_left, float lower_right)
        : corner(upper_left), down(lower_left - upper_left), across(upper_right - upper_left),
          twist(lower_right - lower_left - across)
    {
    }

    __device__ float left(float row) const
    {
        return corner + row * down;
    }

    __device__ float slope(float row) const
    {
        return across + row * twist;
    }

    __device__ float at(float row, float column) const
    {
        return left(row) + column * slope(row);
    }
};

// The grid under a patch. Networks with rational curves have one map of each colour.
template <int UNIT_WIDTH, int UNIT_HEIGHT, bool RATIONAL>
struct PatchGrid {
    const EnhanceArguments &call;
    const int map_count;
    Axis<PATCH_WIDTH, UNIT_WIDTH> columns;
    Axis<PATCH_HEIGHT, UNIT_HEIGHT> rows;

    __device__ PatchGrid(const EnhanceArguments &call, int x, int y)
        : call(call), map_count(RATIONAL ? 1 : call.map_count),
          columns(x, call.cell, call.cells_per_half_pixel, call.map_width),
          rows(y, call.cell, call.cells_per_half_pixel, call.map_height)
    {
    }

    // The four values of a map around the unit with a pixel.
    __device__ void around(int map, int j, int i, float4 (&corners)[4]) const
    {
        const int stride = map_count + 1, unit_x = i / UNIT_WIDTH, unit_y = j / UNIT_HEIGHT;
        const int upper = rows.before[unit_y] * call.map_width, lower = rows.after[unit_y] * call.map_width;
        const int before = columns.before[unit_x], after = columns.after[unit_x];
        corners[0] = call.factors[(upper + before) * stride + map];
        corners[1] = call.factors[(upper + after) * stride + map];
        corners[2] = call.factors[(lower + before) * stride + map];
        corners[3] = call.factors[(lower + after) * stride + map];
    }

    // What all curves add to the colours of the unit that begins at row j and column i: before(channel, row, column).
    template <typename Before>
    __device__ void gains_of(int j, int i, Before before, float (&gains)[3][UNIT_HEIGHT][UNIT_WIDTH]) const
    {
        float values[3][UNIT_HEIGHT][UNIT_WIDTH];
        for_each([&](int channel, int v, int u) { values[channel][v][u] = before(channel, j + v, i + u); });
#pragma unroll 1
        for (int map = 0; map < map_count; ++map) {
            float4 corners[4];
            around(map, j, i, corners);
            const Surface surfaces[3] = {{corners[0].x, corners[1].x, corners[2].x, corners[3].x},
                                         {corners[0].y, corners[1].y, corners[2].y, corners[3].y},
                                         {corners[0].z, corners[1].z, corners[2].z, corners[3].z}};
            for_each([&](int channel, int v, int u) {
                const float factor = surfaces[channel].at(rows.fraction[j + v], columns.fraction[i + u]);
                gains[channel][v][u] = gain_of<RATIONAL>(values[channel][v][u], factor);
                values[channel][v][u] += gains[channel][v][u];
            });
        }
        if (!RATIONAL)  // of many maps
            for_each([&](int channel, int v, int u) {
                gains[channel][v][u] = values[channel][v][u] - before(channel, j + v, i + u);
            });
    }

    // Where each unit of the patch begins: body(row, column).
    template <typename Body>
    static __device__ void for_each_unit(Body body)
    {
#pragma unroll
        for (int j = 0; j < PATCH_HEIGHT; j += UNIT_HEIGHT)
#pragma unroll
            for (int i = 0; i < PATCH_WIDTH; i += UNIT_WIDTH)
                body(j, i);
    }

    template <typename Body>
    static __device__ void for_each(Body body)
    {
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
#pragma unroll
            for (int v = 0; v < UNIT_HEIGHT; ++v)
#pragma unroll
                for (int u = 0; u < UNIT_WIDTH; ++u)
                    body(channel, v, u);
    }

    // The tints, which lie behind the maps: blue and red, in the mean over some pixels from row j and column i on.
    template <int HEIGHT, int WIDTH>
    __device__ float2 mean_tint(int j, int i) const
    {
        constexpr int PART_HEIGHT = HEIGHT < UNIT_HEIGHT ? HEIGHT : UNIT_HEIGHT;
        constexpr int PART_WIDTH = WIDTH < UNIT_WIDTH ? WIDTH : UNIT_WIDTH;
        float blue = 0.0f, red = 0.0f;
#pragma unroll
        for (int v = 0; v < HEIGHT; v += PART_HEIGHT)
#pragma unroll
            for (int u = 0; u < WIDTH; u += PART_WIDTH) {
                float4 corners[4];
                around(map_count, j + v, i + u, corners);
                const float row = rows.middle(j + v, PART_HEIGHT), column = columns.middle(i + u, PART_WIDTH);
                blue += Surface(corners[0].x, corners[1].x, corners[2].x, corners[3].x).at(row, column);
                red += Surface(corners[0].y, corners[1].y, corners[2].y, corners[3].y).at(row, column);
            }
        constexpr float SHARE = static_cast<float>(PART_HEIGHT * PART_WIDTH) / static_cast<float>(HEIGHT * WIDTH);
        return make_float2(SHARE * blue, SHARE * red);
    }
};
