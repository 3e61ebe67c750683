"""Run the reference SDK as in a serverless plugin: `reference_sdk.py DAEMON`, in an environment that has `dify_plugin`.

A line on stdin is `[model, count, stream]` as JSON; the answer on stdout is the total seconds of `count` calls, and the number
of chunks. Exits when stdin closes.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from time import perf_counter
from typing import Any


def session(daemon: str) -> Any:
    """Create the SDK's session, with the transport that makes an HTTP request per invocation."""
    runtime = import_module("dify_plugin.core.runtime")  # must come first: it patches the standard library
    config = import_module("dify_plugin.config.config")
    stdio = import_module("dify_plugin.core.server.stdio.response_writer")
    return runtime.Session(
        session_id="s",
        executor=ThreadPoolExecutor(1),
        reader=None,
        writer=stdio.StdioResponseWriter(),
        install_method=config.InstallMethod.Serverless,
        dify_plugin_daemon_url=daemon,
    )


def main(daemon: str, out: int) -> None:
    """Answer the lines on stdin."""
    llm = session(daemon).model.llm
    messages = [import_module("dify_plugin.entities.model.message").UserPromptMessage(content="What is an operating system?")]
    os.write(out, b"ready\n")
    for line in sys.stdin:
        model, count, stream = json.loads(line)
        config = {"provider": "p", "model": model, "mode": "chat", "completion_params": {}}
        chunks = 0
        begun = perf_counter()
        for _ in range(count):
            answer = llm.invoke(config, messages, stream=stream)
            chunks += sum(1 for _ in answer) if stream else 1
        os.write(out, json.dumps([perf_counter() - begun, chunks]).encode() + b"\n")


if __name__ == "__main__":
    answers = os.dup(1)
    os.dup2(2, 1)  # other output goes to stderr, not among the answers
    main(sys.argv[1], answers)
