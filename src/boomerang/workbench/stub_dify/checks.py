"""Checks before a call: key, tenant and user, in the order of each version (dify-protocol 3.4.1)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from .payloads import TenantUserPayload, error_text
from .profiles import MissingForm, Profile

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ROUTES = (
    "/inner/api/invoke/llm",
    "/inner/api/invoke/llm/structured-output",
    "/inner/api/invoke/text-embedding",
    "/inner/api/invoke/rerank",
    "/inner/api/invoke/tts",
    "/inner/api/invoke/speech2text",
    "/inner/api/invoke/moderation",
    "/inner/api/invoke/tool",
    "/inner/api/invoke/parameter-extractor",
    "/inner/api/invoke/question-classifier",
    "/inner/api/invoke/app",
    "/inner/api/invoke/encrypt",
    "/inner/api/invoke/summary",
    "/inner/api/upload/file/request",
    "/inner/api/fetch/app/info",
)
_NOT_FOUND = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again."
)
NOT_FOUND_PAGE = f"""<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>{_NOT_FOUND}</p>
"""


class Refusal(Exception):
    """An answer with an error status and a JSON body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def invalid(message: str) -> Refusal:
    """Return the refusal of a payload, a tenant or a user."""
    return Refusal(400, {"code": "invalid_param", "message": message, "status": 400})


@dataclass(frozen=True, slots=True)
class Workspace:
    """Who may call."""

    key: str
    tenant_id: str


def check(workspace: Workspace, profile: Profile, path: str, key: str | None, body: Any) -> Mapping[str, Any]:
    """Check a request, and return its body.

    Args:
        workspace: Who may call.
        profile: The version of Dify.
        path: The whole path.
        key: Value of `X-Inner-Api-Key`; `None` if missing.
        body: The body's JSON; `None` if it is none.

    Raises:
        Refusal: It is refused.
    """
    if profile.key_first:
        _check_key(workspace, profile, path, key)
        _check_identity(workspace, profile, body)
    else:
        _check_identity(workspace, profile, body if isinstance(body, dict) else {})
        _check_key(workspace, profile, path, key)
    assert isinstance(body, dict)  # it has a tenant
    return body


def _check_key(workspace: Workspace, profile: Profile, path: str, key: str | None) -> None:
    if key == workspace.key:
        return
    message = _NOT_FOUND
    if profile.similar_routes and (similar := difflib.get_close_matches(path, ROUTES)):
        message += f" You have requested this URI [{path}] but did you mean {' or '.join(similar)} ?"
    raise Refusal(404, {"code": "not_found", "message": message, "status": 404})


def _check_identity(workspace: Workspace, profile: Profile, body: Any) -> None:
    if not isinstance(body, dict):
        message = "The browser (or proxy) sent a request that this server could not understand."
        raise Refusal(400, {"code": "bad_request", "message": message, "status": 400})
    try:
        identity = TenantUserPayload.model_validate(body)
    except ValidationError as error:
        raise _missing(profile, body, error) from error
    if not identity.tenant_id:
        raise invalid("tenant_id is required")
    if profile.strict_tenant and not UUID.fullmatch(identity.tenant_id):
        raise Refusal(500, {"message": "Internal Server Error", "code": "unknown", "status": 500})
    if identity.tenant_id.lower() != workspace.tenant_id.lower():
        raise invalid("tenant not found")
    if identity.user_id and not (profile.creates_users and UUID.fullmatch(identity.user_id)):
        raise invalid("user not found")


def _missing(profile: Profile, body: Mapping[str, Any], error: ValidationError) -> Refusal:
    text = "Missing required parameter in the JSON body"
    missing = next((name for name in ("tenant_id", "user_id") if name not in body), "tenant_id")
    match profile.missing_form:
        case MissingForm.PARAMS:
            return Refusal(400, {"code": "invalid_param", "message": text, "params": missing})
        case MissingForm.ERRORS:
            return Refusal(400, {"errors": {missing: text}, "message": "Input payload validation failed"})
        case MissingForm.PYDANTIC:
            return invalid(error_text(error, profile))
