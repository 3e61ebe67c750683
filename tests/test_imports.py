"""Who may import whom, read from the source with `ast`; and what `import invoker` costs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
FORBIDDEN_NAMES = {"manager", "helper", "helpers", "util", "utils", "base", "common", "misc"}

LIBRARY: Mapping[str, set[str]] = {
    "request": set(),
    "messages": set(),
    "errors": set(),
    "json_schema": {"run", "schema_child"},
    "schema_child": set(),
    "json_depth": set(),
    "json_in_text": {"json_depth"},
    "run": {"errors"},
    "version": set(),
    "wire": {"errors", "run", "version"},
    "entities": {"request", "errors"},
    "audio": {"errors"},
    "analysis": {"audio", "errors"},
    "weights": {"errors"},
    "summary": {"entities", "errors", "run"},
    "backend": {"entities", "request", "run"},
    "backends": {
        "backend",
        "entities",
        "errors",
        "request",
        "run",
        "audio",
        "json_depth",
        "json_in_text",
        "json_schema",
        "reasoning",
        "summary",
        "weights",
        "wire",
    },
    "invocations": {"entities", "errors", "request"},
    "record": {"backend", "errors", "request", "run"},
    "rules": {"backend", "entities", "errors", "request", "run"},
    "reasoning": set(),
    "timeline": {"entities", "reasoning", "record", "run"},
    "metrics": {"audio", "entities", "errors", "record", "request", "run", "timeline"},
    "session": {"backend", "invocations", "record", "request", "rules", "run"},
    "config": {"backend", "backends", "errors"},
    "connections": {"backend", "config", "entities", "errors", "record", "run", "session", "wire"},
    "__init__": {"backend", "config", "errors", "record", "request", "run", "session"},
}
"""What each room of the library may import from the others. Every room is here, so a new one is a decision."""

EVERYWHERE = {"messages"}
"""Rooms that every other one may import: what is said, as ids with values."""
PAGES_IMPORT = {"streamlit", "playground", "invoker"}
HEAVY = {
    "streamlit", "playground", "numpy", "pandas", "pyarrow", "soundfile", "onnxruntime", "xllamacpp", "hibari", "tokenizers",
    "httpx", "jsonschema_rs", "rapidfuzz", "gevent", "dify_plugin", "cryptography",
}  # fmt: skip
"""What `import invoker` does not load."""


@dataclass(frozen=True)
class Import:
    """One name that a module imports."""

    importer: str
    """Dotted name of the module, such as `boomerang.invoker.backends.scripted`."""
    imported: str
    """Dotted name of what it imports, resolved if it was relative."""


def modules(folder: Path, prefix: str = "") -> dict[str, Path]:
    """Give the modules of a folder by their dotted names; a package's `__init__` keeps that name."""
    return {prefix + ".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.py"))}


