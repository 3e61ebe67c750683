"""Unfold Dify's error texts: who said what, and which type of error it is (dify-protocol 3.4.3, 3.4.6 and 5.6).

Dify reports one string in which each hop has wrapped the one before::

    [probe] Error: req_id: 0a3a0bc419 PluginInvokeError: {"args": {"traceback": "…"}, "error_type": "…", "message": "…"}

The type is the plugin's `error_type` if the text has one; else that of an exact prefix or class name, which is a guess; else
`InvokeError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from boomerang.invoker.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from boomerang.invoker.messages.message import Message

LONGEST_TRACE = 32 * 1024
LONGEST_TEXT = 4 * 1024
MOST_LAYERS = 8
CLASSES: Mapping[str, type[InvokeError]] = {
    "InvokeError": InvokeError,
    "InvokeConnectionError": InvokeConnectionError,
    "InvokeServerUnavailableError": InvokeServerUnavailableError,
    "InvokeRateLimitError": InvokeRateLimitError,
    "InvokeAuthorizationError": InvokeAuthorizationError,
    "CredentialsValidateFailedError": InvokeAuthorizationError,
    "InvokeBadRequestError": InvokeBadRequestError,
}
"""Class name of Dify's SDK → ours."""
_KINDS: Mapping[str, type[InvokeError]] = {
    "Connection Error": InvokeConnectionError,
    "Server Unavailable Error": InvokeServerUnavailableError,
    "Rate Limit Error": InvokeRateLimitError,
    "Bad Request Error": InvokeBadRequestError,
}
_NO_CREDENTIALS = "Incorrect model credentials provided, please check and try again."
_DAEMON = re.compile(
    r"(?:invoke|read) (?:llm|llm with structured output|text-embedding|multimodal embedding|rerank|multimodal rerank|tts|"
    r"speech2text|moderation)(?: model)? failed: (?:request failed: )?|invoke summary failed: (?:request failed: )?"
)
_DIFY = re.compile(r"\[[^\[\]\n]{1,200}\] Error: (?=(?:req_id: |PluginInvokeError: ))")
_REQUEST_ID = re.compile(r"req_id: ([0-9a-f]{6,32}) ")
_PLUGIN = re.compile(r"PluginInvokeError: (?=\{)")
_MAPPED = re.compile(rf"\[[^\[\]\n]{{1,200}}\] (?:({'|'.join(_KINDS)}), |({re.escape(_NO_CREDENTIALS)}) ?|Error: )")


@dataclass(slots=True)
class Unfolded:
    """What an error text says."""

    speakers: list[tuple[str, str]]
    """Who said what, the outermost first."""
    kind: type[InvokeError] | None = None
    """The class; `None` if the text has none."""
    inferred: bool = False
    """Whether the class is a guess from the text."""
    request_id: str | None = None
    trace: str | None = None
    """The plugin's traceback."""
    plugin_class: str = ""
    """Class name of the plugin's error."""

    @property
    def message(self) -> Message:
        """The whole as a sentence for each speaker."""
        parts = [_sentence(speaker, text) for speaker, text in self.speakers]
        whole = parts[0]
        for part in parts[1:]:
            whole = Message("dify.two_said", first=whole, second=part)
        return whole


def unfold(text: str) -> Unfolded:
    """Unfold an error text of Dify. Never fails: what is not understood is what Dify said."""
    unfolded = Unfolded([])
    rest = text.strip()
    if match := _DAEMON.match(rest):
        unfolded.speakers.append(("daemon", match[0].rstrip(": ")))
        rest = rest[match.end() :]
    if match := _DIFY.match(rest):
        unfolded.speakers.append(("dify", match[0].rstrip(": ")))
        rest = rest[match.end() :]
    if match := _REQUEST_ID.match(rest):
        unfolded.request_id, rest = match[1], rest[match.end() :]
    for _ in range(MOST_LAYERS):
        inner = _plugin(rest, unfolded)
        if inner is None:
            break
        rest = inner
    _read_last(rest, unfolded)
    return unfolded


def _plugin(text: str, unfolded: Unfolded) -> str | None:
    """Read one `PluginInvokeError: {json}`; return the message inside, or `None` if there is none."""
    match = _PLUGIN.match(text)
    if match is None:
        return None
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text, match.end())
    except (ValueError, RecursionError):
        return None
    arguments = value.get("args")
    trace = arguments.get("traceback") if isinstance(arguments, dict) else None
    if isinstance(trace, str) and not unfolded.trace:
        unfolded.trace = _clean(trace[:LONGEST_TRACE])
    name, message = value.get("error_type"), value.get("message")
    if isinstance(name, str) and name:
        unfolded.kind, unfolded.inferred = CLASSES.get(name, InvokeError), False
        if not any(speaker == "dify" for speaker, _ in unfolded.speakers):
            unfolded.speakers.append(("dify", "PluginInvokeError"))
        unfolded.plugin_class = _clean(name[:LONGEST_TEXT])
    return message.strip() if isinstance(message, str) else ""


def _read_last(text: str, unfolded: Unfolded) -> None:
    """Read the innermost text: a class name, a kind of the SDK with the provider's text, or anything else."""
    by_plugin, provider = text, ""
    if match := _MAPPED.match(text):
        _infer(unfolded, _KINDS[match[1]] if match[1] else InvokeAuthorizationError if match[2] else InvokeError)
        by_plugin, provider = match[0].rstrip(": ,"), text[match.end() :].strip()
    elif text in CLASSES:
        _infer(unfolded, CLASSES[text])
    elif text == _NO_CREDENTIALS:
        _infer(unfolded, InvokeAuthorizationError)
    elif unfolded.kind is None and not unfolded.plugin_class:
        if text or not unfolded.speakers:
            unfolded.speakers.append(("dify", _clean(text[:LONGEST_TEXT]) or "—"))
        return
    by_plugin = ": ".join(filter(None, (unfolded.plugin_class, _clean(by_plugin[:LONGEST_TEXT]))))
    unfolded.speakers.append(("plugin", by_plugin))
    if provider:
        unfolded.speakers.append(("provider", _clean(provider[:LONGEST_TEXT])))


def _infer(unfolded: Unfolded, kind: type[InvokeError]) -> None:
    """Use a class from the text, unless the plugin reported one; a bare `InvokeError` of the text decides nothing."""
    if unfolded.kind in (None, InvokeError) and kind is not InvokeError:
        unfolded.kind, unfolded.inferred = kind, True


def _sentence(speaker: str, text: str) -> Message:
    match speaker:
        case "daemon":
            return Message("dify.daemon_said", text=text)
        case "plugin":
            return Message("dify.plugin_said", text=text)
        case "provider":
            return Message("dify.provider_said", text=text)
        case _:
            return Message("dify.dify_said", text=text)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # JSON can encode a lone surrogate, which a page cannot show
