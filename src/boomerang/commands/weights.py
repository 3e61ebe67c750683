"""`boomerang weights`: fetch, verify or list the weights of the embedded models."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from boomerang.invoker.weights.download import Fetcher
from boomerang.invoker.weights.manifest import Manifest, Model, default_manifest
from boomerang.invoker.weights.models_folder import MODELS_VARIABLE, Weights, models_folder
from boomerang.invoker.weights.progress import megabytes

EPILOGUE = f"""The models folder is taken from {MODELS_VARIABLE}, else it is boomerang/models in the user's cache folder.
What is already there and right is left alone; an interrupted run is continued by the next one."""


def main(
    arguments: Sequence[str],
    *,
    manifest: Manifest | None = None,
    fetcher: Callable[[Weights], Fetcher] = Fetcher,
) -> int:
    """Run the command.

    Args:
        arguments: Arguments after `boomerang weights`.
        manifest: The available models; the embedded ones by default.
        fetcher: Creates the fetcher.

    Returns:
        The exit code: 0 if every requested file is present and valid, 1 if not, 130 after Ctrl-C.
    """
    manifest = default_manifest() if manifest is None else manifest
    options = _options(arguments, manifest)
    weights = Weights(options.folder, manifest)
    models = [model for model in manifest.models if not options.only or model.name in options.only]
    if options.list:
        _list(weights, models)
        return 0
    if options.verify:
        problems = {file.name: weights.verify(file.name) for model in models for file in model.files}
        missing = {name: str(problem) for name, problem in problems.items() if problem}
    else:
        try:
            missing = dict(fetcher(weights).fetch([model.name for model in models]))
        except KeyboardInterrupt:
            print("\nInterrupted; the next run goes on from here.", file=sys.stderr)
            return 130
    if not missing:
        print(f"Models: {', '.join(model.name for model in models)}: ready in {weights.folder}")
        return 0
    _report(models, missing)
    print("Run it again without --verify to fetch them." if options.verify else "The app starts all the same, without these.")
    return 1


def _list(weights: Weights, models: Sequence[Model]) -> None:
    for model in models:
        print(f"{model.name}: {model.title}, {model.licence}, {model.author}, {model.page}")
        for file in model.files:
            print(f"  {file.name}  {megabytes(file.size)}  {weights.problem(file.name) or 'there'}")


def _report(models: Sequence[Model], missing: Mapping[str, str]) -> None:
    for model in models:
        missing_files = [file.name for file in model.files if file.name in missing]
        print(f"{model.name}: {'not available' if missing_files else 'ready'}")
        for name in missing_files:
            print(f"  {name}: {missing[name]}")


def _options(arguments: Sequence[str], manifest: Manifest) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="boomerang weights",
        description="Fetch the weights of the embedded models into the models folder.",
        epilog=EPILOGUE,
    )
    names = [model.name for model in manifest.models]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"only these models: {', '.join(names)}")
    parser.add_argument("--folder", type=Path, default=models_folder(), help="the models folder (default: %(default)s)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--verify", action="store_true", help="hash every file again; fetch nothing")
    mode.add_argument("--list", action="store_true", help="say what there is; fetch nothing")
    return parser.parse_args(arguments)