def names(importer: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Give the dotted names that an import statement brings in."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    package = importer.split(".")[: -node.level] if node.level else []
    module = ".".join([*package, *([node.module] if node.module else [])])
    yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(name: str, path: Path) -> Iterator[Import]:
    """Give every import of a module, also those inside functions and for type checkers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (Import(name, imported) for imported in names(name, node))


LIBRARY_MODULES = modules(SRC / "invoker", "invoker.")
PLAYGROUND_MODULES = modules(SRC / "playground", "playground.")
PAGE_MODULES = modules(ROOT / "pages", "pages.")
LIBRARY_IMPORTS = [found for name, path in LIBRARY_MODULES.items() for found in imports(name, path)]
EVERY_MODULE = {**LIBRARY_MODULES, **PLAYGROUND_MODULES, **PAGE_MODULES, "app": ROOT / "app.py"}


def room(dotted: str) -> str:
    """Give the room of the library that a dotted name is in."""
    return dotted.split(".")[1]


def test_imports_are_read_as_python_reads_them() -> None:
    source = "from ...run import Run\nfrom . import offers\nfrom .worker import Emit as E\nimport a.b, c\n"
    found = [
        name
        for node in ast.parse(source).body
        for name in names("boomerang.invoker.backends.embedded.execution.model_lifecycle", node)
    ]  # type: ignore[arg-type]
    assert found == [
        "boomerang.invoker.run.Run",
        "boomerang.invoker.backends.embedded.models",
        "boomerang.invoker.backends.embedded.execution.worker_thread.Emit",
        "a.b",
        "c",
    ]
    inside_a_package = ast.parse("from ..errors import x").body[0]
    assert isinstance(inside_a_package, ast.ImportFrom)
    assert list(names("boomerang.invoker.audio.__init__", inside_a_package)) == ["boomerang.invoker.errors.x"]


def test_every_room_of_the_library_is_in_the_table() -> None:
    assert {room(name) for name in LIBRARY_MODULES} == set(LIBRARY)


def test_rooms_import_only_where_the_arrows_point() -> None:
    ours = [found for found in LIBRARY_IMPORTS if found.imported.startswith("invoker.")]
    assert ours
    crossing = [found for found in ours if room(found.importer) != room(found.imported)]
    assert [found for found in crossing if room(found.imported) not in {*LIBRARY[room(found.importer)], *EVERYWHERE}] == []


def test_the_table_has_no_arrow_that_nobody_uses() -> None:
    used = {(room(found.importer), room(found.imported)) for found in LIBRARY_IMPORTS if found.imported.startswith("invoker.")}
    drawn = {(importer, imported) for importer, allowed in LIBRARY.items() for imported in allowed}
    assert drawn - used == set()


def test_the_arrows_make_no_circle() -> None:
    rest = {importer: set(allowed) for importer, allowed in LIBRARY.items()}
    while free := {importer for importer, allowed in rest.items() if not allowed & rest.keys()}:
        rest = {importer: allowed for importer, allowed in rest.items() if importer not in free}
    assert rest == {}


def test_the_library_imports_itself_by_relative_names() -> None:
    absolute = [
        name
        for name, path in LIBRARY_MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "invoker")
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "invoker" for alias in node.names))
    ]
    assert absolute == []


def test_the_library_knows_no_streamlit_and_no_playground() -> None:
    assert [found for found in LIBRARY_IMPORTS if found.imported.split(".")[0] in {"streamlit", "playground", "pages"}] == []


def test_back_ends_do_not_know_each_other() -> None:
    crossing = [
        found
        for found in LIBRARY_IMPORTS
        if room(found.importer) == "backends"
        and found.imported.startswith("boomerang.invoker.backends.")
        and found.importer.split(".")[2] != found.imported.split(".")[2]
    ]
    assert crossing == []


def test_one_module_knows_the_kinds_of_back_ends() -> None:
    from_outside = {
        found.importer
        for found in LIBRARY_IMPORTS
        if found.imported.startswith("boomerang.invoker.backends.") and room(found.importer) != "backends"
    }
    assert from_outside == {"boomerang.kinds"}


@pytest.mark.parametrize("name", PAGE_MODULES)
def test_a_page_imports_streamlit_the_playground_and_names_of_the_library(name: str) -> None:
    found = {item.imported.split(".")[0] for item in imports(name, PAGE_MODULES[name])}
    assert found - {"__future__"} <= PAGES_IMPORT


@pytest.mark.parametrize("name", PAGE_MODULES)
def test_a_page_catches_nothing(name: str) -> None:
    tree = ast.parse(PAGE_MODULES[name].read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)]


@pytest.mark.parametrize("name", PLAYGROUND_MODULES)
def test_the_playground_does_not_import_pages(name: str) -> None:
    assert not [item for item in imports(name, PLAYGROUND_MODULES[name]) if item.imported.split(".")[0] in {"pages", "app"}]


@pytest.mark.parametrize("name", EVERY_MODULE)
def test_a_module_says_what_it_is_for(name: str) -> None:
    docstring = ast.get_docstring(ast.parse(EVERY_MODULE[name].read_text("utf-8")))
    assert docstring


def test_no_module_is_named_after_nothing() -> None:
    parts = {part for name in EVERY_MODULE for part in name.split(".")}
    assert parts & FORBIDDEN_NAMES == set()
    assert not [folder for folder in SRC.rglob("*") if folder.is_dir() and not any(folder.iterdir())], "no empty folder"


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = "import json, sys; import invoker; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.split(".")[0] for name in json.loads(ran.stdout)}
    assert "invoker" in loaded
    assert loaded & HEAVY == set()


def test_listing_the_embedded_models_loads_no_runtime() -> None:
    code = "import json, sys, invoker; boomerang.invoker.connect('embedded').models(); print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.split(".")[0] for name in json.loads(ran.stdout)}
    assert loaded & {"streamlit", "numpy", "soundfile", "onnxruntime", "xllamacpp", "hibari", "tokenizers"} == set()


def test_exported_names_are_there_and_sorted() -> None:
    import invoker

    from boomerang.invoker import entities

    for module in (invoker, entities):
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)
    assert invoker.__all__ == sorted(invoker.__all__)
