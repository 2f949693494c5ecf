import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("zerodce", "export", "realtime", "benchmarks")

# Data flows one way, through files; these are all the imports between the packages.
ALLOWED = {
    "zerodce": set(),
    "export": {"zerodce.command_line"},
    "realtime": {
        "zerodce.command_line",
        "zerodce.container",
        "zerodce.quiet_pillow",
        "export.manifest",
        "export.errors",
        "export.gpu",
        "export.onnx_runtime",
        # Engines are built where they run.
        "export.build_progress",
        "export.cache",
        "export.engine_callbacks",
        "export.engine_files",
        "export.engine_manifest",
        "export.tensorrt_api",
    },
    "benchmarks": {"zerodce", "export", "realtime"},
}

# The rooms of `realtime`, and those that each reads; what lies outside of them is for all.
ROOMS = {
    "frames": set(),
    "curves": {"frames"},
    "denoising": {"frames"},
    "batch": set(),
    "video": {"frames", "batch"},
    "images": {"frames", "video"},
    "live": {"frames", "video"},
    "cuda": {"frames", "curves"},
    "tensorrt": {"frames", "curves", "cuda"},
}


def imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(node.module or "")
    return {module for module in modules if module.partition(".")[0] in PACKAGES}


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_the_design_allows(package):
    found = set().union(*(imported_modules(path) for path in (ROOT / package).rglob("*.py")))
    assert {module for module in found if module.partition(".")[0] == package} == set(), "imports of its own"
    allowed = ALLOWED[package]
    assert {module for module in found if not {module, module.partition(".")[0]} & allowed} == set()


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_read_only_those_that_they_rest_on(room):
    found = set()
    for path in (ROOT / "realtime" / room).rglob("*.py"):
        package = path.parent.relative_to(ROOT).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package[: len(package) - node.level + 1]
                names = [node.module] if node.module else [alias.name for alias in node.names]
                found |= {".".join((*base, name)).split(".")[1] for name in names}
    assert found & set(ROOMS) - {room} <= ROOMS[room]


def test_every_room_has_its_rule():
    packages = {path.parent.name for path in (ROOT / "realtime").glob("*/__init__.py")}
    assert packages == set(ROOMS)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_imported_are_ours(package):
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).parent == ROOT / package


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_requirements_are_pinned_by_hash_and_name_no_host(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert requirements
    assert all("==" in line for line in requirements)
    assert text.count("--hash=sha256:") >= len(requirements)
    assert "://" not in text
    assert "index-url" not in text
