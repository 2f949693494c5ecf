// As much of NVIDIA's decoder library as FFmpeg takes, without a GPU: it knows the pictures beforehand.
//
// NVDEC_FRAMES is a file of raw pictures, NV12 or P010, of NVDEC_WIDTH × NVDEC_HEIGHT pixels. NVDEC_ORDER is one of
// pairs of numbers: a hash of what a picture is coded as, and which of those it is. It takes H.264 of 8 bits and HEVC
// of up to 10, as 4:2:0, and nothing where no pictures are known. NVDEC_FAIL=CALL:NUMBER lets a call fail from its
// so-manieth on: create, decode or map.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

extern "C" int cuMemAlloc_v2(uintptr_t *address, size_t size);
extern "C" int cuMemFree_v2(uintptr_t address);

namespace {

enum Status { SUCCESS = 0, INVALID_VALUE = 1, NOT_SUPPORTED = 801 };
enum Codec { H264 = 4, HEVC = 8 };

// The first fields of NVIDIA's structures, as far as they are read or written here.
struct Capabilities {
    int codec, chroma;
    unsigned bits_beyond_8, reserved[3];
    unsigned char is_supported, decoders;
    unsigned short formats;
    unsigned max_width, max_height, max_macroblocks;
    unsigned short min_width, min_height;
};
struct Creation {
    unsigned long width, height, surfaces;
    int codec, chroma;
    unsigned long flags, bits_beyond_8, intra_only, max_width, max_height, reserved;
    short shown[4];
    int format, deinterlacing;
    unsigned long target_width, target_height;
};
struct Coded {
    int macroblocks[2], index, fields[3];
    unsigned size;
    const unsigned char *data;
};

struct Decoder {
    unsigned long width, height, sample_bytes;
    std::map<int, int> pictures;  // which is on each surface
};

std::map<std::string, int> calls;

int called(const char *name)
{
    const int number = ++calls[name];
    const char *fail = std::getenv("NVDEC_FAIL");
    char call[16];
    int from;
    return fail && std::sscanf(fail, "%15[^:]:%d", call, &from) == 2 && std::strcmp(call, name) == 0 && number >= from;
}

const std::map<uint64_t, int> &order()
{
    static std::map<uint64_t, int> known;
    if (known.empty()) {
        std::ifstream file(std::getenv("NVDEC_ORDER"));
        uint64_t hash;
        int picture;
        while (file >> hash >> picture)
            known[hash] = picture;
    }
    return known;
}

uint64_t hash_of(const unsigned char *data, unsigned size)  // FNV-1a
{
    uint64_t hash = 0xcbf29ce484222325;
    for (unsigned i = 0; i < size; ++i)
        hash = (hash ^ data[i]) * 0x100000001b3;
    return hash;
}

}  // namespace

#define CUVID(name, ...) extern "C" int name(__VA_ARGS__)
#define UNUSED(name) extern "C" int name() { return NOT_SUPPORTED; }

CUVID(cuvidGetDecoderCaps, Capabilities *asked)
{
    const unsigned most = asked->codec == HEVC ? 2 : 0;
    asked->is_supported = std::getenv("NVDEC_FRAMES") && (asked->codec == H264 || asked->codec == HEVC) && asked->chroma == 1 && asked->bits_beyond_8 <= most;
    asked->decoders = 1, asked->formats = 3;
    asked->max_width = asked->max_height = 8192, asked->max_macroblocks = 1 << 20;
    asked->min_width = asked->min_height = 16;
    return SUCCESS;
}

CUVID(cuvidCreateDecoder, Decoder **decoder, const Creation *asked)
{
    *decoder = new Decoder{asked->target_width, asked->target_height, asked->bits_beyond_8 ? 2ul : 1ul, {}};
    return called("create") ? INVALID_VALUE : SUCCESS;
}

CUVID(cuvidDestroyDecoder, Decoder *decoder)
{
    delete decoder;
    return SUCCESS;
}

CUVID(cuvidDecodePicture, Decoder *decoder, const Coded *coded)
{
    const auto found = order().find(hash_of(coded->data, coded->size));
    if (called("decode") || found == order().end())
        return INVALID_VALUE;
    decoder->pictures[coded->index] = found->second;
    return SUCCESS;
}

CUVID(cuvidMapVideoFrame64, const Decoder *decoder, int index, unsigned long long *address, unsigned *pitch, const void *)
{
    const long width = std::atol(std::getenv("NVDEC_WIDTH")), height = std::atol(std::getenv("NVDEC_HEIGHT"));
    const long row_bytes = width * decoder->sample_bytes, rows = height + (height + 1) / 2;
    uintptr_t surface;
    *pitch = (decoder->width * decoder->sample_bytes + 511) / 512 * 512;
    if (called("map") || cuMemAlloc_v2(&surface, *pitch * decoder->height * 3 / 2) != SUCCESS)
        return INVALID_VALUE;
    std::ifstream file(std::getenv("NVDEC_FRAMES"), std::ios::binary);
    file.seekg(decoder->pictures.at(index) * row_bytes * rows);
    for (long row = 0; row < rows; ++row) {
        const long at = row < height ? row : decoder->height + row - height;
        file.read(reinterpret_cast<char *>(surface) + at * *pitch, row_bytes);
    }
    *address = surface;
    return file ? SUCCESS : INVALID_VALUE;
}

CUVID(cuvidUnmapVideoFrame64, const Decoder *, unsigned long long address) { return cuMemFree_v2(address); }

// FFmpeg looks for these, and calls none of them.
UNUSED(cuvidGetDecodeStatus)
UNUSED(cuvidReconfigureDecoder)
UNUSED(cuvidCtxLockCreate)
UNUSED(cuvidCtxLockDestroy)
UNUSED(cuvidCtxLock)
UNUSED(cuvidCtxUnlock)
UNUSED(cuvidCreateVideoSource)
UNUSED(cuvidCreateVideoSourceW)
UNUSED(cuvidDestroyVideoSource)
UNUSED(cuvidSetVideoSourceState)
UNUSED(cuvidGetVideoSourceState)
UNUSED(cuvidGetSourceVideoFormat)
UNUSED(cuvidGetSourceAudioFormat)
UNUSED(cuvidCreateVideoParser)
UNUSED(cuvidParseVideoData)
UNUSED(cuvidDestroyVideoParser)
