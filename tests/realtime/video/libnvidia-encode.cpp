// As much of NVIDIA's encoder library as FFmpeg's h264_nvenc takes, without a GPU: each picture is coded as it is, in
// H.264's macroblocks of plain samples, so that any decoder gives it back.
//
// NVENC_FAIL=NUMBER lets it fail at its so-manieth picture. Memory of the device is memory of the host.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace {

enum Status { SUCCESS = 0, NO_DEVICE = 1, INVALID_PARAMETER = 8, GENERIC = 20, UNIMPLEMENTED = 21 };
enum Format : uint32_t { NV12 = 0x1, YV12 = 0x10 };
enum Flags : uint32_t { END_OF_STREAM = 8 };

struct Guid {
    uint32_t first;
    uint16_t second, third;
    uint8_t rest[8];
};
const Guid H264 = {0x6bc82762, 0x4e63, 0x4ca4, {0xaa, 0x85, 0x1e, 0x50, 0xf3, 0x21, 0xf6, 0xbf}};

// Samples to be encoded, of the application or of this library.
struct Input {
    const uint8_t *data;
    uint32_t pitch, height;
    Format format;
    std::vector<uint8_t> own;

    uint8_t luma(int x, int y) const { return data[size_t(y) * pitch + x]; }

    uint8_t chroma(int of, int x, int y) const
    {
        const uint8_t *planes = data + size_t(pitch) * height;
        if (format == NV12)
            return planes[size_t(y) * pitch + 2 * x + of];
        const size_t plane = size_t(pitch / 2) * (height / 2);  // V comes before U
        return planes[(of == 0 ? plane : 0) + size_t(y) * (pitch / 2) + x];
    }
};

// Bits of a unit of the stream.
struct Bits {
    std::vector<uint8_t> bytes;
    int free = 0;

    void put(uint32_t value, int count)
    {
        for (int bit = count - 1; bit >= 0; --bit) {
            if (free == 0)
                bytes.push_back(0), free = 8;
            bytes.back() |= (value >> bit & 1) << --free;
        }
    }
    void exp_golomb(uint32_t value)
    {
        int length = 0;
        while ((value + 1) >> (length + 1))
            ++length;
        put(0, length);
        put(value + 1, length + 1);
    }
    void align() { free = 0; }
    void end() { put(1, 1), align(); }
};

void append_unit(std::vector<uint8_t> &stream, uint8_t header, const Bits &bits)
{
    stream.insert(stream.end(), {0, 0, 0, 1, header});
    int zeros = 0;
    for (const uint8_t byte : bits.bytes) {
        if (zeros == 2 && byte <= 3)
            stream.push_back(3), zeros = 0;
        stream.push_back(byte);
        zeros = byte == 0 ? zeros + 1 : 0;
    }
}

struct Output {
    std::vector<uint8_t> stream;
    uint64_t time = 0, duration = 0;
};

struct Encoder {
    int width = 0, height = 0;
    uint32_t pictures = 0;

    int across() const { return (width + 15) / 16; }
    int down() const { return (height + 15) / 16; }

    std::vector<uint8_t> parameter_sets() const
    {
        std::vector<uint8_t> stream;
        Bits sequence, picture;
        sequence.put(66, 8), sequence.put(0, 8), sequence.put(51, 8);  // profile, constraints, level
        sequence.exp_golomb(0), sequence.exp_golomb(0);                // its number, 4 bits of frame number
        sequence.exp_golomb(2), sequence.exp_golomb(0), sequence.put(0, 1);  // shown as coded, no references, no gaps
        sequence.exp_golomb(across() - 1), sequence.exp_golomb(down() - 1);
        sequence.put(1, 1), sequence.put(1, 1);  // frames, not fields
        sequence.put(1, 1);                      // cropped
        sequence.exp_golomb(0), sequence.exp_golomb((16 * across() - width) / 2);
        sequence.exp_golomb(0), sequence.exp_golomb((16 * down() - height) / 2);
        sequence.put(0, 1), sequence.end();
        picture.exp_golomb(0), picture.exp_golomb(0);
        picture.put(0, 1), picture.put(0, 1);  // CAVLC
        picture.exp_golomb(0), picture.exp_golomb(0), picture.exp_golomb(0);
        picture.put(0, 1), picture.put(0, 2);                                 // not weighted
        picture.exp_golomb(0), picture.exp_golomb(0), picture.exp_golomb(0);  // quantisers
        picture.put(1, 1), picture.put(0, 1), picture.put(0, 1), picture.end();  // deblocking is told of in slices
        append_unit(stream, 0x67, sequence);
        append_unit(stream, 0x68, picture);
        return stream;
    }

