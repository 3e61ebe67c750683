"""The wheel: built and installed offline into a new environment, it serves the app from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from websockets.sync.client import connect

from tests.browser.serving import OF_CONNECTIONS, free_port

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
START_SECONDS = 60.0
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    subprocess.run([*PIP, "wheel", *options, str(ROOT)], check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new environment with the wheel, and with the other packages of this one."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    options = ("--no-deps", "--no-index")
    subprocess.run([*PIP, "--python", str(folder / "bin/python"), "install", *options, str(wheel)], check=True, timeout=120)
    return folder / "bin"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables of a process without access to this tree or the developer's connections."""
    private = {"PYTHONPATH", "OMP_WAIT_POLICY", *OF_CONNECTIONS}
    return {name: value for name, value in os.environ.items() if name not in private} | {
        "BOOMERANG_DATA": str(tmp_path / "data"),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def served(binaries: Path, folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Serve the app from a folder; yield its address and process id once it is healthy."""
    port = free_port()
    address = f"http://localhost:{port}/inspector"
    command = [str(binaries / "boomerang"), "serve", "--port", str(port), "--server.baseUrlPath", "inspector"]
    with (folder.parent / "output").open("w+") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = monotonic() + START_SECONDS
            while not healthy(address):
                assert process.poll() is None and monotonic() < deadline, (folder.parent / "output").read_text()
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(30)


def healthy(address: str) -> bool:
    """Return whether the app answers."""
    try:
        return httpx.get(f"{address}/_stcore/health", trust_env=False).text == "ok"
    except httpx.TransportError:
        return False


@contextmanager
def page(address: str) -> Iterator[tuple[NewSession, str]]:
    """Open the start page as a browser does; yield the server's session message and the browser's cookie."""
    run = BackMsg()
    run.rerun_script.widget_states.SetInParent()
    with connect(f"{address.replace('http', 'ws')}/_stcore/stream", max_size=None, proxy=None) as socket:
        assert socket.response is not None
        socket.send(run.SerializeToString())
        messages: list[ForwardMsg] = []
        while not messages or not messages[-1].HasField("script_finished"):
            messages.append(ForwardMsg.FromString(socket.recv(30, decode=False)))
        assert [message.delta for message in messages if message.delta.new_element.HasField("exception")] == []
        yield (
            next(each.new_session for each in messages if each.HasField("new_session")),
            socket.response.headers["set-cookie"].partition(";")[0],
        )


def upload_status(address: str, session: NewSession, cookie: str, megabytes: int) -> int:
    """Upload a file of a size and return the response status."""
    token = httpx.get(f"{address}/_stcore/health", trust_env=False).cookies["_streamlit_xsrf"]
    headers = {"Cookie": f"{cookie}; _streamlit_xsrf={token}", "X-Xsrftoken": token}
    url = f"{address}/_stcore/upload_file/{session.initialize.session_id}/file"
    return httpx.put(url, files={"file": bytes(megabytes << 20)}, headers=headers, trust_env=False).status_code


def files(folder: Path) -> list[str]:
    """Return the files of a folder, relative to it, without compiled Python files."""
    result = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return [path.as_posix() for path in result if "__pycache__" not in path.parts]


def test_the_wheel_holds_every_file_of_the_app_and_no_other(wheel: Path) -> None:
    places = {"src/boomerang": "boomerang", "pages": "boomerang/app/pages", ".streamlit": "boomerang/app/.streamlit"}
    expected = {f"{target}/{name}" for source, target in places.items() for name in files(ROOT / source)}
    expected.add("boomerang/app/app.py")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert any(name.endswith("licenses/THIRD_PARTY.md") for name in archive.namelist())
    assert names == expected


def test_it_serves_from_an_empty_folder_with_theme_and_upload_limit(
    binaries: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with served(binaries, folder, environment) as (address, process), page(address) as (session, cookie):
        assert b"OMP_WAIT_POLICY=passive" in Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        limit = CONFIG["server"]["maxUploadSize"]
        statuses = [upload_status(address, session, cookie, size) for size in (limit - 1, limit + 1)]
    assert statuses == [204, 413]
    assert session.custom_theme.light.primary_color == CONFIG["theme"]["light"]["primaryColor"]
    assert session.custom_theme.dark.background_color == CONFIG["theme"]["dark"]["backgroundColor"]
    assert list(folder.iterdir()) == []


def test_connections_are_looked_up_in_the_current_folder(binaries: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "connections.toml").write_text('[[connections]]\nname = "lab"\nbase_url = "http://gpu:8000/v1"\n')
    for folder, listed in ((tmp_path, True), (binaries, False)):
        command = [str(binaries / "boomerang"), "connections", "list"]
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert ("lab" in ran.stdout) is listed


def test_modules_of_the_current_folder_are_not_loaded(binaries: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "streamlit.py").write_text("raise SystemExit('loaded from the current folder')")
    command = [str(binaries / "boomerang"), "serve", "--no.such.option"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert "No such option" in ran.stderr and "loaded from" not in ran.stderr
