"""Weights are data: what they must be, where they are, how to get them.

Reading them is `Weights`; fetching them is `python -m invoker.weights`. Nothing fetched is ever installed or put on the
import path.
"""

from .folder import MODELS_VARIABLE, Weights, models_folder
from .manifest import Manifest, Model, WeightFile, default_manifest

__all__ = ["MODELS_VARIABLE", "Manifest", "Model", "WeightFile", "Weights", "default_manifest", "models_folder"]
