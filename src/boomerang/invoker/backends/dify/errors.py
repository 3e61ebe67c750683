"""Errors of a real Dify, in their three places: the HTTP status, an error frame, and `error` of a unary answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from boomerang.invoker.errors import (
    BODY_LIMIT,
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    UnsupportedRequestError,
)
from boomerang.invoker.messages.message import Message

from .error_text import Unfolded, unfold
from .requests import OLD_PATHS, TYPES

_FRONT_END = ("/_next/", "__next", "next.js")
_UNSET = ("not_setup", "not_init_validated")


def reported(text: str, status: int | None, fallback: type[InvokeError] = InvokeError) -> InvokeError:
    """Return the error that Dify reported as text, in a frame or in an answer with status 200.

    Args:
        text: The value of `error`, or `message` of an HTTP error.
        status: The HTTP status.
        fallback: The class if the text has none.
    """
    unfolded = unfold(text)
    error = _built(unfolded, unfolded.kind or fallback)
    error.status_code = status
    _explain(error, text)
    return error


def _built(unfolded: Unfolded, kind: type[InvokeError]) -> InvokeError:
    hint = Message("dify.type_inferred") if unfolded.inferred else None
    error = kind(unfolded.message, hint=hint)
    error.speakers = tuple(unfolded.speakers)
    error.type_inferred = unfolded.inferred
    error.request_id, error.trace = unfolded.request_id, unfolded.trace
    return error


def refused(error: InvokeError, body: str, headers: Mapping[str, str], path: str, version: str) -> InvokeError:
    """Return the error for an HTTP status, with what Dify's body says.

    Args:
        error: The error for the status alone.
        body: The whole body.
        headers: Of the answer; only Dify itself sends `X-Version`.
        path: The path below `/inner/api`.
        version: The known version, or `?`.
    """
    status = error.status_code or 0
    if body.lstrip().startswith("<"):
        refusal: InvokeError = _page(status, body, headers, path, version)
    else:
        refusal = _json(error, body, status)
    refusal.status_code, refusal.url = status, error.url
    refusal.request_id = refusal.request_id or error.request_id
    if refusal.trace is None:
        refusal.body = body[:BODY_LIMIT]
    if isinstance(wait := getattr(error, "retry_after", None), float) and hasattr(refusal, "retry_after"):
        refusal.retry_after = wait
    return refusal


def _page(status: int, body: str, headers: Mapping[str, str], path: str, version: str) -> InvokeError:
    """Return the error for a web page: of a version without the endpoint, of Dify's front end, or of another server."""
    if "x-version" in headers and path not in OLD_PATHS:
        return UnsupportedRequestError(Message("dify.no_endpoint", version=version, type=TYPES.get(path, path), path=path))
    if any(sign in body or sign in headers.get("x-powered-by", "").lower() for sign in _FRONT_END):
        message = Message("dify.web_front_end", status=status)
    else:
        message = Message("dify.not_dify", status=status)
    return InvokeBadRequestError(message, field="base_url", hint=Message("dify.not_dify_hint"))


def _json(error: InvokeError, body: str, status: int) -> InvokeError:
    value = _object(body)
    code, text = value.get("code"), value.get("message")
    if status == 404 and code == "not_found":
        hint = Message("dify.wrong_key_hint")
        return InvokeAuthorizationError(Message("dify.wrong_key"), field="inner_api_key", hint=hint)
    if isinstance(errors := value.get("errors"), dict):  # 1.9 for missing parameters
        text = "; ".join(f"{name}: {fault}" for name, fault in errors.items())
    if not isinstance(text, str) or not text:
        return error
    refusal = reported(text, status, type(error))
    if code in _UNSET:
        refusal.hint = Message("dify.unset_dify_hint")
    return refusal


def _object(body: str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _explain(error: InvokeError, text: str) -> None:
    """Name the field and the next step of an error of Dify's own."""
    if text.startswith("Provider ") and text.endswith(" does not exist."):
        error.field, error.hint = "provider", Message("dify.unknown_provider_hint")
    elif text in ("tenant not found", "tenant_id is required"):
        error.field, error.hint = "tenant_id", Message("dify.unknown_tenant_hint")
    elif text == "user not found":
        error.field, error.hint = "user_id", Message("dify.unknown_user_hint")


def with_limit(error: InvokeError, limit: Message | None) -> None:
    """Explain a call that never succeeds by its known limit, if Dify answered that it failed."""
    if limit is not None and error.status_code in (200, 404) and (error.hint is None or error.type_inferred):
        error.hint = limit
