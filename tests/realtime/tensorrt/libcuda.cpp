// As much of NVIDIA's driver library as PyCUDA, CUDA graphs and FFmpeg's decoders take here, without a GPU, and strict
// about what it is called with: memory that was not allocated, handles that are none and calls without a context are
// errors.
//
// Memory of the device is memory of the host. A module is the path of a library of kernels compiled as C++ (host.cpp),
// and everything is done at once. FAIL_CALL=NAME:NUMBER:STATUS lets a function fail from its so-manieth call on; `any`
// lets all of them fail from then on that need a context.
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

enum Status { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500 };

struct Context {};
struct Stream {
    bool capturing = false;
    std::vector<std::function<void()>> captured;
};
struct Event {
    bool recorded = false;
};
struct Module {
    void *library;
};
struct Function {
    void (*launch)(const void *, const unsigned *, const unsigned *);
    size_t size;
};
struct Graph {
    std::vector<std::function<void()>> work;
};

Context primary;
int retained = 0;
std::set<void *> contexts;  // beside the primary one
thread_local std::vector<Context *> stack;
std::recursive_mutex mutex;
std::map<uintptr_t, size_t> device_memory, host_memory;
std::set<void *> streams, events, modules, graphs;

bool is_alive(Context *context) { return context == &primary ? retained > 0 : contexts.count(context) > 0; }
std::map<std::string, int> calls;

// Note a call; tell what it is to return.
int called(const char *name, bool within_context)
{
    const int number = ++calls[name], of_any = within_context ? ++calls["any"] : 0;
    if (const char *fail = std::getenv("FAIL_CALL")) {
        char function[64];
        int from, status;
        if (std::sscanf(fail, "%63[^:]:%d:%d", function, &from, &status) == 3 &&
            (std::strcmp(function, name) == 0 ? number : std::strcmp(function, "any") == 0 ? of_any : 0) >= from)
            return status;
    }
    return within_context && (stack.empty() || !is_alive(stack.back())) ? INVALID_CONTEXT : SUCCESS;
}

bool holds(const std::map<uintptr_t, size_t> &memory, uintptr_t address, size_t size)
{
    auto after = memory.upper_bound(address);
    if (after == memory.begin())
        return false;
    --after;
    return address + size <= after->first + after->second;
}

int put(void *stream, std::function<void()> work)
{
    if (stream == nullptr) {  // the default stream
        work();
        return SUCCESS;
    }
    if (!streams.count(stream))
        return INVALID_HANDLE;
    auto &known = *static_cast<Stream *>(stream);
    if (known.capturing)
        known.captured.push_back(std::move(work));
    else
        work();
    return SUCCESS;
}

int allocate(std::map<uintptr_t, size_t> &memory, uintptr_t *address, size_t size)
{
    void *data = size > size_t(1) << 31 ? nullptr : std::aligned_alloc(256, (size + 255) / 256 * 256);
    if (data == nullptr)
        return OUT_OF_MEMORY;
    std::memset(data, 0xa5, size);
    *address = reinterpret_cast<uintptr_t>(data);
    memory[*address] = size;
    return SUCCESS;
}

int release(std::map<uintptr_t, size_t> &memory, uintptr_t address)
{
    if (!memory.erase(address))
        return INVALID_VALUE;
    std::free(reinterpret_cast<void *>(address));
    return SUCCESS;
}

template <typename Resource>
int destroy(std::set<void *> &known, void *handle)
{
    if (!known.erase(handle))
        return INVALID_HANDLE;
    delete static_cast<Resource *>(handle);
    return SUCCESS;
}

}  // namespace

#define DRIVER(name, ...) extern "C" int name(__VA_ARGS__)
#define ENTER(name, within_context)                                   \
    const std::lock_guard<std::recursive_mutex> guard(mutex);         \
    if (const int status = called(name, within_context); status != 0) \
        return status;

