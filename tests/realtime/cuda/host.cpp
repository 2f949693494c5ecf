// Enough of CUDA to compile the kernels as C++ and run them on a CPU, one thread after the other.
#include <algorithm>
#include <cmath>
#include <cstddef>

#define __global__
#define __device__
#define __launch_bounds__(threads)

struct Index {
    unsigned x, y, z;
};
static thread_local Index blockIdx, blockDim, threadIdx;

struct alignas(16) float4 {
    float x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w)
{
    return {x, y, z, w};
}

using std::max;
using std::min;

#include "kernels.cu"

template <typename Arguments>
static void launch(void (*kernel)(Arguments), const void *arguments, const Index &grid, const Index &block)
{
    blockDim = block;
    for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y)
        for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x)
            for (threadIdx.y = 0; threadIdx.y < block.y; ++threadIdx.y)
                for (threadIdx.x = 0; threadIdx.x < block.x; ++threadIdx.x)
                    kernel(*static_cast<const Arguments *>(arguments));
}

#define EXPORT(kernel)                                                                              \
    extern "C" void launch_##kernel(const void *arguments, const Index *grid, const Index *block) \
    {                                                                                               \
        launch(kernel, arguments, *grid, *block);                                                   \
    }

EXPORT(enhance_4x2)
EXPORT(enhance_2x2)
EXPORT(enhance_1x1)

extern "C" size_t size_of_enhance()
{
    return sizeof(EnhanceArguments);
}
