"""A real Dify: its inner API, called as Dify's plugin daemon calls it for a plugin (dify-protocol 3.4)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import httpx

from boomerang.invoker.backend import ListedModel
from boomerang.invoker.daemon.invoke_event import invoke_event, size_fault
from boomerang.invoker.entities.model import AIModelEntity, ModelType
from boomerang.invoker.errors import ConfigError, InvokeError, ProtocolError, UnsupportedRequestError
from boomerang.invoker.events import PluginEvent
from boomerang.invoker.http.cancellation import Clocks
from boomerang.invoker.http.client import Client
from boomerang.invoker.http.connection_pool import Pool
from boomerang.invoker.http.errors import release
from boomerang.invoker.http.exchange import Http
from boomerang.invoker.http.limits import DEFAULTS, Limits
from boomerang.invoker.http.network import AddressCheck, Search
from boomerang.invoker.http.redaction.credentials import is_address, pieces
from boomerang.invoker.http.redaction.masking import Hiding, SecretMask
from boomerang.invoker.http.tls import tls
from boomerang.invoker.messages.message import Message
from boomerang.invoker.request import Chunks, ChunkT, InvokeType, Request
from boomerang.invoker.run import Run, Runs

from . import answers, models
from .errors import refused, with_limit
from .identity import INNER_API, base_url_fault, inner_key_fault, server_address, tenant_fault, user_fault
from .requests import HEALTH_PATH, LLMS, PATHS, STREAMED, UPLOAD_PATH, Identity, body_of
from .settings import DEFAULT_PROVIDER
from .versions import Version, failure_of, limits_of

KEY_HEADER = "X-Inner-Api-Key"
LONGEST_EVENT = 64 * 1024
"""Most characters of the plugin's event in the record."""
_REQUEST_ID = "0123456789abcdef" * 2
_SESSION_ID = "00000000-0000-4000-8000-000000000000"


