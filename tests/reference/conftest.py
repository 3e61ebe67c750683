"""The reference SDK, installed once and kept in the cache folder of the checkout."""

from __future__ import annotations

import pytest

from .environment import NoPythonError, NoReferenceError, ReferenceSDK, reference_sdk


@pytest.fixture(scope="session")
def sdk() -> ReferenceSDK:
    """Return the reference SDK. Without a suitable Python, tests are skipped and counted; anything else is a failure."""
    try:
        return reference_sdk()
    except NoPythonError as error:
        pytest.skip(str(error))
    except NoReferenceError as error:
        pytest.fail(f"The reference SDK could not be installed, so nothing was compared with it. {error}", pytrace=False)
