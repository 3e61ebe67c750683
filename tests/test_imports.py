"""Import rules between folders, checked with `ast`; and what `import boomerang` loads."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
FORBIDDEN_NAMES = {"manager", "helper", "helpers", "util", "utils", "base", "common", "misc"}
MOST_MODULES = 15
"""Most modules in a folder, its `__init__` not counted."""

TIERS: Mapping[str, Sequence[str]] = {
    "invoker": (
        "messages.areas",
        "connection_form http.redaction messages request version",
        "errors",
        "entities",
        "entities.llm",
        "events",
        "audio daemon process run weights",
        "backend backends.embedded.onnx http.body invocations llm_text",
        "backends.embedded.execution backends.embedded.llama backends.scripted client_rules http records",
        "backends.embedded.small_models backends.openai_compatible.response session settings",
        "backends.embedded.tasks backends.openai_compatible.audio backends.openai_compatible.chat "
        "backends.openai_compatible.model_list connection_kind",
        "backends.dify backends.embedded backends.openai_compatible",
    ),
    "workbench": (
        "analysis codegen i18n runs store stub_dify",
        "conversations diagnosis parsing results",
        "connections experiments samples sharing",
    ),
    "playground": (
        "server ui",
        "session ui.charts",
        "inspector",
        "run",
        "forms results results.audio results.rerank results.summary results.text_embedding",
        "connections forms.audio forms.conversation forms.texts shell",
        "experiments results.llm start",
        "page",
    ),
}
"""Layer → its folders from the bottom up: a folder imports from lower layers, and within its layer from earlier tiers.

A module in the root of a layer counts as a folder.
"""
LAYERS = tuple(TIERS)
TOP = {"kinds", "cli", "commands", "__main__"}
"""Modules that assemble the layers; no layer imports them."""
PAGES_IMPORT = {"streamlit", "boomerang"}
HEAVY = {
    "streamlit", "numpy", "pandas", "pyarrow", "soundfile", "onnxruntime", "xllamacpp", "hibari", "tokenizers",
    "httpx", "jsonschema_rs", "rapidfuzz", "gevent", "dify_plugin", "cryptography",
}  # fmt: skip
"""Packages that `import boomerang` and its two names do not load."""


@dataclass(frozen=True)
class Import:
    """An import of one name by a module."""

    importer: str
    """Dotted name of the module, such as `boomerang.invoker.backends.scripted`."""
    imported: str
    """Absolute dotted name of the import."""


def modules(folder: Path, prefix: str = "") -> dict[str, Path]:
    """Return the modules of a folder by dotted name; a package's `__init__` keeps that name."""
    return {prefix + ".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.py"))}


