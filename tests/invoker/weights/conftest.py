"""Fixtures for downloads, in kilobytes: tiny wheels, a tiny manifest, a loopback server."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from boomerang.invoker.weights.download import Fetcher
from boomerang.invoker.weights.download_errors import SourceError
from boomerang.invoker.weights.manifest import Manifest
from boomerang.invoker.weights.models_folder import Weights


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class World:
    """A manifest, the wheels that contain its files, and an address for each."""

    root: Path
    address: str = "http://127.0.0.1:9"
    """Port 9 is closed: nothing answers until a test starts a server."""
    contents: dict[str, bytes] = field(default_factory=dict)
    _wheels: list[str] = field(default_factory=list)
    _models: list[str] = field(default_factory=list)

    @property
    def wheels(self) -> Path:
        return self.root / "wheels"

    @property
    def folder(self) -> Path:
        return self.root / "models"

    @property
    def partial(self) -> Path:
        return self.folder / ".partial"

    def wheel(self, project: str, members: dict[str, bytes], *, sha: str | None = None) -> Path:
        """Build a wheel and add it to the manifest."""
        self.wheels.mkdir(exist_ok=True)
        stem = f"{project.replace('-', '_')}-1.0"
        path = self.wheels / f"{stem}-py3-none-any.whl"
        info = {
            f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n".encode(),
            f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{stem}.dist-info/RECORD": b"",
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (members | info).items():
                archive.writestr(name, data)
        data = path.read_bytes()
        self._wheels.append(
            f'[[wheel]]\nproject = "{project}"\nversion = "1.0"\nsize = {len(data)}\nsha256 = "{sha or sha256(data)}"\n'
        )
        return path

    def model(self, name: str, files: dict[str, bytes], parts: dict[str, list[tuple[str, str]]]) -> None:
        """Add a model; `parts` names the wheels and members that contain each file."""
        lines = [f'[[model]]\nname = "{name}"\ntitle = "{name.title()}"\nauthor = "A. Nobody"\nlicence = "MIT"\npage = "-"\n']
        for file, data in files.items():
            carried = ", ".join(f'{{ wheel = "{wheel}", member = "{member}" }}' for wheel, member in parts[file])
            lines.append(
                f'[[model.file]]\nname = "{file}"\nsize = {len(data)}\nsha256 = "{sha256(data)}"\n'
                f'address = "{self.address}/{file}"\nparts = [{carried}]\n'
            )
            self.contents[file] = data
        self._models.append("".join(lines))

    def simple(self, name: str = "tiny", size: int = 200_000) -> str:
        """Add a model of one file in two wheels; return the file's name."""
        data, half = noise(size), size // 3
        self.wheel(f"{name}-one", {f"{name}/a.bin": data[:half], "other.py": b"raise SystemExit('run')"})
        self.wheel(f"{name}-two", {f"{name}/b.bin": data[half:]})
        self.model(
            name, {f"{name}.gguf": data}, {f"{name}.gguf": [(f"{name}-one", f"{name}/a.bin"), (f"{name}-two", f"{name}/b.bin")]}
        )
        return f"{name}.gguf"

    @property
    def manifest_path(self) -> Path:
        path = self.root / "manifest.toml"
        path.write_text("\n".join(self._wheels + self._models), encoding="utf-8")
        return path

    @property
    def manifest(self) -> Manifest:
        return Manifest.read(self.manifest_path)

    def weights(self) -> Weights:
        return Weights(self.folder, self.manifest)

    def fetcher(self, weights: Weights | None = None, **options: object) -> Fetcher:
        options = {"index": FolderIndex(self.wheels), "progress": Progress(), **options}
        return Fetcher(weights or self.weights(), **options)  # type: ignore[arg-type]

    def leftovers(self) -> list[str]:
        """Return everything in the models folder that is neither a finished file nor ours to keep."""
        keep = {self.folder / name for name in self.contents} | {self.folder / ".lock"}
        paths = [path for path in self.folder.rglob("*") if path.is_file() and path not in keep]
        return sorted(str(path.relative_to(self.folder)) for path in paths if ".stamps" not in path.parts)


class FolderIndex:
    """An index as fast as a copy, which records its requests. The slow, real one is pip."""

    def __init__(self, wheels: Path) -> None:
        self.wheels = wheels
        self.requests: list[str] = []

    def download(self, wheel, folder: Path, report) -> Path:
        kept = folder / f"{wheel.project}-{wheel.version}.whl"
        if kept.exists():
            return kept
        self.requests.append(wheel.project)
        source = self.wheels / f"{wheel.project.replace('-', '_')}-{wheel.version}-py3-none-any.whl"
        if not source.exists():
            raise SourceError(f"no {wheel} here")
        shutil.copy(source, kept)
        report(wheel.size)
        return kept


class Progress:
    """A progress that only records."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.items: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def begin(self, label: str, size: int) -> None:
        self.items.append(label)

    def at(self, done: int) -> None:
        pass

    def end(self) -> None:
        pass


class FileServer(ThreadingHTTPServer):
    """A loopback server with byte ranges, which can truncate a response or delay it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.ranges: list[str | None] = []
        """The Range header of each request."""
        self.cut_after: list[int] = []
        """Bytes that each of the next responses sends before the connection drops; complete responses once this is empty."""
        self.hold_after: int | None = None
        """The response pauses after this many bytes and waits for `go_on`."""
        self.go_on = threading.Event()
        self.ignore_ranges = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FileServer

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        data = self.server.files.get(self.path.lstrip("/"))
        if data is None:
            self.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and not self.server.ignore_ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.server.cut_after:
            self.wfile.write(data[start : start + self.server.cut_after.pop(0)])
            self.close_connection = True
        elif self.server.hold_after is not None:
            self.wfile.write(data[start : start + self.server.hold_after])
            self.wfile.flush()
            self.server.go_on.wait(30)
        else:
            self.wfile.write(data[start:])

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:  # the download that a test killed
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def server():
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join(10)
