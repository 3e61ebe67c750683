"""What each version of Dify does differently (dify-protocol 3.4 and 4.10). 1.4, 1.9 and 1.16 as run; newest as read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class MissingForm(StrEnum):
    """How a request without tenant and user is refused."""

    PARAMS = "params"
    ERRORS = "errors"
    PYDANTIC = "pydantic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A version of Dify."""

    version: str
    """Value of `X-Version`."""
    framed: bool = True
    """Whether streams are binary frames; lines before June 2025."""
    merges: bool = True
    """Whether `stream=false` returns all chunks merged; otherwise the first chunk only."""
    null_streams: bool = False
    """Whether `stream=null` streams; otherwise it is refused."""
    structured_output: bool = True
    newer: bool = False
    """Whether it has multimodal embedding, the catalogue, null rerank limits, `input_type` and the MIME type of speech."""
    key_first: bool = False
    """Whether the key is checked before the tenant."""
    creates_users: bool = True
    """Whether an unknown user is created; otherwise it is refused."""
    full_messages: bool = True
    """Whether a mapped model error has the plugin's message; otherwise its description or class name."""
    error_prefix: bool = False
    """Whether an unmapped model error begins with `[provider] Error: `."""
    request_ids: bool = True
    similar_routes: bool = True
    """Whether the 404 for a wrong key lists similar routes."""
    strict_tenant: bool = False
    """Whether a tenant that is no UUID is an internal error; otherwise it is not found."""
    missing_form: MissingForm = MissingForm.PYDANTIC
    usage_times: bool = True
    """Whether usage has `time_to_first_token` and `time_to_generate`."""
    pydantic: str = "2.12"
    """The pydantic version in the addresses of error texts."""


PROFILES: Mapping[str, Profile] = {
    "1.4": Profile(
        version="1.4.1",
        framed=False,
        merges=False,
        null_streams=True,
        structured_output=False,
        key_first=True,
        creates_users=False,
        full_messages=False,
        error_prefix=True,
        request_ids=False,
        similar_routes=False,
        missing_form=MissingForm.PARAMS,
        usage_times=False,
        pydantic="2.11",
    ),
    "1.9": Profile(
        version="1.9.1",
        merges=False,
        null_streams=True,
        full_messages=False,
        error_prefix=True,
        missing_form=MissingForm.ERRORS,
        usage_times=False,
        pydantic="2.11",
    ),
    "1.16": Profile(version="1.16.0-rc1", strict_tenant=True),
    "newest": Profile(version="1.17.0", newer=True, strict_tenant=True),
}
"""By the name on the command line."""
