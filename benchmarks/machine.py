"""Describe the machine and the software of a measurement."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "pydantic",
    "streamlit",
    "numpy",
    "soundfile",
    "onnxruntime",
    "tokenizers",
    "xllamacpp",
    "hibari-tts",
    "playwright",
)


def facts(command: str) -> str:
    """Return date, command, processor, memory, load and versions as Markdown list items."""
    one, five, _ = os.getloadavg()
    cores = len(os.sched_getaffinity(0))
    return "\n".join(
        (
            f"- {datetime.now(UTC):%d %B %Y}, `{command}`",
            f"- {processor()}, {cores} cores to use, {memory_gb():.1f} GB of memory, {platform.system()}",
            f"- load as the run began: {one:.1f} over one minute, {five:.1f} over five, which is what else ran on these cores",
            f"- Python {platform.python_version()}, {', '.join(versions())}",
        )
    )


def processor() -> str:
    """Return the processor's model, as the kernel names it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def memory_gb() -> float:
    """Return the machine's memory in gigabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def versions() -> Iterator[str]:
    """Yield the relevant packages with their versions."""
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            yield f"{package} not installed"
