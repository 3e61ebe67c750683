"""The reference SDK, installed once and kept in the cache folder of the checkout."""

from __future__ import annotations

import pytest

from .environment import SDK, NoReferenceError, ReferenceSDK, reference_sdk


@pytest.fixture(scope="session")
def sdk() -> ReferenceSDK:
    """Give the reference SDK; a comparison that cannot be made is a failure, not something to skip."""
    try:
        return reference_sdk()
    except NoReferenceError as error:
        pytest.fail(
            f"The reference SDK ({SDK}) could not be installed, so nothing was compared with it. {error}", pytrace=False
        )
