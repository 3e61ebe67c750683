"""Measurements, each next to what it is compared with: `python -m benchmarks`, or `python -m benchmarks waist llm` for some."""
