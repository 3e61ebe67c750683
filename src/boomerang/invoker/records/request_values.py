"""Convert requests and chunks to JSON values and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.invocations.request_types import CHUNK_TYPES, REQUEST_TYPES
from boomerang.invoker.request import InvokeType, Request


def dump_request(request: Request[Any]) -> dict[str, Any]:
    """Return a request as JSON values: its payload, and our own arguments that are not on the wire."""
    payload = request.payload()
    local = {name: value for name, value in request if name not in payload}
    dump = {"invoke_type": request.invoke_type.value, "payload": payload}
    return dump | {"local": local} if local else dump


def load_request(values: Mapping[str, Any]) -> Request[Any]:
    """Rebuild a request."""
    request_type = REQUEST_TYPES[InvokeType(values["invoke_type"])]
    return request_type.model_validate(values["payload"] | values.get("local", {}))


def load_chunk(invoke_type: InvokeType, values: Mapping[str, Any]) -> Any:
    """Rebuild a chunk."""
    return CHUNK_TYPES[invoke_type].model_validate(values)
