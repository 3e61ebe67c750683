"""A server with OpenAI's HTTP interface: OpenAI, vLLM, Ollama, LM Studio, LocalAI, Xinference, llama.cpp and many more."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.entities.llm import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.model import AIModelEntity, ModelPropertyKey, ModelType
from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.entities.rerank import RequestInvokeRerank
from boomerang.invoker.entities.speech2text import RequestInvokeSpeech2Text
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.entities.text_embedding import RequestInvokeTextEmbedding
from boomerang.invoker.entities.tts import RequestInvokeTTS
from boomerang.invoker.errors import ConfigError, InvokeError, UnsupportedRequestError, located
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
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, ChunkT, Request
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
"""What a ModelConfig names as its provider, unless the connection says otherwise; the server never sees it."""


class OpenAICompatibleBackend:
    """A server with OpenAI's HTTP interface.

    Args:
        base_url: Up to and with `/v1`, such as `https://api.openai.com/v1`. Its query, as in `…/v1?api-version=1`, is sent with
            each request; a field that `query` names too is `query`'s.
        api_key: Sent as a bearer token; many servers need none.
        provider: What `models()` names as the provider.
        models: What a person said of models; where the server lists them too, they stand in its order.
        defaults: Model type → the model of it that comes first.
        system_model: The LLM that plays Dify's workspace default; the first one if not given.
        headers: Sent with each request, beside ours and in place of ours, such as `User-Agent`. Those that belong to a single
            request, such as `Content-Length`, are refused.
        query: Added to each address.
        proxy: Address of an HTTP proxy.
        verify: Whether the server's certificate is checked; or the file of the authority that signed it.
        authority: The certificate of that authority itself, as text (PEM).
        clocks: How long each part of an exchange may take; or seconds by name, of those that are not the usual ones.
        judge: Says which addresses may be dialled.
        search: Finds the addresses of a name.
        variables: The variables of which the rest was made, by name; what is in them is kept out of every note and error.
        limits: How much of an answer is read.

    Raises:
        ConfigError: A setting cannot be used or sent; it names the setting, and says nothing of what is secret in it.
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
            Pool(_tls(verify, authority), check_address, proxy, search), address, headers=headers, params=query
        )
        clocks = clocks if isinstance(clocks, Clocks) else Clocks(**(clocks or {}))
        self._http = Http(self._client, clocks, self._mask, limits, Hiding(credentials))
        self._root = str(address.copy_with(raw_path=b"/")).rstrip("/")
        self._llm = LLM(self._http)
        self._text_embedding = TextEmbedding(self._http)
        self._rerank = Rerank(self._http, self._root)
        self._contexts = ListedContexts(lambda run: catalogue.fetch(self._http, provider, self._root, run))
        self._fetched = False
        """Whether the server has listed its models; only ever set, so that no lock is needed."""
        self._runs = Runs()

    def models(self) -> Sequence[ListedModel]:
        """List the defaults, then what the server listed when it was last asked, then what only the connection names."""
        return list(self._listed)

    def describe(self, model: str, model_type: ModelType) -> ListedModel:
        """Describe a model of any name: the server knows which it has."""
        listed = (
            model_listed
            for model_listed in self._listed
            if (model_listed.model, model_listed.model_type) == (model, model_type)
        )
        return next(listed, None) or catalogue.described(self.provider, model, model_type)

    def system_model(self) -> ListedModel | None:
        """Return the LLM that was named for it, or else the first one."""
        if self._system_model is not None:
            return self.describe(self._system_model, ModelType.LLM)
        return next((model for model in self._listed if model.model_type is ModelType.LLM), None)

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Ask the server; any model may be named, for it is the server that knows its models.

        Raises:
            UnsupportedRequestError: This back end has no such call.
            InvokeError: The server was not reached, refused, or broke off.
        """
        provider, model = getattr(request, "provider", None), getattr(request, "model", None)
        with located(backend=self.kind, provider=provider, model=model), self._open_for(run):
            run.check()
            yield from cast(Chunks[ChunkT], self._answer(request, run))

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Ask the server for its models, with types guessed from names where it does not tell them; `models()` lists them then.

        Raises:
            InvokeError: It was not reached, refused, or has no list.
        """
        run = run or Run()
        with located(backend=self.kind, provider=self.provider, model=None), self._open_for(run):
            fetched = catalogue.fetch(self._http, self.provider, self._root, run)
            self._listed = catalogue.merged(self._configured, fetched, self._defaults)
            self._fetched = True
        return fetched

    def close(self) -> None:
        """Stop what runs and close every connection to the server."""
        self._runs.close()
        self._client.close()

    def retire(self) -> None:
        """Close as soon as no run is under way; those that are go on to their end."""
        self._runs.when_at_rest(self.close)

    def _answer(self, request: Request[Any], run: Run) -> Iterator[Any]:
        match request:
            case RequestInvokeLLMWithStructuredOutput():
                yield from stream_structured(self._llm, request, run)
            case RequestInvokeLLM():
                yield from self._llm.stream(request, run)
            case RequestInvokeSummary():
                yield self._summary(request, run)
            case RequestInvokeTextEmbedding():
                max_chunks = self._property(request.model, ModelType.TEXT_EMBEDDING, ModelPropertyKey.MAX_CHUNKS)
                yield self._text_embedding.embed(request, run, max_chunks)
            case RequestInvokeRerank():
                yield self._rerank.rank(request, run)
            case RequestInvokeTTS():
                yield from speech.speak(self._http, request, run)
            case RequestInvokeSpeech2Text():
                yield transcription.transcribe(self._http, request, run)
            case RequestInvokeModeration():
                yield moderation.moderate(self._http, request, run)
            case _:
                raise UnsupportedRequestError(Message("runs.no_call", type=str(request.invoke_type)))

    def _summary(self, request: RequestInvokeSummary, run: Run) -> SummaryResult:
        default = self.system_model()
        name = request.system_model or (default.model if default else None)
        if name is None:
            raise UnsupportedRequestError(
                Message("prompts.no_system_model"), field="system_model", hint=Message("prompts.no_system_model_hint")
            )
        context = self._property(name, ModelType.LLM, ModelPropertyKey.CONTEXT_SIZE)
        if context is None and not self._fetched and not summary.is_short(request):
            context = self._contexts.of(name, run)
        return summary.summary(self._llm, request, run, name, context)

    def _property(self, name: str, model_type: ModelType, key: ModelPropertyKey) -> int | None:
        """Return a number that a person or the server tells of a model, also where it is listed as one of another type."""
        models = sorted(
            (model for model in self._listed if model.model == name), key=lambda model: model.model_type is not model_type
        )
        values = (model.model_properties.get(key) for model in models)
        return next((value for value in values if isinstance(value, int) and value > 0), None)

    @contextmanager
    def _open_for(self, run: Run) -> Iterator[None]:
        with self._runs.holding(run):
            try:
                yield
            except InvokeError as error:  # a server may say our own key back to us, wherever it speaks
                error.masked(self._mask)
                release(error)
                raise


