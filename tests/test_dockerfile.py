"""The image: its steps copy everything they run, and visitors cannot call the container itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from boomerang.invoker.http.address_policy import LOOPBACK_VARIABLE

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_step_that_fetches_models_has_the_modules_that_it_imports(tmp_path: Path) -> None:
    for sources, target in re.findall(r"^COPY (src/.+) /tmp/fetch/(\S+)$", DOCKERFILE, re.MULTILINE):
        for source in sources.split():
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target)
            else:
                (tmp_path / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, tmp_path / target)
    command = [sys.executable, "-m", "boomerang", "weights", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0 and "--folder" in done.stdout, done.stderr


def test_the_image_refuses_loopback_to_visitors() -> None:
    assert f"{LOOPBACK_VARIABLE}=refuse" in DOCKERFILE.partition("\nENV ")[2].partition("\n\n")[0]