DRIVER(cuInit, unsigned) { ENTER("cuInit", false) return SUCCESS; }
DRIVER(cuDriverGetVersion, int *version) { *version = 13000; return SUCCESS; }
DRIVER(cuGetErrorString, int status, const char **text) { *text = status == OUT_OF_MEMORY ? "out of memory" : "something else"; return SUCCESS; }
DRIVER(cuGetErrorName, int, const char **text) { *text = "CUDA_ERROR"; return SUCCESS; }
DRIVER(cuDeviceGetCount, int *count) { *count = 1; return SUCCESS; }
DRIVER(cuDeviceGet, int *device, int ordinal) { *device = 7; return ordinal == 0 ? SUCCESS : INVALID_VALUE; }
DRIVER(cuDeviceGetName, char *name, int size, int device) { std::snprintf(name, size, "Stub"); return device == 7 ? SUCCESS : INVALID_VALUE; }
DRIVER(cuDeviceGetAttribute, int *value, int attribute, int) { *value = attribute == 75 ? 8 : attribute == 76 ? 7 : attribute == 14 ? 512 : 0; return SUCCESS; }  // 14: alignment of textures
DRIVER(cuDeviceComputeCapability, int *major, int *minor, int) { *major = 8, *minor = 7; return SUCCESS; }

DRIVER(cuDevicePrimaryCtxRetain, Context **context, int device)
{
    ENTER("cuDevicePrimaryCtxRetain", false)
    ++retained;
    *context = &primary;
    return device == 7 ? SUCCESS : INVALID_VALUE;
}
DRIVER(cuDevicePrimaryCtxRelease_v2, int) { --retained; return SUCCESS; }
DRIVER(cuCtxCreate_v2, Context **context, unsigned, int device)
{
    ENTER("cuCtxCreate", false)
    contexts.insert(*context = new Context);
    stack.push_back(*context);
    return device == 7 ? SUCCESS : INVALID_VALUE;
}
DRIVER(cuCtxDestroy_v2, Context *context) { ENTER("cuCtxDestroy", false) return destroy<Context>(contexts, context); }
DRIVER(cuCtxPushCurrent_v2, Context *context)
{
    ENTER("cuCtxPushCurrent", false)
    if (!is_alive(context))
        return INVALID_CONTEXT;
    stack.push_back(context);
    return SUCCESS;
}
DRIVER(cuCtxPopCurrent_v2, Context **context)
{
    ENTER("cuCtxPopCurrent", true)
    *context = stack.back();
    stack.pop_back();
    return SUCCESS;
}
DRIVER(cuCtxGetCurrent, Context **context)
{
    ENTER("cuCtxGetCurrent", false)
    *context = stack.empty() ? nullptr : stack.back();
    return SUCCESS;
}
DRIVER(cuCtxGetDevice, int *device) { *device = 7; return stack.empty() ? INVALID_CONTEXT : SUCCESS; }

DRIVER(cuStreamCreate, void **stream, unsigned flags)
{
    ENTER("cuStreamCreate", true)
    streams.insert(*stream = new Stream);
    return flags == 1 ? SUCCESS : INVALID_VALUE;
}
DRIVER(cuStreamDestroy_v2, void *stream) { ENTER("cuStreamDestroy", true) return destroy<Stream>(streams, stream); }
DRIVER(cuStreamSynchronize, void *stream)
{
    ENTER("cuStreamSynchronize", true)
    const bool is_known = stream == nullptr || (streams.count(stream) && !static_cast<Stream *>(stream)->capturing);
    return is_known ? SUCCESS : INVALID_HANDLE;
}
DRIVER(cuStreamWaitEvent, void *stream, void *event, unsigned flags)
{
    ENTER("cuStreamWaitEvent", true)
    return streams.count(stream) && events.count(event) && flags == 0 ? SUCCESS : INVALID_HANDLE;
}

DRIVER(cuEventCreate, void **event, unsigned flags)
{
    ENTER("cuEventCreate", true)
    events.insert(*event = new Event);
    return flags == 1 || flags == 3 ? SUCCESS : INVALID_VALUE;
}
DRIVER(cuEventDestroy_v2, void *event) { ENTER("cuEventDestroy", true) return destroy<Event>(events, event); }
DRIVER(cuEventRecord, void *event, void *stream)
{
    ENTER("cuEventRecord", true)
    if (!events.count(event) || (stream != nullptr && !streams.count(stream)))
        return INVALID_HANDLE;
    static_cast<Event *>(event)->recorded = true;
    return SUCCESS;
}
DRIVER(cuEventSynchronize, void *event) { ENTER("cuEventSynchronize", true) return events.count(event) ? SUCCESS : INVALID_HANDLE; }
static int elapsed(float *milliseconds, void *start, void *end)
{
    *milliseconds = 1.0f;
    return static_cast<Event *>(start)->recorded && static_cast<Event *>(end)->recorded ? SUCCESS : INVALID_HANDLE;
}
DRIVER(cuEventElapsedTime, float *milliseconds, void *start, void *end) { return elapsed(milliseconds, start, end); }
DRIVER(cuEventElapsedTime_v2, float *milliseconds, void *start, void *end) { return elapsed(milliseconds, start, end); }

