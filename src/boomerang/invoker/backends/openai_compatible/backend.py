"""Servers with OpenAI's HTTP interface: OpenAI, vLLM, Ollama, LM Studio, LocalAI, Xinference, llama.cpp and many more."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.entities.text_embedding import RequestInvokeTextEmbedding
from boomerang.invoker.entities.tts import RequestInvokeTTS
from boomerang.invoker.errors import ConfigError, InvokeError, UnsupportedRequestError
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.http.client import Client
from boomerang.invoker.http.connection_pool import Pool
from boomerang.invoker.http.errors import release
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.field_rules import address_fault, header_fault, key_fault, proxy_fault, query_fault, without_query
from boomerang.invoker.http.limits import DEFAULTS, Limits
from boomerang.invoker.http.network import AddressCheck, Search
from boomerang.invoker.http.redaction.credentials import is_address, is_masked_in_answers, looks_secret, pieces
from boomerang.invoker.http.redaction.masking import Hiding, SecretMask
from boomerang.invoker.http.tls import tls
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, ChunkT, InvokeType, Request
from boomerang.invoker.run import Run, Runs

from . import moderation, summary
from .audio import speech, transcription
from .context_limits import ListedContexts
from .llm import LLM
from .model_list import catalogue
from .rerank import Rerank
from .structured_output import stream_structured
from .text_embedding import TextEmbedding

PROVIDER = "openai_api_compatible"
"""Default provider in a ModelConfig, unless the connection names another; the server never sees it."""


class OpenAICompatibleBackend:
    """A server with OpenAI's HTTP interface.

    Args:
        base_url: Including `/v1`, such as `https://api.openai.com/v1`. Its query, as in `…/v1?api-version=1`, is sent with each
            request; fields in `query` take precedence.
        api_key: Sent as a bearer token; many servers need none.
        provider: Provider of the models in `models()`.
        models: Models described by the user; those that the server lists too keep its order.
        defaults: Model type → the model of it that comes first.
        system_model: The LLM that plays Dify's workspace default; defaults to the first one.
        headers: Sent with each request; they override ours, such as `User-Agent`. Headers of a single request, such as
            `Content-Length`, are refused.
        query: Added to each address.
        proxy: Address of an HTTP proxy.
        verify: Whether the server's certificate is checked; or the path of a CA certificate.
        authority: The CA certificate itself, as text (PEM).
        clocks: Time limits for each part of an exchange; or a mapping of name to seconds that overrides the defaults.
        check_address: Decides which addresses may be called.
        search: Resolves a name to addresses.
        variables: Environment variables used in the settings, by name; their values are masked in every event and error.
        limits: How much of a response is read.

    Raises:
        ConfigError: A setting cannot be used or sent; names the setting, without its secret parts.
    """

    kind = "openai_compatible"
    can_fetch_models = True

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        provider: str = PROVIDER,
        models: Sequence[AIModelEntity] = (),
        defaults: Mapping[ModelType, str] | None = None,
        system_model: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        proxy: str | None = None,
        verify: bool | str | Path = True,
        authority: str | None = None,
        clocks: Clocks | Mapping[str, float] | None = None,
        check_address: AddressCheck | None = None,
        search: Search = socket.getaddrinfo,
        variables: Mapping[str, str] | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        self.provider = provider
        self._configured = tuple(catalogue.completed(provider, model) for model in models)
        self._defaults = dict(defaults or {})
        self._listed = catalogue.merged(self._configured, (), self._defaults)
        self._system_model = system_model
        address, query = _address(base_url, query)
        headers = _headers(headers)
        _refuse("api_key", api_key and key_fault(api_key))
        credentials, private = _secrets(api_key, proxy, address, [*headers.items(), *query.multi_items()], variables or {})
        self._mask = SecretMask([*credentials, *private])
        if api_key and not any(name.lower() == "authorization" for name in headers):
            headers = {"Authorization": f"Bearer {api_key}", **headers}
        self._client = Client(
            Pool(tls(verify, authority), check_address, proxy, search), address, headers=headers, params=query
        )
        clocks = clocks if isinstance(clocks, Clocks) else Clocks(**(clocks or {}))
        self._http = Http(self._client, clocks, self._mask, limits, Hiding(credentials))
        self._root = str(address.copy_with(raw_path=b"/")).rstrip("/")
        self._llm = LLM(self._http)
        self._text_embedding = TextEmbedding(self._http)
        self._rerank = Rerank(self._http, self._root)
        self._contexts = ListedContexts(lambda run: catalogue.fetch(self._http, provider, self._root, run))
        self._fetched = False
        """Whether the server has listed its models; only ever set, so no lock is needed."""
        self._runs = Runs()

    def models(self) -> Sequence[ListedModel]:
        """List the defaults, then the server's models as last fetched, then models known only to the connection."""
        return list(self._listed)

    def describe(self, model: str, model_type: ModelType) -> ListedModel:
        """Describe a model of any name; only the server knows which models it has."""
        listed = (
            model_listed
            for model_listed in self._listed
            if (model_listed.model, model_listed.model_type) == (model, model_type)
        )
        return next(listed, None) or catalogue.described(self.provider, model, model_type)

    def system_model(self) -> ListedModel | None:
        """Return the configured system model, else the first LLM."""
        if self._system_model is not None:
            return self.describe(self._system_model, ModelType.LLM)
        return next((model for model in self._listed if model.model_type is ModelType.LLM), None)

    def known_limits(self) -> Mapping[InvokeType, Message]:
        """Return nothing: servers of this interface differ too much."""
        return {}

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Send a request to the server. Any model may be named, since only the server knows its models.

        Raises:
            UnsupportedRequestError: This back end does not support the call.
            InvokeError: The server was not reached, refused, or broke off.
        """
        try:
            with self._runs.holding(run):
                run.check()
                yield from cast(Chunks[ChunkT], self._chunks(request, run))
        except InvokeError as error:
            self._complete(error, getattr(request, "provider", None), getattr(request, "model", None))
            raise

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Fetch the server's models for `models()`; types that the server does not state are guessed from names.

        Raises:
            InvokeError: The server was not reached, refused, or has no list.
        """
        run = run or Run()
        try:
            with self._runs.holding(run):
                fetched = catalogue.fetch(self._http, self.provider, self._root, run)
        except InvokeError as error:
            self._complete(error, self.provider, None)
            raise
        self._listed = catalogue.merged(self._configured, fetched, self._defaults)
        self._fetched = True
        return fetched

    def close(self) -> None:
        """Stop all runs and close every connection to the server."""
        self._runs.close()
        self._client.close()

    def retire(self) -> None:
        """Close once no run is active; active runs continue to their end."""
        self._runs.when_at_rest(self.close)

    def _chunks(self, request: Request[Any], run: Run) -> Iterator[Any]:
        match request:
            case RequestInvokeLLMWithStructuredOutput():
                return stream_structured(self._llm, request, run)
            case RequestInvokeLLM():
                return self._llm.stream(request, run)
            case RequestInvokeSummary():
                return self._summary(request, run)
            case RequestInvokeTextEmbedding():
                max_chunks = self._property(request.model, ModelType.TEXT_EMBEDDING, ModelPropertyKey.MAX_CHUNKS)
                return self._text_embedding.embed(request, run, max_chunks)
            case RequestInvokeRerank():
                return self._rerank.rank(request, run)
            case RequestInvokeTTS():
                return speech.speak(self._http, request, run)
            case RequestInvokeSpeech2Text():
                return transcription.transcribe(self._http, request, run)
            case RequestInvokeModeration():
                return moderation.moderate(self._http, request, run)
            case _:
                raise UnsupportedRequestError(Message("runs.no_call", type=str(request.invoke_type)))

    def _summary(self, request: RequestInvokeSummary, run: Run) -> Iterator[SummaryResult]:
        default = self.system_model()
        name = request.system_model or (default.model if default else None)
        if name is None:
            raise UnsupportedRequestError(
                Message("prompts.no_system_model"), field="system_model", hint=Message("prompts.no_system_model_hint")
            )
        context = self._property(name, ModelType.LLM, ModelPropertyKey.CONTEXT_SIZE)
        if context is None and not self._fetched and not summary.is_short(request):
            context = self._contexts.of(name, run)
        yield summary.summary(self._llm, request, run, name, context)

    def _property(self, name: str, model_type: ModelType, key: ModelPropertyKey) -> int | None:
        """Return a number that the user or the server states for a model, even if it is listed under another type."""
        models = sorted(
            (model for model in self._listed if model.model == name), key=lambda model: model.model_type is not model_type
        )
        values = (model.model_properties.get(key) for model in models)
        return next((value for value in values if isinstance(value, int) and value > 0), None)

    def _complete(self, error: InvokeError, provider: str | None, model: str | None) -> None:
        """Say where an error happened, and mask it: any message of a server may echo our own key."""
        error.locate(self.kind, provider, model)
        error.masked(self._mask)
        release(error)


