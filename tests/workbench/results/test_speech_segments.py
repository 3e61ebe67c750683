"""Test the predicted number of speech segments."""

from __future__ import annotations

import pytest

from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.workbench.results.speech_segments import Cut, foreseen, line
from boomerang.workbench.samples.inputs import SPEECH
from tests.scripted import listed

LIMITED = listed("speaker", ModelType.TTS, model_properties={ModelPropertyKey.WORD_LIMIT: 10})
UNLIMITED = listed("speaker", ModelType.TTS)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", 0),
        ("short one.", 1),
        ("One. Two. Three.", 2),  # "One. Two." and " Three."
        ("no mark at all in here", 3),
        ("一。二。三。四。五。六。", 2),
    ],
)
def test_a_plugin_cuts_as_difys_sdk_does(text: str, pieces: int) -> None:
    assert foreseen(text, LIMITED, "plugin") == Cut(pieces, 10, False)


def test_without_a_declared_limit_a_text_stays_whole() -> None:
    assert foreseen("One. Two. Three.", UNLIMITED, "plugin") == Cut(1, None, False)
    assert line("One. Two.", UNLIMITED, "plugin") == "9 characters · the model declares no word_limit"


@pytest.mark.parametrize(("sample", "pieces"), [("Short test", 2), ("Numbers and dates", 1), ("Several sentences", 4)])
def test_the_embedded_voice_speaks_sentence_by_sentence(sample: str, pieces: int) -> None:
    assert foreseen(SPEECH[sample], None, "embedded").pieces == pieces


def test_a_long_sentence_is_more_than_one_piece() -> None:
    assert foreseen("word " * 9 + "end.", LIMITED, "embedded").pieces == 5


def test_the_line_reports_characters_limit_and_pieces() -> None:
    assert line("One. Two. Three.", LIMITED, "plugin") == "16 characters · a plugin splits it into 2 segments (max 10 each)"
    assert line("Hello there. Bye!", LIMITED, "embedded").endswith("about 3 segments (max 10 each)")
    assert line("x", UNLIMITED, "embedded") == "1 character · about 1 segment"
