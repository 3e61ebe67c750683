"""Test files as content parts: type by bytes, by name if the bytes are ambiguous, and size limits."""

from __future__ import annotations

import base64

import pytest

from boomerang.invoker.entities.message import ensure_prompt_message
from boomerang.invoker.entities.model import ModelFeature
from boomerang.workbench.conversations import attachments
from boomerang.workbench.samples.inputs import ATTACHMENTS

KINDS = ["image", "document", "audio", "video"]


@pytest.mark.parametrize(("index", "kind"), list(enumerate(KINDS)))
def test_each_sample_becomes_the_part_of_its_class(index: int, kind: str) -> None:
    sample = ATTACHMENTS[index]
    data = sample.path.read_bytes()
    result = attachments.part(sample.file, data)
    assert result["type"] == kind and result["filename"] == sample.file
    assert base64.b64decode(result["base64_data"]) == data and attachments.size(result) == len(data)
    message = ensure_prompt_message({"role": "user", "content": [result]})
    assert isinstance(message.content, list)
    assert message.content[0].model_dump(mode="json", exclude_none=True) | {"url": ""} == result | {"url": ""}


@pytest.mark.parametrize(
    ("name", "data", "declared", "expected"),
    [
        ("photo.pdf", ATTACHMENTS[0].path.read_bytes(), "application/pdf", ("image", "png", "image/png")),
        ("clip.webm", b"\x1a\x45\xdf\xa3 webm", "", ("video", "webm", "video/webm")),
        ("talk.weba", b"\x1a\x45\xdf\xa3 webm", "audio/webm", ("audio", "weba", "audio/webm")),
        ("notes.md", b"# Notes", "text/markdown", ("document", "md", "text/markdown")),
        ("data.csv", b"a,b\n1,2", "text/csv", ("document", "csv", "text/csv")),
        ("odd", b"\x01\x02\x03", "", ("document", "octet-stream", "application/octet-stream")),
    ],
)
def test_the_bytes_count_and_the_name_where_they_are_vague(
    name: str, data: bytes, declared: str, expected: tuple[str, str, str]
) -> None:
    result = attachments.part(name, data, declared)
    assert (result["type"], result["format"], result["mime_type"]) == expected


def test_what_is_empty_or_too_much_is_refused_with_a_reason() -> None:
    small = attachments.part("a.txt", b"a")
    assert "empty" in str(attachments.refusal("a", b"", []))
    assert "10 MB" in str(attachments.refusal("a", bytes(attachments.MOST_FILE_BYTES + 1), []))
    assert "16 files" in str(attachments.refusal("a", b"a", [small] * attachments.MOST_FILES))
    large = attachments.part("b", bytes(attachments.MOST_FILE_BYTES))
    assert "20 MB" in str(attachments.refusal("a", b"ab", [large, large]))
    assert attachments.refusal("a", b"a", [large, small]) is None


def test_what_a_model_does_not_declare_is_reported_by_its_feature() -> None:
    parts = [attachments.part(sample.file, sample.path.read_bytes()) for sample in ATTACHMENTS]
    named = ("image", "document", "audio", "video")
    assert attachments.undeclared(parts, None) == [(kind, attachments.FEATURES[kind]) for kind in named]
    assert attachments.undeclared(parts[:1], [ModelFeature.VISION]) == []
