"""Experiments that make several calls: their inputs and evaluation."""