def _refuse(field: str, fault: Message | Literal[""] | None) -> None:
    if fault:
        raise ConfigError(fault, field=field)


def _address(base_url: str, query: Mapping[str, str] | None) -> tuple[httpx.URL, httpx.QueryParams]:
    """Split a server's address into the base for paths and the query of every request."""
    base_url = base_url.strip() if isinstance(base_url, str) else base_url
    _refuse("base_url", address_fault(base_url))
    before, fields = without_query(base_url)
    for name, value in fields:
        _refuse("base_url", query_fault(name, value))
    if not isinstance(query, Mapping | None):
        raise ConfigError(Message("connections.mapping"), field="query")
    for name, value in (query or {}).items():
        _refuse("query", query_fault(name, value))
    return _parsed(before, "base_url"), httpx.QueryParams([*fields]).merge(query or {})


def _parsed(address: str, field: str) -> httpx.URL:
    try:
        return httpx.URL(address)
    except httpx.InvalidURL:  # its message may contain part of a password
        raise ConfigError(Message("connections.address"), field=field) from None


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    if not isinstance(headers, Mapping | None):
        raise ConfigError(Message("connections.mapping"), field="headers")
    names: set[str] = set()
    for name, value in (headers or {}).items():
        _refuse("headers", header_fault(name, value))
        _refuse("headers", Message("connections.header_twice", name=name) if name.lower() in names else None)
        names.add(name.lower())
    return dict(headers or {})