    std::vector<uint8_t> coded(const Input &input)
    {
        std::vector<uint8_t> stream = parameter_sets();
        Bits slice;
        slice.exp_golomb(0), slice.exp_golomb(7), slice.exp_golomb(0);  // from the first macroblock on, intra alone
        slice.put(0, 4), slice.exp_golomb(pictures++ & 1);              // numbers of frame and of a complete refresh
        slice.put(0, 2), slice.exp_golomb(0), slice.exp_golomb(1);      // no references kept, quantiser, no deblocking
        for (int row = 0; row < down(); ++row)
            for (int column = 0; column < across(); ++column) {
                slice.exp_golomb(25);  // plain samples
                slice.align();
                for (int y = 0; y < 16; ++y)
                    for (int x = 0; x < 16; ++x)
                        slice.put(input.luma(within(16 * column + x, width), within(16 * row + y, height)), 8);
                for (int of = 0; of < 2; ++of)
                    for (int y = 0; y < 8; ++y)
                        for (int x = 0; x < 8; ++x)
                            slice.put(input.chroma(of, within(8 * column + x, width / 2), within(8 * row + y, height / 2)), 8);
            }
        slice.end();
        append_unit(stream, 0x65, slice);
        return stream;
    }

    static int within(int place, int size) { return place < size ? place : size - 1; }
};

// The first fields of NVIDIA's structures, as far as they are read or written here.
struct Session {
    uint32_t version, kind;
    void *device;
};
struct Initialization {
    uint32_t version;
    Guid codec, preset;
    uint32_t width, height;
};
struct Capability {
    uint32_t version, asked;
};
struct NewInput {
    uint32_t version, width, height, heap;
    Format format;
    uint32_t reserved;
    Input *input;
};
struct LockedInput {
    uint32_t version, flags;
    Input *input;
    void *data;
    uint32_t pitch;
};
struct NewOutput {
    uint32_t version, size, heap, reserved;
    Output *output;
};
struct Registration {
    uint32_t version, kind, width, height, pitch, part;
    const uint8_t *data;
    Input *input;
    Format format;
};
struct Mapping {
    uint32_t version, part;
    void *unused;
    Input *registered, *mapped;
    Format format;
};
struct Picture {
    uint32_t version, width, height, pitch, flags, index;
    uint64_t time, duration;
    const Input *input;
    Output *output;
};
struct LockedOutput {
    uint32_t version, flags;
    Output *output;
    uint32_t *slices;
    uint32_t index, status, slice_count, size;
    uint64_t time, duration;
    const uint8_t *data;
    uint32_t kind, structure;
};
struct ParameterSets {
    uint32_t version, room, sequence, picture;
    void *data;
    uint32_t *size;
};

