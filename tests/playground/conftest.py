"""Fixtures for `AppTest` tests of the playground."""

from __future__ import annotations

from tests import app

app.scan_packages_once()
