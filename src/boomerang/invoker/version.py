"""The version of this project, as servers see it in `User-Agent`. `pyproject.toml` has the same, which a test checks."""

VERSION = "0.1.0"
USER_AGENT = f"boomerang/{VERSION}"