class DifyBackend:
    """The inner API of a Dify.

    Args:
        base_url: Address of the API server, such as `http://localhost:5001`.
        inner_api_key: Dify's `PLUGIN_DIFY_INNER_API_KEY`.
        tenant_id: Id of the workspace: a UUID.
        user_id: Id of an end user, a UUID; the anonymous one if empty.
        provider: Provider of models that do not name their own.
        as_plugin: Whether requests are exactly those of Dify's plugin daemon, even where Dify refuses or cuts them.
        models: Models described by the user; a `provider` of their own takes precedence.
        defaults: Model type → the model of it that comes first.
        system_model: The LLM that the page shows for a summary; Dify uses the workspace's own, whatever is named.
        verify: Whether the server's certificate is checked.
        authority: A CA certificate as text (PEM).
        clocks: Time limits for each part of an exchange; or a mapping of name to seconds that overrides the defaults.
        check_address: Decides which addresses may be called.
        search: Resolves a name to addresses.
        variables: Environment variables used in the settings, by name; their values are masked in every event and error.
        limits: How much of a response is read.

    Raises:
        ConfigError: A setting cannot be used or sent; names the setting, without its secret parts.
    """

    kind = "dify"
    can_fetch_models = True

    def __init__(
        self,
        base_url: str,
        inner_api_key: str,
        tenant_id: str,
        user_id: str = "",
        *,
        provider: str = DEFAULT_PROVIDER,
        as_plugin: bool = False,
        models: Sequence[AIModelEntity] = (),
        defaults: Mapping[ModelType, str] | None = None,
        system_model: str | None = None,
        verify: bool = True,
        authority: str | None = None,
        clocks: Clocks | Mapping[str, float] | None = None,
        check_address: AddressCheck | None = None,
        search: Search = socket.getaddrinfo,
        variables: Mapping[str, str] | None = None,
        limits: Limits = DEFAULTS,
    ) -> None:
        self.root = server_address(base_url) if isinstance(base_url, str) else base_url
        faults = {
            "base_url": base_url_fault(self.root),
            "inner_api_key": inner_key_fault(inner_api_key),
            "tenant_id": tenant_fault(tenant_id),
            "user_id": user_fault(user_id),
        }
        for field, fault in faults.items():
            if fault is not None:
                raise ConfigError(fault, field=field)
        self.identity = Identity(tenant_id, user_id)
        self._provider = provider
        self._as_plugin = as_plugin
        self._system_model = system_model
        self._defaults = dict(defaults or {})
        self._set_models(models)
        credentials = [*pieces(inner_api_key)]
        used = [value for value in (variables or {}).values() if not is_address(value)]
        self._mask = SecretMask([*credentials, *used])
        try:
            address = httpx.URL(f"{self.root}{INNER_API}/")
        except httpx.InvalidURL:
            raise ConfigError(Message("connections.address"), field="base_url") from None
        pool = Pool(tls(verify, authority), check_address, None, search)
        self._client = Client(pool, address, headers={KEY_HEADER: inner_api_key})
        clocks = clocks if isinstance(clocks, Clocks) else Clocks(**(clocks or {}))
        self.http = Http(self._client, clocks, self._mask, limits, Hiding(credentials), self._received, self._refused)
        self._version = ""
        """As Dify's last answer says; only ever replaced as a whole, so no lock is needed."""
        self._runs = Runs()

    @property
    def version(self) -> str:
        """The server's version as last seen, such as `1.16.0-rc1`; empty before its first answer."""
        return self._version

    def known_limits(self) -> Mapping[InvokeType, Message]:
        """Return the calls that this version cannot serve as asked, with the reasons."""
        return limits_of(Version.parse(self._version))

    def models(self) -> Sequence[ListedModel]:
        """List the defaults, then the catalogue as last fetched, then models known only to the connection."""
        return list(self._listed)

    def describe(self, model: str, model_type: ModelType) -> ListedModel:
        """Describe a model of any name; only the workspace knows which models it has."""
        listed = (known for known in self._listed if (known.model, known.model_type) == (model, model_type))
        return next(listed, None) or models.described(self._provider, model, model_type)

    def system_model(self) -> ListedModel | None:
        """Return the configured system model, else the first LLM. It is for display: Dify uses the workspace's own."""
        if self._system_model is not None:
            return self.describe(self._system_model, ModelType.LLM)
        return next((model for model in self._listed if model.model_type is ModelType.LLM), None)

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Send a request to Dify, and yield its answer chunk by chunk as Dify wrote it.

        Raises:
            UnsupportedRequestError: This version has no such endpoint.
            InvokeError: Dify was not reached, refused, reported an error, or broke off; chunks yielded before remain valid.
        """
        try:
            with self._runs.holding(run):
                run.check()
                yield from cast(Chunks[ChunkT], self._chunks(request, run))
        except InvokeError as error:
            with_limit(error, failure_of(request.invoke_type, Version.parse(self._version)))
            self._complete(error, getattr(request, "provider", None), getattr(request, "model", None))
            raise

    def fetch_models(self, run: Run | None = None) -> Sequence[ListedModel]:
        """Fetch the workspace's models for `models()`. A version without a catalogue has those that the user described.

        Raises:
            UnsupportedRequestError: This version has no catalogue, and the user described no model.
            InvokeError: Dify was not reached, or refused.
        """
        try:
            return self._fetched(run or Run())
        except UnsupportedRequestError:
            if self._configured:
                return list(self._listed)
            raise

    def catalogue(self, run: Run) -> Sequence[ListedModel] | None:
        """Fetch the workspace's models; return `None` if this version has no catalogue.

        Raises:
            InvokeError: Dify was not reached, or refused.
        """
        try:
            return self._fetched(run)
        except UnsupportedRequestError:
            return None

    def _fetched(self, run: Run) -> Sequence[ListedModel]:
        try:
            with self._runs.holding(run):
                fetched = models.fetch(self.http, self.identity, lambda: self._shown_version, run)
        except InvokeError as error:
            self._complete(error, None, None)
            raise
        self._listed = models.merged(self._configured, fetched, self._defaults)
        return fetched

    def check_identity(self, run: Run) -> str:
        """Check address, key, tenant and user without calling a model.

        Returns:
            The server's version.

        Raises:
            InvokeError: See its `field`: `base_url`, `inner_api_key`, `tenant_id` or `user_id`.
        """
        body = {"tenant_id": self.identity.tenant_id, "user_id": self.identity.user_id}
        body |= {"filename": "test.txt", "mimetype": "text/plain"}
        try:
            with self._runs.holding(run):
                with self.http.get(f"{self.root}{HEALTH_PATH}", run) as answer:
                    health = answer.json_value()
                if not isinstance(health, Mapping) or "version" not in health:
                    hint = Message("dify.not_dify_hint")
                    raise ProtocolError(Message("dify.not_dify", status=answer.status), field="base_url", hint=hint)
                self._version = self._version or str(health["version"])[:40]
                with self.http.post(UPLOAD_PATH, run, json=body) as answer:
                    models.envelope(answer.json_value(), answer.status)
        except InvokeError as error:
            self._complete(error, None, None)
            raise
        return self._version

    def check_provider(self, provider: str, model: str, run: Run) -> InvokeError | None:
        """Return why Dify does not know a provider; `None` if it does. Calls no language model: it asks for a moderation."""
        body = {"tenant_id": self.identity.tenant_id, "user_id": self.identity.user_id}
        body |= {"type": "moderation", "provider": provider, "model": model, "text": "test"}
        try:
            with self._runs.holding(run), self.http.post(PATHS[InvokeType.MODERATION], run, json=body) as answer:
                models.envelope(answer.json_value(), answer.status)
        except InvokeError as error:
            self._complete(error, provider, model)
            return error if error.field == "provider" else None
        return None

    def close(self) -> None:
        """Stop all runs and close every connection to the server."""
        self._runs.close()
        self._client.close()

    def retire(self) -> None:
        """Close once no run is active; active runs continue to their end."""
        self._runs.when_at_rest(self.close)

    @property
    def _shown_version(self) -> str:
        return self._version or "?"

    def _set_models(self, described: Sequence[AIModelEntity]) -> None:
        self._configured = tuple(models.completed(self._provider, model) for model in described)
        self._listed = models.merged(self._configured, (), self._defaults)

    def _chunks(self, request: Request[Any], run: Run) -> Iterator[Any]:
        body = body_of(request, self.identity, run, self._shown_version, as_plugin=self._as_plugin)
        if run.has_listener:
            self._report_event(request, run)
        run.phase("reading" if request.invoke_type in LLMS else "inference")
        with self.http.post(PATHS[request.invoke_type], run, json=body) as answer:
            if request.invoke_type not in STREAMED:
                yield answers.unary(answer, request, run)
                return
            first = request.invoke_type in LLMS
            for chunk in answers.stream(answer, request, run, self._mask):
                if first:
                    first = False
                    run.phase("generating")
                yield chunk

    def _report_event(self, request: Request[Any], run: Run) -> None:
        """Report what a plugin would have written, and what its size would have done."""
        event = invoke_event(request, _REQUEST_ID, _SESSION_ID)
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode("utf-8", "replace"))
        mask = self._mask.beginning if len(text) > LONGEST_EVENT else self._mask
        run.report(PluginEvent(mask(text[:LONGEST_EVENT]), size))
        if (fault := size_fault(size)) is not None:
            run.relay(fault)

    def _received(self, headers: Mapping[str, str]) -> None:
        if version := headers.get("x-version", "")[:40]:
            self._version = version

    def _refused(self, error: InvokeError, body: str, headers: Mapping[str, str], path: str) -> InvokeError:
        return refused(error, body, headers, path.removeprefix(self.root), self._shown_version)

    def _complete(self, error: InvokeError, provider: str | None, model: str | None) -> None:
        """Say where an error happened, and mask it: any message of a server may echo our own key."""
        error.locate(self.kind, provider, model)
        error.masked(self._mask)
        release(error)
