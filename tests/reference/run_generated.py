"""Run generated plugin code. Runs in the reference SDK's environment, without our package.

Usage: ``run_generated.py CASES ANSWERS``: reads a JSON list of cases, writes a JSON list of observations.

Only the transport is ours: it takes what the SDK writes to the daemon and feeds it the daemon's answers. Session, tool,
messages, loaders and YAML schemas are the SDK's.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

PREAMBLE = "from dify_plugin import Tool\n\n\nclass Pasted(Tool):\n    def _invoke(self, tool_parameters):\n"


class Recording(BaseHTTPRequestHandler):
    """Serves a tool's file, as Dify does."""

    content = b""

    def do_GET(self) -> None:
        """Send the file."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


def transport(answers: list[dict[str, Any]]) -> tuple[Any, Any, list[dict[str, Any]]]:
    """Return the daemon's side: a reader, a writer, and the list of requests that they fill."""
    reading: Any = importlib.import_module("dify_plugin.core.server.__base.request_reader")
    writing: Any = importlib.import_module("dify_plugin.core.server.__base.response_writer")
    stream: Any = importlib.import_module("dify_plugin.core.entities.plugin.io")
    requests: list[dict[str, Any]] = []

    class Writer(writing.ResponseWriter):  # type: ignore[misc]
        def write(self, data: str) -> None:
            if data.strip():
                requests.append(json.loads(data)["data"]["data"])

        def done(self) -> None:
            """Ignore it: nothing is buffered."""

    class Reader(reading.RequestReader):  # type: ignore[misc]
        def _read_stream(self) -> Any:
            return iter(())

        def read(self, filter: Any) -> Any:
            """Answer the request once the SDK listens."""
            listening = super().read(filter)
            request = requests[-1]["backwards_request_id"]
            events = [{"event": "response", "message": "stream", "data": answer} for answer in answers]
            for event in [*events, {"event": "end", "message": "", "data": None}]:
                data = {"backwards_request_id": request, **event}
                kind = stream.PluginInStreamEvent.BackwardInvocationResponse
                self._process_line(stream.PluginInStream("s", kind, data, reader=self, writer=writer))
            return listening

    writer = Writer()
    return Reader(), writer, requests


def load(code: str, whole: bool, folder: Path) -> Any:
    """Return the tool class of generated code; the body of an `_invoke` is put into one first."""
    loader: Any = importlib.import_module("dify_plugin.core.utils.class_loader")
    tools: Any = importlib.import_module("dify_plugin.interfaces.tool")
    path = Path(tempfile.mkdtemp(dir=folder)) / "tool.py"
    path.write_text(code if whole else PREAMBLE + textwrap.indent(code, " " * 8), "utf-8")
    name = f"generated_{path.parent.name}"
    return loader.load_single_subclass_from_source(module_name=name, script_path=str(path), parent_type=tools.Tool)


def observe(case: dict[str, Any], folder: Path, address: str) -> dict[str, Any]:
    """Run a case; return what the daemon got and what the tool yielded."""
    runtime: Any = importlib.import_module("dify_plugin.core.runtime")
    config: Any = importlib.import_module("dify_plugin.config.config")
    entities: Any = importlib.import_module("dify_plugin.entities.tool")
    reader, writer, requests = transport(case["answers"])
    session = runtime.Session("s", ThreadPoolExecutor(1), reader, writer, install_method=config.InstallMethod.Local)
    made_with = entities.ToolRuntime(credentials={}, user_id=None, session_id="s")
    tool = load(case["code"], case["whole"], folder)(runtime=made_with, session=session)
    Recording.content = bytes.fromhex(case["file"])
    file = {"dify_model_identity": "__dify__file__", "url": address, "type": "audio", "mime_type": "audio/mpeg"}
    messages = [message_of(item) for item in tool.invoke({**case["parameters"], "file": file})]
    sent = [{"type": request["type"], "request": request["request"]} for request in requests]
    return {"requests": sent, "messages": messages, **read_yaml(case)}


def message_of(item: Any) -> dict[str, Any]:
    """Return a message as JSON values, its bytes in hex."""
    if item.type.value == "blob":
        return {"type": "blob", "message": item.message.blob.hex(), "meta": item.meta}
    return {"type": item.type.value, "message": item.message.model_dump(mode="json"), "meta": item.meta}


def read_yaml(case: dict[str, Any]) -> dict[str, Any]:
    """Return the permission and the parameters that the SDK reads from the YAML."""
    yaml: Any = importlib.import_module("yaml")
    entities: Any = importlib.import_module("dify_plugin.entities.tool")
    manifests: Any = importlib.import_module("dify_plugin.core.entities.plugin.setup")
    permission = yaml.safe_load(case["permission"])["resource"]["permission"]
    granted = manifests.PluginResourceRequirements.Permission(**permission).model.model_dump()
    tool = entities.ToolConfiguration(**yaml.safe_load(case["tool"]))
    return {
        "granted": sorted(name for name, enabled in granted.items() if enabled),
        "parameters": [[parameter.name, parameter.type.value, parameter.scope] for parameter in tool.parameters],
    }


def main(cases: Path, answers: Path) -> None:
    """Run all cases."""
    importlib.import_module("dify_plugin")  # first: it patches the standard library
    server = HTTPServer(("127.0.0.1", 0), Recording)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/recording"
    with tempfile.TemporaryDirectory() as folder:
        observed = [observe(case, Path(folder), address) for case in json.loads(cases.read_text("utf-8"))]
    answers.write_text(json.dumps(observed), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
