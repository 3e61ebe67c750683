"""What the playground draws, in `AppTest`."""

from __future__ import annotations

from tests import app

app.scan_packages_once()
