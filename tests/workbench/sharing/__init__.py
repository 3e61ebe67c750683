"""Tests of `boomerang.workbench.sharing`."""
