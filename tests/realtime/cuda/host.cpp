// Enough of CUDA to compile the kernels as C++ and run them on a CPU.
//
// Threads run one after the other. Those of a block that waits for all of them are fibers: each runs up to the
// barrier, then the next.
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)
#define __syncthreads() wait_for_all()
#define __powf(base, exponent) std::pow(base, exponent)

struct Index {
    unsigned x, y, z;
};
static Index blockIdx, blockDim, threadIdx;

struct float3 {
    float x, y, z;
};
struct float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
static inline float2 make_float2(float x, float y)
{
    return {x, y};
}
static inline float3 make_float3(float x, float y, float z)
{
    return {x, y, z};
}
static inline float4 make_float4(float x, float y, float z, float w)
{
    return {x, y, z, w};
}

using std::max;
using std::min;

// Numbers within the range of half precision; to the nearest, ties to even.
static unsigned short half_from_float(float value)
{
    const int exponent = value == 0.0f ? -14 : max(std::ilogb(value), -14);
    const int steps = static_cast<int>(std::nearbyint(std::ldexp(std::fabs(value), 10 - exponent)));
    return static_cast<unsigned short>((std::signbit(value) ? 0x8000 : 0) + ((exponent + 14) << 10) + steps);
}

static float float_from_half(unsigned short bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float value = std::ldexp(static_cast<float>(exponent ? 1024 + fraction : fraction), max(exponent, 1) - 25);
    return bits & 0x8000 ? -value : value;
}

static inline float saturated(float factor, float value, float summand)
{
    return std::min(std::max(std::fma(factor, value, summand), 0.0f), 1.0f);
}

static inline int __float2int_rd(float value)
{
    return static_cast<int>(std::floor(value));
}

static inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float __uint_as_float(unsigned bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float __fdividef(float a, float b)
{
    return a / b;
}

static ucontext_t scheduler;
static std::vector<ucontext_t> fibers;

static void wait_for_all()
{
    swapcontext(&fibers[threadIdx.x], &scheduler);
}

#include "kernels.cu"

template <typename Arguments, void (*FUNCTION)(Arguments)>
struct Launcher {
    static inline const Arguments *arguments;

    static void run()
    {
        FUNCTION(*arguments);
    }

    static void launch(const void *with, const Index &grid, const Index &block)
    {
        arguments = static_cast<const Arguments *>(with);
        blockDim = block;
        for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x)
                for (threadIdx.y = 0; threadIdx.y < block.y; ++threadIdx.y)
                    for (threadIdx.x = 0; threadIdx.x < block.x; ++threadIdx.x)
                        run();
    }

    // One block, of one row of threads, that all wait at the same barriers.
    static void launch_with_barriers(const void *with, const Index &, const Index &block)
    {
        constexpr size_t STACK_BYTES = 1 << 14;
        arguments = static_cast<const Arguments *>(with);
        blockDim = block;
        blockIdx = threadIdx = {};
        fibers.resize(block.x);
        const std::unique_ptr<char[]> stacks(new char[STACK_BYTES * block.x]);
        std::vector<bool> is_done(block.x);
        for (unsigned i = 0; i < block.x; ++i) {
            getcontext(&fibers[i]);
            fibers[i].uc_stack.ss_sp = &stacks[STACK_BYTES * i];
            fibers[i].uc_stack.ss_size = STACK_BYTES;
            makecontext(&fibers[i], reinterpret_cast<void (*)()>(fiber), 0);
        }
        running = block.x;
        while (running > 0)
            for (unsigned i = 0; i < block.x; ++i)
                if (!is_done[i]) {
                    threadIdx.x = i;
                    const unsigned before = running;
                    swapcontext(&scheduler, &fibers[i]);
                    is_done[i] = running < before;
                }
    }

    static inline unsigned running;

    static void fiber()
    {
        run();
        --running;
        setcontext(&scheduler);
    }
};

#define EXPORT(kernel, Arguments, how)                                                             \
    extern "C" void launch_##kernel(const void *arguments, const Index *grid, const Index *block) \
    {                                                                                               \
        Launcher<Arguments, kernel>::how(arguments, *grid, *block);                                \
    }                                                                                               \
    extern "C" size_t size_for_##kernel()                                                           \
    {                                                                                               \
        return sizeof(Arguments);                                                                   \
    }

EXPORT(shrink, ShrinkArguments, launch)
EXPORT(detect, DetectArguments, launch_with_barriers)
EXPORT(black, UntintArguments, launch_with_barriers)
EXPORT(untint, UntintArguments, launch)
EXPORT(follow, FollowArguments, launch)
EXPORT(tint_light, TintArguments, launch)
EXPORT(tint_factors, TintArguments, launch)
EXPORT(enhance_4x2_rational, EnhanceArguments, launch)
EXPORT(enhance_2x2_rational, EnhanceArguments, launch)
EXPORT(enhance_1x1_rational, EnhanceArguments, launch)
EXPORT(enhance_4x2_quadratic, EnhanceArguments, launch)
EXPORT(enhance_2x2_quadratic, EnhanceArguments, launch)
EXPORT(enhance_1x1_quadratic, EnhanceArguments, launch)