def _secrets(
    api_key: str | None,
    proxy: str | None,
    address: httpx.URL,
    fields: Sequence[tuple[str, str]],
    variables: Mapping[str, str],
) -> tuple[list[str], list[str]]:
    """Return the credentials, which are masked everywhere, and values that are masked everywhere but in a model's answers.

    Args:
        api_key: As sent.
        proxy: Address of the proxy.
        address: Address of the server.
        fields: Headers and query fields.
        variables: Environment variables that were used, by name.
    """
    users = [_user(address), *([_user(_proxy(proxy))] if proxy is not None else [])]
    credentials = [*pieces(api_key or ""), *(secret for _, secrets in users for secret in secrets)]
    secret = [value for name, value in (*fields, *variables.items()) if looks_secret(name, value)]
    credentials += [piece for value in secret for piece in pieces(value)]
    return credentials, [
        *(user for user, _ in users if is_masked_in_answers(user)),
        *(value for value in variables.values() if not is_address(value)),
    ]


def _proxy(proxy: str) -> httpx.URL:
    _refuse("proxy", proxy_fault(proxy))
    return _parsed(proxy, "proxy")


def _user(address: httpx.URL) -> tuple[str, list[str]]:
    """Return the user in an address, and its secrets: the password (or the user, without one) and the encoded credentials."""
    if not address.userinfo:
        return "", []
    sent = base64.b64encode(f"{address.username}:{address.password}".encode()).decode()
    return address.username, [address.password or address.username, sent]


__all__ = ["PROVIDER", "OpenAICompatibleBackend"]
