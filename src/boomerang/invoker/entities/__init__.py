"""Dify's types under Dify's names: values only, no I/O. Identical on the wire to those of Dify's plugin SDK 0.10.2."""