DRIVER(cuMemAlloc_v2, uintptr_t *address, size_t size) { ENTER("cuMemAlloc", true) return allocate(device_memory, address, size); }
DRIVER(cuMemFree_v2, uintptr_t address) { ENTER("cuMemFree", true) return release(device_memory, address); }
DRIVER(cuMemHostAlloc, uintptr_t *address, size_t size, unsigned) { ENTER("cuMemHostAlloc", true) return allocate(host_memory, address, size); }
DRIVER(cuMemFreeHost, uintptr_t address) { ENTER("cuMemFreeHost", true) return release(host_memory, address); }

static int copy(void *stream, uintptr_t target, uintptr_t source, size_t size)
{
    return put(stream, [=] { std::memmove(reinterpret_cast<void *>(target), reinterpret_cast<void *>(source), size); });
}
DRIVER(cuMemcpyHtoDAsync_v2, uintptr_t target, uintptr_t source, size_t size, void *stream)
{
    ENTER("cuMemcpyHtoDAsync", true)
    return holds(device_memory, target, size) ? copy(stream, target, source, size) : INVALID_VALUE;
}
DRIVER(cuMemcpyDtoHAsync_v2, uintptr_t target, uintptr_t source, size_t size, void *stream)
{
    ENTER("cuMemcpyDtoHAsync", true)
    return holds(device_memory, source, size) ? copy(stream, target, source, size) : INVALID_VALUE;
}
DRIVER(cuMemcpyDtoDAsync_v2, uintptr_t target, uintptr_t source, size_t size, void *stream)
{
    ENTER("cuMemcpyDtoDAsync", true)
    const bool known = holds(device_memory, target, size) && holds(device_memory, source, size);
    return known ? copy(stream, target, source, size) : INVALID_VALUE;
}
DRIVER(cuMemcpyDtoH_v2, uintptr_t target, uintptr_t source, size_t size)
{
    ENTER("cuMemcpyDtoH", true)
    if (!holds(device_memory, source, size))
        return INVALID_VALUE;
    std::memmove(reinterpret_cast<void *>(target), reinterpret_cast<void *>(source), size);
    return SUCCESS;
}

// CUDA_MEMCPY2D, in which a place on the host has type 1, and one on the device type 2.
struct Place {
    size_t x, y;
    unsigned type;
    uintptr_t host, device;
    void *array;
    size_t pitch;
};
struct Copy2d {
    Place source, target;
    size_t width, height;
};
static uintptr_t found(const Place &place, const Copy2d &copy)
{
    const uintptr_t begin = (place.type == 1 ? place.host : place.device) + place.y * place.pitch + place.x;
    const bool known = place.type == 1 || (place.type == 2 && holds(device_memory, begin, (copy.height - 1) * place.pitch + copy.width));
    return known && copy.width <= place.pitch ? begin : 0;
}
DRIVER(cuMemcpy2DAsync_v2, const Copy2d *asked, void *stream)
{
    ENTER("cuMemcpy2DAsync", true)
    const uintptr_t source = found(asked->source, *asked), target = found(asked->target, *asked);
    if (source == 0 || target == 0)
        return INVALID_VALUE;
    return put(stream, [=, copy = *asked] {
        for (size_t row = 0; row < copy.height; ++row)
            std::memmove(reinterpret_cast<void *>(target + row * copy.target.pitch),
                         reinterpret_cast<void *>(source + row * copy.source.pitch), copy.width);
    });
}
DRIVER(cuMemsetD8Async, uintptr_t target, unsigned char value, size_t size, void *stream)
{
    ENTER("cuMemsetD8Async", true)
    if (!holds(device_memory, target, size))
        return INVALID_VALUE;
    return put(stream, [=] { std::memset(reinterpret_cast<void *>(target), value, size); });
}

