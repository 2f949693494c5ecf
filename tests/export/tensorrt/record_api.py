"""Record the names of TensorRT's Python API, from the wheels of its bindings alone.

The bindings are linked against libraries of gigabytes, which are not needed to see what the API is called:
empty ones are compiled in their place. Run by hand, when a new version is to be supported:

    pip download --no-deps tensorrt_cu13_bindings==11.4.0.106
    python record_api.py tensorrt_cu13_bindings-*.whl >> api.jsonl
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

CLASSES = (
    "Builder",
    "BuilderFlag",
    "EngineInspector",
    "IBuilderConfig",
    "ICudaEngine",
    "IExecutionContext",
    "IHostMemory",
    "ILogger",
    "INetworkDefinition",
    "IOptimizationProfile",
    "IProgressMonitor",
    "ITimingCache",
    "LayerInformationFormat",
    "MemoryPoolType",
    "NetworkDefinitionCreationFlag",
    "OnnxParser",
    "ProfilingVerbosity",
    "Runtime",
    "TensorIOMode",
)
FUNCTIONS = (
    "createInferBuilder_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createInferRuntime_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "getBuilderPluginRegistry",
    "getNvOnnxParserVersion",
    "getPluginRegistry",
    "initLibNvInferPlugins",
    # TensorRT 8's parsers of other formats.
    "_ZN11nvuffparser15createUffParserEv",
    "_ZN11nvuffparser8FieldMapC1EPKcPKvNS_9FieldTypeEi",
    "_ZN14nvcaffeparser117createCaffeParserEv",
    "_ZN14nvcaffeparser123shutdownProtobufLibraryEv",
)
SHOW = f"""
import json, tensorrt_bindings as api
classes = {{name: getattr(api, name) for name in {CLASSES} if hasattr(api, name)}}
names = {{name: sorted(n for n in dir(kind) if not n.startswith("_")) for name, kind in classes.items()}}
print(json.dumps({{"version": api.__version__, "names": names}}))
"""


def record(wheel: Path) -> str:
    """Return the version and the names of the classes that are used, as a line of JSON."""
    with TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        major = wheel.name.split("-")[1].split(".")[0]
        source = "".join(f"void *{name}(void) {{ return 0; }}\n" for name in FUNCTIONS)
        for library in ("nvinfer", "nvinfer_plugin", "nvonnxparser", "nvparsers"):
            target = f"{folder}/lib{library}.so.{major}"
            subprocess.run(
                ["gcc", "-shared", "-fPIC", "-xc", "-", "-o", target, f"-Wl,-soname,lib{library}.so.{major}"],
                input=source, text=True, check=True,
            )  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            env=os.environ | {"LD_LIBRARY_PATH": folder, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    return json.dumps(json.loads(done.stdout))


if __name__ == "__main__":
    sys.stdout.write("".join(record(Path(wheel)) + "\n" for wheel in sys.argv[1:]))