def names(importer: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield the dotted names of an import statement."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    package = importer.split(".")[: -node.level] if node.level else []
    module = ".".join([*package, *([node.module] if node.module else [])])
    yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(name: str, path: Path) -> Iterator[Import]:
    """Yield every import of a module, including those inside functions and for type checkers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (Import(name, imported) for imported in names(name, node))


MODULES = modules(SRC / "boomerang", "boomerang.")
PAGE_MODULES = modules(ROOT / "pages", "pages.")
EVERY_MODULE = {**MODULES, **PAGE_MODULES, "app": ROOT / "app.py"}
PACKAGES = {name.removesuffix(".__init__") for name in MODULES if name.endswith(".__init__")}


@cache
def every_import() -> Sequence[Import]:
    """Return every import of the package. Each process collects the tests, but only the one that runs them reads the files."""
    return [result for name, path in MODULES.items() for result in imports(name, path)]


def our_imports() -> Sequence[Import]:
    """Return the imports of the package's own modules."""
    return [result for result in every_import() if result.imported.partition(".")[0] == "boomerang"]


def layer(dotted: str) -> str:
    """Return the layer of a dotted name, or the module in the package's root."""
    return dotted.split(".")[1] if "." in dotted else ""


def folder(dotted: str) -> str:
    """Return the folder of a module or of a name in one, without `boomerang.<layer>.`."""
    module = dotted
    while module not in PACKAGES and module not in MODULES:
        module = module.rpartition(".")[0]
    inside = module.split(".")[2:]
    if module not in PACKAGES and len(inside) > 1 and module.rpartition(".")[0] != "boomerang.invoker.backends":
        inside.pop()
    return ".".join(part for part in inside if part != "__init__")


RANK = {(name, room): tier for name, tiers in TIERS.items() for tier, rooms in enumerate(tiers) for room in rooms.split()}


def allowed(result: Import) -> bool:
    """Return whether an import points down."""
    importer, imported = layer(result.importer), layer(result.imported)
    if importer in TOP or importer == "__init__":
        return True
    if imported not in LAYERS:
        return False
    if importer != imported:
        return LAYERS.index(imported) < LAYERS.index(importer)
    here, there = folder(result.importer), folder(result.imported)
    return here == there or rank(importer, there) < rank(importer, here)


def without_tier(layer: str, folder: str) -> str:
    """Return what to do about a folder without a tier."""
    return f"`{layer}/{folder.replace('.', '/')}` has no tier: add it to TIERS in tests/test_imports.py"


def rank(layer: str, folder: str) -> int:
    """Return the tier of a folder."""
    assert (layer, folder) in RANK, without_tier(layer, folder)
    return RANK[layer, folder]


def test_imports_are_read_as_python_reads_them() -> None:
    source = "from ...run import Run\nfrom . import models\nfrom .worker import WorkerChannel as E\nimport a.b, c\n"
    result = [name for node in ast.parse(source).body for name in names("boomerang.invoker.a.b.c", node)]  # type: ignore[arg-type]
    assert result == [
        "boomerang.invoker.run.Run",
        "boomerang.invoker.a.b.models",
        "boomerang.invoker.a.b.worker.WorkerChannel",
        "a.b",
        "c",
    ]
    inside_a_package = ast.parse("from ..errors import x").body[0]
    assert isinstance(inside_a_package, ast.ImportFrom)
    assert list(names("boomerang.invoker.audio.__init__", inside_a_package)) == ["boomerang.invoker.errors.x"]


def test_every_folder_has_a_tier() -> None:
    assert {layer(name) for name in MODULES} - TOP - {"__init__"} == set(TIERS)
    folders = {(layer(name), folder(name)) for name in MODULES if not name.endswith("__init__") and layer(name) in TIERS}
    missing = [without_tier(*item) for item in sorted(folders - set(RANK))]
    assert not missing, "\n".join(missing)
    assert set(RANK) - folders == set(), "remove these folders from TIERS: they no longer exist"


def test_imports_point_down() -> None:
    assert len(our_imports()) > 1000
    assert [result for result in our_imports() if not allowed(result)] == []


def test_a_back_end_knows_no_other() -> None:
    backends = "boomerang.invoker.backends."
    inside = [result for result in our_imports() if backends in result.importer and backends in result.imported]
    assert [result for result in inside if result.importer.split(".")[3] != result.imported.split(".")[3]] == []


def test_one_module_knows_the_kinds_of_back_ends() -> None:
    backends = "boomerang.invoker.backends."
    outside = {
        result.importer
        for result in our_imports()
        if result.imported.startswith(backends) and not result.importer.startswith(backends)
    }
    assert outside == {"boomerang.kinds"}


def test_the_command_line_needs_no_screen() -> None:
    commands = [result for result in our_imports() if layer(result.importer) in {"cli", "commands", "__main__"}]
    assert {layer(result.imported) for result in commands} == {"cli", "commands", "kinds", "invoker", "workbench"}


def test_only_the_playground_imports_streamlit() -> None:
    drawing = {layer(result.importer) for result in every_import() if result.imported.partition(".")[0] == "streamlit"}
    assert drawing == {"playground"}


def test_a_package_offers_its_modules_and_no_names_of_its_own() -> None:
    others = {name: path for name, path in MODULES.items() if name.endswith(".__init__") and name != "boomerang.__init__"}
    assert {name for name, path in others.items() if len(ast.parse(path.read_text("utf-8")).body) != 1} == set()


def test_a_folder_holds_at_most_fifteen_modules() -> None:
    count = Counter(name.rpartition(".")[0] for name in MODULES if not name.endswith("__init__"))
    full = {name: size for name, size in count.items() if size > MOST_MODULES}
    assert not full, "\n".join(
        f"{name}: split the folder: {size} modules, at most {MOST_MODULES}" for name, size in full.items()
    )


@pytest.mark.parametrize("name", PAGE_MODULES)
def test_a_page_imports_streamlit_and_the_package(name: str) -> None:
    result = {item.imported.split(".")[0] for item in imports(name, PAGE_MODULES[name])}
    assert result - {"__future__"} <= PAGES_IMPORT


@pytest.mark.parametrize("name", PAGE_MODULES)
def test_a_page_catches_nothing(name: str) -> None:
    tree = ast.parse(PAGE_MODULES[name].read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)]


def test_the_package_does_not_import_pages() -> None:
    assert [result for result in every_import() if result.imported.partition(".")[0] in {"pages", "app"}] == []


@pytest.mark.parametrize("name", EVERY_MODULE)
def test_a_module_says_what_it_is_for(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(EVERY_MODULE[name].read_text("utf-8")))
    assert docstring


def test_no_module_is_named_after_nothing() -> None:
    parts = {part for name in EVERY_MODULE for part in name.split(".")}
    assert parts & FORBIDDEN_NAMES == set()
    assert not [folder for folder in SRC.rglob("*") if folder.is_dir() and not any(folder.iterdir())], "no empty folder"


def loaded(code: str) -> set[str]:
    """Run code in a new process and return the top-level packages that it loaded."""
    code = f"{code}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True)
    return {name.split(".")[0] for name in json.loads(ran.stdout)}


def test_importing_the_package_loads_nothing_heavy() -> None:
    result = loaded("import boomerang")
    assert "boomerang" in result and not result & (HEAVY | {"pydantic"})
    assert not loaded("from boomerang import Session, connect") & HEAVY


def test_listing_the_embedded_models_loads_no_runtime() -> None:
    result = loaded("import boomerang; boomerang.connect('embedded').models()")
    assert result & {"streamlit", "numpy", "soundfile", "onnxruntime", "xllamacpp", "hibari", "tokenizers"} == set()


def test_the_package_has_the_names_that_it_exports_and_no_other() -> None:
    import boomerang

    assert boomerang.__all__ == sorted(boomerang.__all__)
    assert all(hasattr(boomerang, name) for name in boomerang.__all__)
    assert not hasattr(boomerang, "nothing")
