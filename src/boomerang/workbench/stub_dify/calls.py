"""Answer the calls of the inner API from a back end, in the shapes of a version of Dify."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from boomerang.invoker.backend import Backend
from boomerang.invoker.entities.llm.chunk import LLMResultChunk, LLMUsage
from boomerang.invoker.entities.llm.result import LLMFold
from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.invocations.request_types import REQUEST_TYPES
from boomerang.invoker.llm_text.json_in_text import find
from boomerang.invoker.request import InvokeType, Request
from boomerang.invoker.run import Run

from .faults import Faults
from .model_errors import DifyError, error_text
from .payloads import RequestInvokeLLM, RequestInvokeSpeech2Text, RequestModelCatalog
from .profiles import Profile

LLMS = (InvokeType.LLM, InvokeType.LLM_STRUCTURED_OUTPUT)
_TIMES = {"time_to_first_token": None, "time_to_generate": None}


class UnknownProviderError(DifyError, ValueError):
    """A provider that the workspace does not have: before a stream, a status 400."""


class Calls:
    """The calls of one workspace.

    Args:
        backend: Answers them.
        profile: The version of Dify.
        faults: The switches.
    """

    def __init__(self, backend: Backend, profile: Profile, faults: Faults) -> None:
        self._backend = backend
        self._profile = profile
        self._faults = faults

    def providers(self) -> dict[str, str]:
        """Return full provider → the back end's own name for it."""
        return {full_name(model.provider): model.provider for model in self._backend.models()}

    def request(self, invoke_type: InvokeType, body: Mapping[str, Any], payload: Any) -> Request[Any]:
        """Return the request of a valid payload for the back end.

        Raises:
            UnknownProviderError: The workspace does not have its provider.
        """
        fields = {name: value for name, value in body.items() if name != "model_type"}
        if "provider" in fields:
            named = str(fields["provider"])
            full = named if "/" in named else f"langgenius/{named}/{named}"
            provider = self.providers().get(full)
            if provider is None:
                raise UnknownProviderError(f"Provider {named} does not exist.")
            fields["provider"] = provider
        if isinstance(payload, RequestInvokeLLM):
            fields["stream"] = payload.stream
        if isinstance(payload, RequestInvokeSpeech2Text):
            fields["file"] = payload.file
        if invoke_type is InvokeType.RERANK:
            fields |= {"score_threshold": payload.score_threshold, "top_n": payload.top_n}
        if invoke_type is InvokeType.TEXT_EMBEDDING and not self._profile.newer:
            fields["input_type"] = "document"  # whatever was sent
        return REQUEST_TYPES[invoke_type].model_validate(fields)

    def unary(self, invoke_type: InvokeType, body: Mapping[str, Any], payload: Any, run: Run) -> dict[str, Any]:
        """Return the envelope of a call; an error is in it too."""
        try:
            request = self.request(invoke_type, body, payload)
            return {"data": self._unary(request, run), "error": ""}
        except Exception as error:
            return {"data": None, "error": self.text(error, body)}

    def _unary(self, request: Request[Any], run: Run) -> Any:
        if request.invoke_type is InvokeType.SPEECH2TEXT and self._faults.speech_defect:
            binascii.unhexlify(request.file)  # type: ignore[attr-defined]
            raise DifyError("read")
        if request.invoke_type is InvokeType.SYSTEM_SUMMARY:
            if self._backend.system_model() is None:
                raise DifyError("Default model not found for llm")
            if not self._faults.token_counting:
                return {"summary": request.text}  # type: ignore[attr-defined]
        with closing(self._backend.invoke(request, run)) as chunks:
            return next(chunks).model_dump(mode="json")

    def stream(self, invoke_type: InvokeType, body: Mapping[str, Any], payload: Any, run: Run) -> Iterator[dict[str, Any]]:
        """Return the envelopes of a stream; those of a merged one are complete before this returns.

        Raises:
            Exception: An error before the stream begins, which is a status 400.
        """
        request = self.request(invoke_type, body, payload)
        if invoke_type is InvokeType.TTS:
            return self._envelopes(request, body, run, self._sound)
        if not payload.stream:
            return iter([{"data": self._merged(request, run), "error": ""}])
        return self._envelopes(request, body, run, self._chunk, structured=invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT)

    def text(self, error: Exception, body: Mapping[str, Any]) -> str:
        """Return the text of an error."""
        if isinstance(error, binascii.Error):
            return str(error)
        return error_text(error, str(body.get("provider", "")), self._profile, self._faults)

    def _envelopes(
        self,
        request: Request[Any],
        body: Mapping[str, Any],
        run: Run,
        shape: Callable[[Any], dict[str, Any]],
        *,
        structured: bool = False,
    ) -> Iterator[dict[str, Any]]:
        fold = LLMFold()
        try:
            with closing(self._backend.invoke(request, run)) as chunks:
                for chunk in chunks:
                    if structured:
                        fold.add(chunk)
                    yield {"data": shape(chunk), "error": ""}
            if structured:
                yield {"data": self._last(fold), "error": ""}
        except Exception as error:
            yield {"data": None, "error": self.text(error, body)}

    def _sound(self, chunk: Any) -> dict[str, Any]:
        dump: dict[str, Any] = chunk.model_dump(mode="json")
        return dump if self._profile.newer else {"result": dump["result"]}

    def _chunk(self, chunk: LLMResultChunk) -> dict[str, Any]:
        """Return a chunk with Dify's keys in Dify's order; a structured one has the object in a last chunk of its own."""
        dump = chunk.model_dump(mode="json", exclude={"structured_output"})
        delta = dump["delta"]
        message = self._message(delta["message"])
        delta = {"index": delta["index"], "message": message, "usage": self._usage(delta["usage"]), **_end(delta)}
        value = {**dump, "delta": delta}
        return {"structured_output": None, **value} if hasattr(chunk, "structured_output") else value

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        content = message["content"]
        if isinstance(content, list):
            content = [{name: value for name, value in item.items() if name != "opaque_body"} for item in content]
        return {
            "role": message["role"],
            "content": content,
            "name": message["name"],
            "tool_calls": message["tool_calls"],
        }

    def _usage(self, usage: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if usage is None:
            return None
        return {**usage, **_TIMES} if self._profile.usage_times else dict(usage)

    def _merged(self, request: Request[Any], run: Run) -> dict[str, Any]:
        """Return the only chunk of a call with `stream=false`: everything, or in old versions the first chunk without usage."""
        fold = LLMFold()
        with closing(self._backend.invoke(request, run)) as chunks:
            for chunk in chunks:
                fold.add(chunk)
                if not self._profile.merges:
                    break
        value = self._whole(fold, LLMUsage.empty_usage() if not self._profile.merges else fold.usage or LLMUsage.empty_usage())
        if request.invoke_type is InvokeType.LLM_STRUCTURED_OUTPUT:
            return {"structured_output": _object(fold), **value}
        return value

    def _whole(self, fold: LLMFold, usage: LLMUsage) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": fold.text or [],
            "name": None,
            "tool_calls": [call.model_dump(mode="json") for call in fold.tool_calls],
        }
        delta = {"index": 0, "message": message, "usage": self._usage(usage.model_dump(mode="json")), "finish_reason": ""}
        fingerprint = fold.system_fingerprint
        return {"model": fold.model, "prompt_messages": [], "system_fingerprint": fingerprint, "delta": delta}

    def _last(self, fold: LLMFold) -> dict[str, Any]:
        """Return the extra chunk of a structured stream."""
        message: dict[str, Any] = {"role": "assistant", "content": "", "name": None, "tool_calls": []}
        delta = {"index": 0, "message": message, "usage": None, "finish_reason": None}
        whole: dict[str, Any] = {"model": fold.model, "prompt_messages": [], "system_fingerprint": fold.system_fingerprint}
        return {"structured_output": _object(fold), **whole, "delta": delta}

    def catalogue(self, payload: RequestModelCatalog) -> dict[str, Any]:
        """Return a page of the workspace's models."""
        items = [
            {
                "plugin_id": full_name(model.provider).rpartition("/")[0],
                "plugin_unique_identifier": f"{full_name(model.provider).rpartition('/')[0]}:0.0.1@stub",
                "provider": full_name(model.provider).rpartition("/")[2],
                "model": model.model,
                "model_type": model.model_type.value,
                "capabilities": [feature.value for feature in model.features or ()],
            }
            for model in self._backend.models()
            if model.model_type is ModelType(payload.model_type) and payload.model in (None, model.model)
        ]
        end = payload.offset + payload.limit
        following = end if end < len(items) else None
        return {"data": {"items": items[payload.offset : end], "next_offset": following}, "error": ""}


def full_name(provider: str) -> str:
    """Return the full provider for a back end's own name."""
    return provider if provider.count("/") == 2 else f"langgenius/{provider}/{provider}"


def _end(delta: Mapping[str, Any]) -> dict[str, Any]:
    return {"finish_reason": delta["finish_reason"]}


def _object(fold: LLMFold) -> dict[str, Any]:
    """Return the object that an answer spells: the back end's, else as Dify parses and repairs the text.

    Raises:
        DifyError: There is none.
    """
    if fold.structured_output is not None:
        return dict(fold.structured_output)
    match = find(fold.text)
    if match is not None and isinstance(match.value, dict):
        return match.value
    if match is not None and isinstance(match.value, list):
        return next((item for item in match.value if isinstance(item, dict)), {})
    raise DifyError(f"Failed to parse structured output: {fold.text}")
