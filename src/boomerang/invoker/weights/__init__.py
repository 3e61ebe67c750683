"""Weights are data: what they must be, where they are, how to get them.

Reading them is `Weights`; fetching them is `python -m boomerang.invoker.weights`. Nothing that was
fetched is installed or put on the import path.
"""
