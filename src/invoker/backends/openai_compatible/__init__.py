"""A server with OpenAI's HTTP interface: OpenAI, vLLM, Ollama, LM Studio, LocalAI, Xinference, llama.cpp and many more."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from ...backend import ListedModel
from ...entities.llm import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from ...entities.model import AIModelEntity, ModelPropertyKey, ModelType
from ...entities.moderation import RequestInvokeModeration
from ...entities.rerank import RequestInvokeRerank
from ...entities.speech2text import RequestInvokeSpeech2Text
from ...entities.summary import RequestInvokeSummary, SummaryResult
from ...entities.text_embedding import RequestInvokeTextEmbedding
from ...entities.tts import RequestInvokeTTS
from ...errors import ConfigError, InvokeError, UnsupportedRequestError, located
from ...request import Chunks, ChunkT, Request
from ...run import Run, Runs
from ...wire.call import Clocks
from ...wire.client import Client
from ...wire.dial import Judge, Search
from ...wire.http import Http
from ...wire.masking import Hiding, looks_secret, masking, pieces
from ...wire.pool import Pool
from . import catalogue, moderation, speech, summary
from .llm import LLM
from .rerank import Rerank
from .structured import stream_structured
from .text_embedding import TextEmbedding

PROVIDER = "openai_api_compatible"
"""What a ModelConfig names as its provider, unless the connection says otherwise; the server never sees it."""


class OpenAICompatibleBackend:
    """A server with OpenAI's HTTP interface.

    Args:
        base_url: Up to and with `/v1`, such as `https://api.openai.com/v1`.
        api_key: Sent as a bearer token; many servers need none.
        provider: What `models()` names as the provider.
        models: What a person said of models; where the server lists them too, they stand in its order.
        defaults: Model type → the model of it that comes first.
        system_model: The LLM that plays Dify's workspace default; the first one if not given.
        headers: Sent with each request, beside ours.
        query: Added to each address.
        proxy: Address of an HTTP proxy.
        verify: Whether the server's certificate is checked; or the file of the authority that signed it.
        authority: The certificate of that authority itself, as text (PEM).
        clocks: How long each part of an exchange may take; or seconds by name, of those that are not the usual ones.
        judge: Says which addresses may be dialled.
        search: Finds the addresses of a name.
        secrets: What else is to be kept out of every note and error, such as the variables of which the rest was made.

    Raises:
        ConfigError: The address or the file cannot be used.
    """

    kind = "openai_compatible"

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
        judge: Judge | None = None,
        search: Search = socket.getaddrinfo,
        secrets: Sequence[str] = (),
    ) -> None:
        self.provider = provider
        self._said = tuple(catalogue.completed(provider, model) for model in models)
        self._defaults = dict(defaults or {})
        self._listed = catalogue.merged(self._said, (), self._defaults)
        self._system_model = system_model
        address, headers = _address(base_url), headers or {}
        known = [
            *(*pieces(api_key or ""), *_words_for(proxy), address.password, *secrets),
            *(piece for pair in (*headers.items(), *(query or {}).items()) if looks_secret(*pair) for piece in pieces(pair[1])),
        ]
        self._mask = mask = masking(known)
        if api_key and not any(name.lower() == "authorization" for name in headers):
            headers = {"Authorization": f"Bearer {api_key}", **headers}
        self._client = Client(Pool(_tls(verify, authority), judge, proxy, search), address, headers=headers, params=query)
        clocks = clocks if isinstance(clocks, Clocks) else Clocks(**(clocks or {}))
        self._http = Http(self._client, clocks, mask, hide=Hiding(known))
        self._root = str(address.copy_with(raw_path=b"/")).rstrip("/")
        self._llm = LLM(self._http)
        self._text_embedding = TextEmbedding(self._http)
        self._rerank = Rerank(self._http, self._root)
        self._runs = Runs()

    def models(self) -> Sequence[ListedModel]:
        """List the defaults, then what the server listed when it was last asked, then what only the connection names."""
        return list(self._listed)

    def describe(self, model: str, model_type: ModelType) -> ListedModel:
        """Describe a model of any name: the server knows which it has."""
        listed = (found for found in self._listed if (found.model, found.model_type) == (model, model_type))
        return next(listed, None) or catalogue.described(self.provider, model, model_type)

    def system_model(self) -> ListedModel | None:
        """Give the LLM that was named for it, or else the first one."""
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
            self._listed = catalogue.merged(self._said, fetched, self._defaults)
        return fetched

    def close(self) -> None:
        """Stop what runs and close every connection to the server."""
        self._runs.close()
        self._client.close()

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
                yield speech.listen(self._http, request, run)
            case RequestInvokeModeration():
                yield moderation.judge(self._http, request, run)
            case _:
                raise UnsupportedRequestError(f"OpenAI's interface has no call for {request.invoke_type}.")

    def _summary(self, request: RequestInvokeSummary, run: Run) -> SummaryResult:
        default = self.system_model()
        name = request.system_model or (default.model if default else None)
        if name is None:
            hint = "Name one among the models of the connection, or choose it on the page."
            raise UnsupportedRequestError(
                "The connection has no system model to summarise with.", field="system_model", hint=hint
            )
        context = self._property(name, ModelType.LLM, ModelPropertyKey.CONTEXT_SIZE)
        return summary.summary(self._llm, request, run, name, context)

    def _property(self, name: str, model_type: ModelType, key: ModelPropertyKey) -> int | None:
        """Give a number that a person or the server tells of a model, also where it is listed as one of another type."""
        found = sorted(
            (model for model in self._listed if model.model == name), key=lambda model: model.model_type is not model_type
        )
        values = (model.model_properties.get(key) for model in found)
        return next((value for value in values if isinstance(value, int) and value > 0), None)

    @contextmanager
    def _open_for(self, run: Run) -> Iterator[None]:
        with self._runs.holding(run):
            try:
                yield
            except InvokeError as error:  # a server may say our own key back to us, wherever it speaks
                error.masked(self._mask)
                raise


def _address(base_url: str) -> httpx.URL:
    try:
        address = httpx.URL(base_url.strip())
    except httpx.InvalidURL as error:
        raise ConfigError(f"base_url: {error}") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ConfigError(f"base_url: expected an address such as http://localhost:11434/v1, found {base_url!r}")
    return address


def _words_for(proxy: str | None) -> tuple[str, ...]:
    """Give what nobody but the proxy may see of its address, as it is written and as it is sent.

    Raises:
        ConfigError: It is no address of an HTTP proxy.
    """
    if proxy is None:
        return ()
    try:
        address = httpx.URL(proxy)
    except httpx.InvalidURL as error:
        raise ConfigError("proxy: expected an address such as http://localhost:3128") from error
    if address.scheme != "http" or not address.host:
        raise ConfigError("proxy: expected an address such as http://localhost:3128")
    if not address.username:
        return ()
    sent = base64.b64encode(f"{address.username}:{address.password}".encode()).decode()
    return address.username, address.password, sent


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
                raise ConfigError(f"ca: is no certificate in PEM: {error}") from error
        return context
    try:
        return ssl.create_default_context(cafile=str(verify))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"verify: {verify} is no file of certificates: {error}") from error


__all__ = ["PROVIDER", "OpenAICompatibleBackend"]
