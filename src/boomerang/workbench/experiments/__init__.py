"""Experiments of several calls: their inputs and their evaluation."""
