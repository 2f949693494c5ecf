// What the threads of a single block find out together. The order is fixed, so that the same frames give the same
// result each time.
#pragma once

constexpr int BLOCK_THREADS = 1024;

// Combine two values over the threads of a block, for the first thread.
template <typename Combine>
__device__ inline void combine_over_block(float *first, float *second, Combine combine)
{
    __shared__ float firsts[BLOCK_THREADS], seconds[BLOCK_THREADS];
    const int thread = threadIdx.x;
    __syncthreads();
    firsts[thread] = *first;
    seconds[thread] = *second;
    for (int half = BLOCK_THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (thread < half) {
            firsts[thread] = combine(firsts[thread], firsts[thread + half]);
            seconds[thread] = combine(seconds[thread], seconds[thread + half]);
        }
    }
    *first = firsts[thread];
    *second = seconds[thread];
}

__device__ inline void sum_of_block(float *first, float *second)
{
    combine_over_block(first, second, [](float a, float b) { return a + b; });
}

__device__ inline void least_of_block(float *first, float *second)
{
    combine_over_block(first, second, [](float a, float b) { return fminf(a, b); });
}
