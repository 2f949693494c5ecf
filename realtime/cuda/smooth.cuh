// Smoothing of the curve maps over time, and the detection of scene cuts: curves/smoothing.py, on the device from end to end.
#pragma once

#include "arguments.cuh"
#include "block.cuh"
#include "half.cuh"

// The mean luma of a map cell; cells that reach beyond the small picture repeat its last rows and columns.
__device__ inline float cell_luma(const DetectArguments &call, int x, int y)
{
    float total = 0.0f;
    for (int j = 0; j < call.stride; ++j) {
        const float *row = call.small_luma + min(y * call.stride + j, call.small_height - 1) * call.small_width;
#pragma unroll 4
        for (int i = 0; i < call.stride; ++i)
            total += row[min(x * call.stride + i, call.small_width - 1)];
    }
    return total / static_cast<float>(call.stride * call.stride);
}

// How a cell differs from its reference, as a share of the light there: averaged over its 3 × 3 neighbours, so that noise
// alone hardly counts as motion, squared; and what noise makes of that, judged by how the cell differs from the average.
struct CellChange {
    float average, noise;
};

__device__ inline CellChange change_at(const float *luma, const float *references, int width, int height, int x, int y,
                                       float dark)
{
    float change = 0.0f, light = 0.0f;
    int cells = 0;
    for (int row = max(y - 1, 0); row < min(y + 2, height); ++row)
        for (int column = max(x - 1, 0); column < min(x + 2, width); ++column) {
            const float now = luma[row * width + column], reference = references[row * width + column];
            change += now - reference;
            light += fmaxf(now, reference) + dark;
            ++cells;
        }
    const float here = luma[y * width + x] - references[y * width + x];
    const float average = change / light, own = (static_cast<float>(cells) * here - change) / light;
    return {average * average, own * own / static_cast<float>(max(cells - 1, 1))};
}

__device__ inline void judge(const DetectArguments &call, float change)
{
    SceneState state = *call.state;
    const bool sudden = state.has_usual && change > fmaxf(call.jump_level, call.sudden * state.usual_change);
    state.cut = !state.started || sudden || change > call.cut_level;
    if (state.cut) {
        state.has_usual = 0;
        state.age = 0.0f;
    } else {
        const float usual = state.has_usual ? state.usual_change : change;
        state.usual_change = usual + call.recent * (change - usual);
        state.has_usual = 1;
        state.least_share = call.steps > 0.0f ? 1.0f / (state.age / call.steps + 2.0f) : 0.0f;
        state.age = fminf(state.age + call.steps, 1.0f);
    }
    state.started = 1;
    *call.state = state;
}

// One block.
__device__ inline void detect_cut(const DetectArguments &call)
{
    const int thread = threadIdx.x, cells = call.map_width * call.map_height;
    float change = 0.0f, light = 0.0f;
    for (int cell = thread; cell < cells; cell += BLOCK_THREADS) {
        const float before = call.luma[cell];
        const float now = cell_luma(call, cell % call.map_width, cell / call.map_width);
        call.luma[cell] = now;
        change += fabsf(now - before);
        light += fmaxf(now, before) + call.dark;
    }
    sum_of_block(&change, &light);
    if (thread == 0)
        judge(call, change / light);
    __syncthreads();
    if (call.state->cut)
        return;
    float average = 0.0f, noise = 0.0f;
    for (int cell = thread; cell < cells; cell += BLOCK_THREADS) {
        const CellChange at = change_at(call.luma, call.reference, call.map_width, call.map_height,
                                        cell % call.map_width, cell / call.map_width, call.dark);
        average += at.average;
        noise += at.noise;
    }
    sum_of_block(&average, &noise);
    if (thread == 0) {
        call.state->noise = noise / static_cast<float>(cells);
        call.state->change = fmaxf((average - noise) / static_cast<float>(cells), 0.0f);
    }
}

// How far the filtered maps go towards the estimate in one cell.
__device__ inline float share_of(const FollowArguments &call, int x, int y)
{
    const CellChange at = change_at(call.luma, call.reference, call.map_width, call.map_height, x, y, call.dark);
    const float motion = fmaxf(at.average - call.noise_margin * call.state->noise, 0.0f);
    const float speed = 1.0f + motion * call.inverse_motion_level * call.inverse_motion_level +
                        call.state->change * call.inverse_picture_level * call.inverse_picture_level;
    return fmaxf(-expm1f(-call.steps * speed), call.state->least_share);
}

__device__ inline float estimate(const FollowArguments &call, int channel, int x, int y)
{
    const int place = (channel * call.curves_height + y + call.border) * call.curves_width + x + call.border;
    return call.curves_are_half ? float_from_half(static_cast<const unsigned short *>(call.curves)[place])
                                : static_cast<const float *>(call.curves)[place];
}

__device__ inline void follow_curve(const FollowArguments &call, int cell, int map)
{
    const int x = cell % call.map_width, y = cell / call.map_width, channel = 3 * map;
    float4 &held = call.maps[cell * call.map_count + map];
    float4 curve = make_float4(estimate(call, channel, x, y), estimate(call, channel + 1, x, y),
                               estimate(call, channel + 2, x, y), 0.0f);
    float luma = call.luma[cell];
    if (!call.state->cut) {
        const float share = share_of(call, x, y);
        const float4 before = held;
        curve = make_float4(before.x + share * (curve.x - before.x), before.y + share * (curve.y - before.y),
                            before.z + share * (curve.z - before.z), 0.0f);
        luma = call.reference[cell] + share * (luma - call.reference[cell]);
    }
    held = curve;
    if (map == 0)
        call.next_reference[cell] = luma;
}
