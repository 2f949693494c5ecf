// The kernels that enhance one stream of frames, compiled for one format of samples (see samples.cuh).
//
// `frame_kernels.py` and `scene_kernels.py` are the table of them: arguments, grids and blocks. Every kernel takes one
// structure by value. A frame goes through them in this order, the network between the third and the fourth:
//
//   shrink   one thread a pixel of the network's input: mean colour of a cell, borders mirrored
//   detect   one block: luma on the grid of the maps, and whether it starts a scene
//   untint   one block: the colour that black has, taken off the network's input
//   follow   one thread a cell and map: the filtered maps follow the network's
//   tint     one thread a cell, twice: the light of the cell's shadows, then the tints of those around it
//   enhance  one thread 4 × 2 pixels: maps interpolated, curves applied, samples written
#include "enhance.cuh"
#include "shrink.cuh"
#include "smooth.cuh"
#include "tint.cuh"
#include "untint.cuh"

#define KERNEL(...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__)

// How many blocks of `enhance` are to fit a multiprocessor: as many as its registers take without spilling any.
constexpr int BLOCKS_4X2 = PATCH_HEIGHT == 4 ? 2 : CHROMA == 0 && !PACKED ? 5 : 4;
constexpr int BLOCKS_2X2 = PATCH_HEIGHT == 4 ? 2 : 4;
constexpr int BLOCKS_1X1 = PATCH_HEIGHT == 4 ? 1 : 3;

KERNEL(256) shrink(const ShrinkArguments call)
{
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < call.image_width && y < call.image_height)
        shrink_pixel(call, x, y);
}

KERNEL(BLOCK_THREADS) detect(const DetectArguments call)
{
    detect_cut(call);
}

KERNEL(BLOCK_THREADS) untint(const UntintArguments call)
{
    untint_image(call);
}

KERNEL(256) follow(const FollowArguments call)
{
    const int index = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    if (index < call.map_width * call.map_height * call.map_count)
        follow_curve(call, index / call.map_count, index % call.map_count);
}

KERNEL(256) tint_light(const TintArguments call)
{
    const int cell = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    if (cell < call.image.map_width * call.image.map_height)
        sum_light(call, cell % call.image.map_width, cell / call.image.map_width);
}

KERNEL(256, 4) tint_maps(const TintArguments call)
{
    const int cell = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    if (cell < call.image.map_width * call.image.map_height)
        write_tints(call, cell % call.image.map_width, cell / call.image.map_width);
}

KERNEL(128, BLOCKS_4X2) enhance_4x2(const EnhanceArguments call)
{
    enhance<4, 2>(call);
}

KERNEL(128, BLOCKS_2X2) enhance_2x2(const EnhanceArguments call)
{
    enhance<2, 2>(call);
}

KERNEL(128, BLOCKS_1X1) enhance_1x1(const EnhanceArguments call)
{
    enhance<1, 1>(call);
}
