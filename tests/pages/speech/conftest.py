"""The speech2text page with a file upload."""

from __future__ import annotations

import pytest

from tests.pages.speech.speech_pages import Visit
from tests.pages.visitor import Visitor


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Return the speech2text page with the upload selected."""
    return visit("speech2text").set("button_group", "source", "Upload")