DRIVER(cuModuleLoadDataEx, void **module, const void *image, unsigned, void *, void **)
{
    ENTER("cuModuleLoadDataEx", true)
    void *library = dlopen(static_cast<const char *>(image), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return INVALID_VALUE;
    modules.insert(*module = new Module{library});
    return SUCCESS;
}
DRIVER(cuModuleUnload, void *module) { ENTER("cuModuleUnload", true) return destroy<Module>(modules, module); }
DRIVER(cuModuleGetFunction, void **function, void *module, const char *name)
{
    ENTER("cuModuleGetFunction", true)
    if (!modules.count(module))
        return INVALID_HANDLE;
    void *library = static_cast<Module *>(module)->library;
    void *launch = dlsym(library, (std::string("launch_") + name).c_str());
    void *size = dlsym(library, (std::string("size_for_") + name).c_str());
    if (launch == nullptr || size == nullptr)
        return NOT_FOUND;
    // As in the driver, functions live as long as their module; what the test leaves is given back at its end.
    *function = new Function{reinterpret_cast<decltype(Function::launch)>(launch), reinterpret_cast<size_t (*)()>(size)()};
    return SUCCESS;
}
DRIVER(cuFuncSetBlockShape, void *, int, int, int) { ENTER("cuFuncSetBlockShape", true) return SUCCESS; }
DRIVER(cuLaunchKernel, void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
       unsigned block_z, unsigned shared_bytes, void *stream, void **parameters, void **extra)
{
    ENTER("cuLaunchKernel", true)
    // CU_LAUNCH_PARAM_BUFFER_POINTER, its value, CU_LAUNCH_PARAM_BUFFER_SIZE, its value, CU_LAUNCH_PARAM_END
    const auto tag = [extra](int index) { return reinterpret_cast<uintptr_t>(extra[index]); };
    if (parameters != nullptr || extra == nullptr || tag(0) != 1 || tag(2) != 2 || tag(4) != 0 || shared_bytes != 0)
        return INVALID_VALUE;
    const auto &kernel = *static_cast<Function *>(function);
    const char *bytes = static_cast<const char *>(extra[1]);
    const size_t size = *static_cast<size_t *>(extra[3]);
    if (size != kernel.size || block_x * block_y * block_z > 1024 || grid_y > 65535 || grid_z > 65535)
        return INVALID_VALUE;
    return put(stream, [=, arguments = std::vector<char>(bytes, bytes + size), launch = kernel.launch] {
        const unsigned grid[3] = {grid_x, grid_y, grid_z}, block[3] = {block_x, block_y, block_z};
        launch(arguments.data(), grid, block);
    });
}

DRIVER(cuStreamBeginCapture_v2, void *stream, int mode)
{
    ENTER("cuStreamBeginCapture", true)
    if (!streams.count(stream) || mode != 1)
        return INVALID_VALUE;
    static_cast<Stream *>(stream)->capturing = true;
    return SUCCESS;
}
DRIVER(cuStreamEndCapture, void *stream, void **graph)
{
    ENTER("cuStreamEndCapture", true)
    if (!streams.count(stream) || !static_cast<Stream *>(stream)->capturing)
        return INVALID_VALUE;
    auto &ended = *static_cast<Stream *>(stream);
    graphs.insert(*graph = new Graph{std::move(ended.captured)});
    ended = {};
    return SUCCESS;
}
DRIVER(cuGraphInstantiateWithFlags, void **executable, void *graph, unsigned long long flags)
{
    ENTER("cuGraphInstantiate", true)
    if (!graphs.count(graph) || flags != 0)
        return INVALID_VALUE;
    graphs.insert(*executable = new Graph(*static_cast<Graph *>(graph)));
    return SUCCESS;
}
DRIVER(cuGraphLaunch, void *executable, void *stream)
{
    ENTER("cuGraphLaunch", true)
    if (!graphs.count(executable) || !streams.count(stream))
        return INVALID_HANDLE;
    for (const auto &work : static_cast<Graph *>(executable)->work)
        work();
    return SUCCESS;
}
DRIVER(cuGraphDestroy, void *graph) { ENTER("cuGraphDestroy", true) return destroy<Graph>(graphs, graph); }
DRIVER(cuGraphExecDestroy, void *graph) { ENTER("cuGraphExecDestroy", true) return destroy<Graph>(graphs, graph); }

// What the test asks for.
DRIVER(stub_live) { return static_cast<int>(device_memory.size() + host_memory.size() + streams.size() + events.size() + modules.size() + graphs.size() + contexts.size()); }
DRIVER(stub_depth) { return static_cast<int>(stack.size()); }
DRIVER(stub_calls, const char *name) { return calls[name]; }