int open_session(const Session *asked, void **encoder)
{
    *encoder = new Encoder;
    return asked->device != nullptr ? SUCCESS : NO_DEVICE;
}
int codec_count(void *, uint32_t *count) { return *count = 1, SUCCESS; }
int codecs(void *, Guid *guids, uint32_t, uint32_t *count) { return *guids = H264, *count = 1, SUCCESS; }
int capability(void *, Guid, const Capability *, int *value) { return *value = 4096, SUCCESS; }
int preset(void *, Guid, Guid, uint32_t, void *) { return SUCCESS; }
int initialize(Encoder *encoder, const Initialization *asked)
{
    if (std::memcmp(&asked->codec, &H264, sizeof(Guid)) != 0)
        return INVALID_PARAMETER;
    encoder->width = asked->width, encoder->height = asked->height;
    return SUCCESS;
}
int parameter_sets(const Encoder *encoder, ParameterSets *asked)
{
    const auto stream = encoder->parameter_sets();
    *asked->size = stream.size();
    if (stream.size() > asked->room)
        return INVALID_PARAMETER;
    std::memcpy(asked->data, stream.data(), stream.size());
    return SUCCESS;
}
int create_input(void *, NewInput *asked)
{
    const uint32_t pitch = (asked->width + 63) / 64 * 64;
    asked->input = new Input{nullptr, pitch, asked->height, asked->format, std::vector<uint8_t>(size_t(pitch) * asked->height * 3 / 2)};
    asked->input->data = asked->input->own.data();
    return SUCCESS;
}
int lock_input(void *, LockedInput *asked)
{
    asked->data = asked->input->own.data(), asked->pitch = asked->input->pitch;
    return SUCCESS;
}
int unlock_input(void *, Input *) { return SUCCESS; }
int destroy_input(void *, Input *input) { return delete input, SUCCESS; }
int create_output(void *, NewOutput *asked) { return asked->output = new Output, SUCCESS; }
int destroy_output(void *, Output *output) { return delete output, SUCCESS; }
int register_resource(void *, Registration *asked)
{
    asked->input = new Input{asked->data, asked->pitch, asked->height, asked->format, {}};
    return asked->format == NV12 ? SUCCESS : INVALID_PARAMETER;
}
int unregister_resource(void *, Input *input) { return delete input, SUCCESS; }
int map_resource(void *, Mapping *asked)
{
    asked->mapped = asked->registered, asked->format = asked->registered->format;
    return SUCCESS;
}
int unmap_resource(void *, Input *) { return SUCCESS; }
int encode(Encoder *encoder, const Picture *picture)
{
    if (picture->flags & END_OF_STREAM)
        return SUCCESS;
    const char *fail = std::getenv("NVENC_FAIL");
    if (fail != nullptr && *fail != '\0' && int(encoder->pictures) + 1 >= std::atoi(fail))
        return GENERIC;
    *picture->output = {encoder->coded(*picture->input), picture->time, picture->duration};
    return SUCCESS;
}
int lock_output(void *, LockedOutput *asked)
{
    const Output &output = *asked->output;
    asked->data = output.stream.data(), asked->size = output.stream.size();
    asked->time = output.time, asked->duration = output.duration;
    asked->kind = 3, asked->structure = 1, asked->slice_count = 1;  // a complete refresh, a frame
    return SUCCESS;
}
int unlock_output(void *, Output *) { return SUCCESS; }
int set_streams(void *, void *, void *) { return SUCCESS; }
int destroy_encoder(Encoder *encoder) { return delete encoder, SUCCESS; }
const char *last_error(void *) { return "the stub says no"; }
int unused() { return UNIMPLEMENTED; }

struct Functions {
    uint32_t version, reserved;
    void *of[42];
};

}  // namespace

extern "C" int NvEncodeAPIGetMaxSupportedVersion(uint32_t *version) { return *version = 99 << 4, SUCCESS; }

extern "C" int NvEncodeAPICreateInstance(Functions *list)
{
    const auto at = [list](int place) -> void *& { return list->of[place]; };
    for (void *&function : list->of)
        function = reinterpret_cast<void *>(unused);
    // Places in NV_ENCODE_API_FUNCTION_LIST.
    at(1) = reinterpret_cast<void *>(codec_count), at(4) = reinterpret_cast<void *>(codecs);
    at(7) = reinterpret_cast<void *>(capability), at(11) = reinterpret_cast<void *>(initialize);
    at(12) = reinterpret_cast<void *>(create_input), at(13) = reinterpret_cast<void *>(destroy_input);
    at(14) = reinterpret_cast<void *>(create_output), at(15) = reinterpret_cast<void *>(destroy_output);
    at(16) = reinterpret_cast<void *>(encode), at(17) = reinterpret_cast<void *>(lock_output);
    at(18) = reinterpret_cast<void *>(unlock_output), at(19) = reinterpret_cast<void *>(lock_input);
    at(20) = reinterpret_cast<void *>(unlock_input), at(22) = reinterpret_cast<void *>(parameter_sets);
    at(25) = reinterpret_cast<void *>(map_resource), at(26) = reinterpret_cast<void *>(unmap_resource);
    at(27) = reinterpret_cast<void *>(destroy_encoder), at(29) = reinterpret_cast<void *>(open_session);
    at(30) = reinterpret_cast<void *>(register_resource), at(31) = reinterpret_cast<void *>(unregister_resource);
    at(37) = reinterpret_cast<void *>(last_error), at(38) = reinterpret_cast<void *>(set_streams);
    at(39) = reinterpret_cast<void *>(preset);
    return SUCCESS;
}
