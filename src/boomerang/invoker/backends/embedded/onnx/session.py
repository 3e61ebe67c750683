"""Load and call ONNX models so that waiting threads leave the cores to others, and a stop ends the call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boomerang.invoker.run import Run

THREADS = 2


def load(path: Path) -> Any:
    """Load a model file as an `onnxruntime.InferenceSession`, which is thread-safe."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3  # a stopped run is not worth a line on the console
    # Threads that spin while waiting would take the cores from the other embedded models.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def call(session: Any, fed: Mapping[str, Any], run: Run) -> list[Any]:
    """Call a model; the native call ends when the run is stopped.

    Args:
        session: From `load`.
        fed: Arrays by input name.
        run: Checked before the call; a stop ends the call.

    Returns:
        The model's outputs, in order.

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
            run.check()  # caused by our own stop
            raise
    return results
