"""ONNX models: loaded so that they leave the cores to others while they wait, and called so that a stop ends the call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boomerang.invoker.run import Run

THREADS = 2


def load(path: Path) -> Any:
    """Load a model file as an `onnxruntime.InferenceSession`, which may be called from several threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3  # a stopped run is no error worth a line on the console
    # Threads that spin while they wait would take the cores from the other embedded models.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def call(session: Any, fed: Mapping[str, Any], run: Run) -> list[Any]:
    """Call a model; the native call ends when the run is stopped.

    Args:
        session: What `load` gave.
        fed: Arrays by the names of the model's inputs.
        run: Checked before the call, and heard in its midst.

    Returns:
        The model's outputs, in its order.

    Raises:
        RunStoppedError: The run was stopped.
    """
    from onnxruntime import RunOptions
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail

    run.check()
    options = RunOptions()
    options.log_severity_level = 4

    def terminate() -> None:
        options.terminate = True

    with run.on_stop(terminate):
        try:
            results: list[Any] = session.run(None, fed, options)
        except Fail:
            run.check()  # the failure that our own stop made
            raise
    return results