def _refuse(field: str, fault: Message | Literal[""] | None) -> None:
    if fault:
        raise ConfigError(fault, field=field)


def _address(base_url: str, query: Mapping[str, str] | None) -> tuple[httpx.URL, httpx.QueryParams]:
    """Split a server's address into the part that paths are put behind and the query of every request."""
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
    except httpx.InvalidURL:  # its words may hold a part of a password
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
    """Return the connection's credentials, which are masked everywhere, and what is masked in all but a model's answers.

    Args:
        api_key: As it is sent.
        proxy: Its address.
        address: The server's.
        fields: Headers and fields of the query.
        variables: Variables that were looked up, by name.
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
    """Return the user that an address names, and what is secret of it: the password, or else the user; and what is sent."""
    if not address.userinfo:
        return "", []
    sent = base64.b64encode(f"{address.username}:{address.password}".encode()).decode()
    return address.username, [address.password or address.username, sent]


def _tls(verify: bool | str | Path, authority: str | None) -> ssl.SSLContext:
    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    if verify is True:
        context = ssl.create_default_context()
        if authority:
            try:
                context.load_verify_locations(cadata=authority)
            except (TypeError, ValueError, ssl.SSLError) as error:
                raise ConfigError(Message("connections.not_pem", fault=str(error)), field="ca") from error
        return context
    try:
        return ssl.create_default_context(cafile=str(verify))
    except (OSError, ssl.SSLError) as error:
        message = Message("connections.no_authorities", file=str(verify), fault=str(error))
        raise ConfigError(message, field="verify") from error


__all__ = ["PROVIDER", "OpenAICompatibleBackend"]
