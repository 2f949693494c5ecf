// The kernels that enhance one stream of frames, compiled for one format of samples (see samples.cuh).
//
// `frame_kernels.py` and `scene_kernels.py` are the table of them: arguments, grids and blocks. Every kernel takes one
// structure by value. A frame goes through them in this order, the network before `follow`:
//
//   shrink   one thread a pixel of the network's input: mean colour of a cell, borders mirrored
//   detect   one block: luma on the grid of the maps, and whether it starts a scene
//   black    one block: the colour that black has
//   untint   one thread a pixel of the network's input: that colour taken off
//   follow   one thread a cell and map: the filtered maps follow the network's
//   tint     one thread a cell, twice: the light of the cell's shadows, then what its maps are applied as, and the tints
//            of the shadows around it
//   enhance  one thread 4 × 2 pixels: factors interpolated, curves applied, samples written
#include "enhance.cuh"
#include "shrink.cuh"
#include "smooth.cuh"
#include "tint.cuh"
#include "untint.cuh"

#define KERNEL(...) extern "C" __global__ void __launch_bounds__(__VA_ARGS__)

// How many blocks of `enhance` are to fit a multiprocessor: as many as its registers take without spilling any.
constexpr bool FEW_SAMPLES = !PACKED && (CHROMA == 0 || (SHIFT_X == 1 && SHIFT_Y == 1));  // of a patch
constexpr int BLOCKS_RATIONAL = PATCH_HEIGHT == 4 ? 2 : !FEW_SAMPLES ? 4 : CHROMA == 1 ? 6 : 7;
constexpr int BLOCKS_QUADRATIC = PATCH_HEIGHT == 4 ? 2 : 4;
constexpr int BLOCKS_OF_PIXELS = PATCH_HEIGHT == 4 ? 1 : PACKED ? 2 : 3;  // in units of single pixels, of either

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

KERNEL(BLOCK_THREADS) black(const UntintArguments call)
{
    find_tint(call);
}

KERNEL(256) untint(const UntintArguments call)
{
    const int pixel = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    if (pixel < call.image.width * call.image.height)
        take_tint_off(call, pixel);
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

KERNEL(256, 4) tint_factors(const TintArguments call)
{
    const int cell = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    if (cell < call.image.map_width * call.image.map_height)
        write_factors(call, cell % call.image.map_width, cell / call.image.map_width);
}

#define ENHANCE(WIDTH, HEIGHT, BLOCKS, CURVE, RATIONAL)                                                     \
    KERNEL(128, BLOCKS) enhance_##WIDTH##x##HEIGHT##_##CURVE(const EnhanceArguments call)                  \
    {                                                                                                        \
        enhance<WIDTH, HEIGHT, RATIONAL>(call);                                                             \
    }

ENHANCE(4, 2, BLOCKS_RATIONAL, rational, true)
ENHANCE(2, 2, BLOCKS_RATIONAL, rational, true)
ENHANCE(1, 1, BLOCKS_OF_PIXELS, rational, true)
ENHANCE(4, 2, BLOCKS_QUADRATIC, quadratic, false)
ENHANCE(2, 2, BLOCKS_QUADRATIC, quadratic, false)
ENHANCE(1, 1, BLOCKS_OF_PIXELS, quadratic, false)
