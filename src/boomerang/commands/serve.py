"""`boomerang serve`: start the Streamlit app, from any folder."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from boomerang.workbench.store.app_folder import app_folder

EPILOGUE = """Other options go to Streamlit: `boomerang serve --server.baseUrlPath inspector`.
`boomerang weights` fetches the embedded models; without them the app starts all the same."""


def main(arguments: Sequence[str]) -> int:
    """Replace this process with the app's."""
    parser = argparse.ArgumentParser(
        prog="boomerang serve",
        description="Start the app.",
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an abbreviation could be a Streamlit option
    )
    parser.add_argument("--port", type=int, help="the port (default: STREAMLIT_SERVER_PORT, else 8501)")
    parser.add_argument("--address", help="where to listen (default: STREAMLIT_SERVER_ADDRESS, else localhost)")
    options, for_streamlit = parser.parse_known_args(arguments)
    if options.port is not None:
        for_streamlit += ["--server.port", str(options.port)]
    if options.address is not None:
        for_streamlit += ["--server.address", options.address]
    # Two OpenMP runtimes spinning on the same cores slow each other down many times over.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # -P: import modules from the installation only, never from the current folder.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "streamlit", "run", str(app_folder() / "app.py"), *for_streamlit])
