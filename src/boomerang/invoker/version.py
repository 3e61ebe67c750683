"""The project's version, sent to servers in `User-Agent`. A test checks that `pyproject.toml` has the same."""

VERSION = "0.1.0"
USER_AGENT = f"boomerang/{VERSION}"
