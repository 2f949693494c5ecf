// Smoothing of the curve maps over time, and the detection of scene cuts: smoothing.py, on the device from end to end.
#pragma once

#include "arguments.cuh"
#include "half.cuh"

constexpr int DETECT_THREADS = 1024;

// The mean luma of a map cell; cells that reach beyond the small picture repeat its last rows and columns.
__device__ inline float cell_luma(const DetectArguments &call, int x, int y)
{
    float total = 0.0f;
    for (int j = 0; j < call.stride; ++j) {
        const float *row = call.small_luma + min(y * call.stride + j, call.small_height - 1) * call.small_width;
        for (int i = 0; i < call.stride; ++i)
            total += row[min(x * call.stride + i, call.small_width - 1)];
    }
    return total / static_cast<float>(call.stride * call.stride);
}

__device__ inline void judge(const DetectArguments &call, float change)
{
    SceneState state = *call.state;
    const bool sudden = state.has_usual && change > fmaxf(call.jump_level, call.sudden * state.usual_change);
    state.cut = !state.started || sudden || change > call.cut_level;
    if (state.cut) {
        state.has_usual = 0;
    } else {
        const float usual = state.has_usual ? state.usual_change : change;
        state.usual_change = usual + call.recent * (change - usual);
        state.has_usual = 1;
    }
    state.started = 1;
    *call.state = state;
}

// One block. The order of the additions is fixed, so that the same frames give the same result each time.
__device__ inline void detect_cut(const DetectArguments &call)
{
    __shared__ float changes[DETECT_THREADS], lights[DETECT_THREADS];
    const int thread = threadIdx.x, cells = call.map_width * call.map_height;
    float change = 0.0f, light = 0.0f;
    for (int cell = thread; cell < cells; cell += DETECT_THREADS) {
        const float before = call.luma[cell];
        const float now = cell_luma(call, cell % call.map_width, cell / call.map_width);
        call.luma[cell] = now;
        change += fabsf(now - before);
        light += fmaxf(now, before) + call.dark;
    }
    changes[thread] = change;
    lights[thread] = light;
    for (int half = DETECT_THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (thread < half) {
            changes[thread] += changes[thread + half];
            lights[thread] += lights[thread + half];
        }
    }
    if (thread == 0)
        judge(call, changes[0] / lights[0]);
}

// How far the filtered maps go towards the estimate in one cell. The change is averaged over its 3 × 3 neighbours, so
// that noise alone does not count as motion.
__device__ inline float share_of(const FollowArguments &call, int x, int y)
{
    float change = 0.0f, light = 0.0f;
    for (int row = max(y - 1, 0); row < min(y + 2, call.map_height); ++row)
        for (int column = max(x - 1, 0); column < min(x + 2, call.map_width); ++column) {
            const float now = call.luma[row * call.map_width + column];
            const float reference = call.reference[row * call.map_width + column];
            change += now - reference;
            light += fmaxf(now, reference) + call.dark;
        }
    const float relative = change / light * call.inverse_motion_level;
    return -expm1f(-call.steps * (1.0f + relative * relative));
}

__device__ inline float estimate(const FollowArguments &call, int channel, int x, int y)
{
    const int place = (channel * call.curves_height + y + call.border) * call.curves_width + x + call.border;
    return call.curves_are_half ? float_from_half(static_cast<const unsigned short *>(call.curves)[place])
                                : static_cast<const float *>(call.curves)[place];
}

__device__ inline void follow_curve(const FollowArguments &call, int cell, int iteration)
{
    const int x = cell % call.map_width, y = cell / call.map_width, channel = 3 * iteration;
    float4 &held = call.maps[cell * 8 + iteration];
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
    if (iteration == 0)
        call.next_reference[cell] = luma;
}
