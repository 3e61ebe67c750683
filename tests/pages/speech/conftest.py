"""The page of speech to text, where a file can be uploaded."""

from __future__ import annotations

import pytest

from tests.pages.speech.speech_pages import Visit
from tests.pages.visitor import Visitor


@pytest.fixture
def page(visit: Visit) -> Visitor:
    """Give the speech2text page with the upload chosen."""
    return visit("speech2text").set("button_group", "source", "Upload")
