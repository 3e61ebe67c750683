"""Weights are data: what they must be, where they are, how to get them.

Reading them is `Weights`; fetching them is `python -m boomerang.invoker.weights`. Nothing fetched is ever installed or put on the
import path.
"""
