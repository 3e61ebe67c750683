"""Benchmarks, each next to a baseline: `python -m benchmarks`, or `python -m benchmarks waist llm` for some of them."""
