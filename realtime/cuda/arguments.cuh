// What the kernels are called with: one structure each, passed by value. `arguments.py` mirrors these field by field.
#pragma once

// The planes of one frame, as the codec or camera has them. Y, U and V; or Y and UV interleaved; or Y; or one
// packed plane of RGB or BGR.
struct Planes {
    unsigned char *data[3];
    int pitch[3];  // bytes from one row to the next
    int aligned;   // whether every pointer and pitch is a multiple of 16 bytes
};

// Between codes and RGB in [0, 1]: `YuvConversion` of frames/colour.py, row by row.
struct Conversion {
    float rgb_from_yuv[9];
    float yuv_from_rgb[9];
    float offset[3];
    float rgb_of_zero[3];  // what RGB is where all three codes are 0
    float ycc_from_rgb[9];
};

struct ShrinkArguments {
    Planes source;
    void *image;  // [3][image_height][image_width], float, or half precision if image_is_half
    float *luma;  // [small_height][small_width]
    int width;    // of the frame, in pixels
    int height;
    int cell;  // side in pixels of the square that one small pixel stands for
    int small_width;
    int small_height;
    int image_width;
    int image_height;
    int border;  // small pixels beyond the small picture's left and upper sides
    int image_is_half;
    float peak;  // the largest code
    Conversion conversion;
};

// What is known of the scene from frame to frame. All zero before the first frame, and to start afresh.
struct SceneState {
    int started;         // whether there was a frame before
    int has_usual;       // whether usual_change means something
    float usual_change;  // share of the light that changes from frame to frame, of late
    int cut;             // whether the latest frame starts a scene
    float age;           // of the scene, in time constants, up to 1
    float least_share;   // of the latest estimate, to be taken over
    float noise;         // what is left of noise in relative changes averaged over 3 × 3 cells, squared
    float change;        // mean of such changes squared over the picture, without that
    float black[3];      // what red, green and blue are above luma in black, filtered
};

struct DetectArguments {
    const float *small_luma;  // [small_height][small_width]
    float *luma;              // [map_height][map_width], in: of the frame before, out: of this one
    const float *reference;   // [map_height][map_width], the luma filtered as the maps were; unread at a cut
    SceneState *state;
    int small_width;
    int small_height;
    int stride;  // side of a map cell in small pixels
    int map_width;
    int map_height;
    float cut_level;
    float jump_level;
    float sudden;
    float recent;
    float dark;
    float steps;  // time since the last frame, in time constants
};

struct FollowArguments {
    const void *curves;       // [3 * map_count][curves_height][curves_width], float, or half precision if curves_are_half
    const float *luma;        // [map_height][map_width], of this frame
    const float *reference;   // [map_height][map_width], the luma filtered as the maps were
    float *next_reference;    // the same after this frame; another buffer
    float4 *maps;             // [map_height][map_width][map_count], filtered in place
    const SceneState *state;
    int curves_width;
    int curves_height;
    int border;  // cells beyond the picture's left and upper sides
    int curves_are_half;
    int map_width;
    int map_height;
    int map_count;  // of each colour
    float steps;  // time since the last frame, in time constants
    float inverse_motion_level;
    float inverse_picture_level;
    float noise_margin;
    float dark;
};

// The network's input, and where the small picture and the cells of the maps are in it.
struct SmallImage {
    void *data;  // [3][height][width], float, or half precision if is_half
    int width;
    int height;
    int border;  // small pixels beyond the small picture's left and upper sides
    int is_half;
    int small_width;
    int small_height;
    int stride;  // side of a map cell in small pixels
    int map_width;
    int map_height;
    float weights[3];  // of R, G and B in luma
};

struct UntintArguments {
    SmallImage image;  // updated
    SceneState *state;
    float shade;
    float prior;
    float likely;
    float steps;  // time since the last frame, in time constants
};

struct TintArguments {
    SmallImage image;
    float4 *light;   // [map_height][map_width], (count, red, green, blue): written by one kernel, read by the other
    const float4 *maps;  // [map_height][map_width][map_count]
    float4 *factors;  // [map_height][map_width][map_count + 1], what they are applied as; then the tints: blue, red
    int map_count;  // of each colour
    float reach;  // of rational curves, 0 if they are quadratic
    float strength;  // how far the curves are gone along, 0 to 1
    float headroom;  // share of the range that is kept for bright cells
    float shadow;
    float least_gain;
    float most;
};

struct EnhanceArguments {
    Planes source;
    Planes target;       // may be the source
    const float4 *factors;  // [map_height][map_width][map_count + 1], of red, green and blue; then the tints
    const float *black;  // [3], what red, green and blue are above luma in black; null if they are not
    int width;           // of the frame, in pixels
    int height;
    int cell;  // side in pixels of the square that one map value stands for
    int map_width;
    int map_height;
    int map_count;  // of each colour
    float cells_per_half_pixel;   // 1 / (2 · cell)
    float luma_energy;            // of one code of luma (or of all of it in RGB), where the shadow floor's is 1
    float chroma_energy;          // the same of chroma; both infinite to believe all colours
    float tint_scale[2];          // codes of U and V that go with one of Y, for blue and red as far above grey as that is
    float peak;                   // the largest code
    Conversion conversion;
};
