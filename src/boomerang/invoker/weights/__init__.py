"""Weights are data: what they must be, where they are, how to get them.

Reading them is `Weights`; fetching them is `boomerang weights`. Nothing that was
fetched is installed or put on the import path.
"""
