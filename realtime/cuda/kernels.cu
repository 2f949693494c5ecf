// The kernels that enhance one stream of frames, compiled for one format of samples (see samples.cuh).
//
// `kernels.py` holds the table of kernels: arguments, grids and blocks. Every kernel takes one structure by value, and
// is launched with blocks of 32 × 8 threads over the things that its threads take one each.
#include "enhance.cuh"

#define KERNEL extern "C" __global__ void __launch_bounds__(256)

KERNEL enhance_4x2(const EnhanceArguments call)
{
    enhance<4, 2>(call);
}

KERNEL enhance_2x2(const EnhanceArguments call)
{
    enhance<2, 2>(call);
}

KERNEL enhance_1x1(const EnhanceArguments call)
{
    enhance<1, 1>(call);
}
