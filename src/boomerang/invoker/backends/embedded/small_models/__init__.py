"""Workarounds for very small LLMs; other back ends need none of them."""
