"""Tests of `boomerang.workbench.store`."""
