"""Connection form of a server with OpenAI's interface."""

from __future__ import annotations

from boomerang.invoker.connection_form import N_, SERVER_FIELDS, Form, FormField, Widget, variable_field

_PAIRS_HELP = N_(
    "One per line, name and value separated by a colon. Secrets show as {mask} and stay unchanged until you replace it."
)

FORM = Form(
    fields=(
        FormField(
            name="base_url",
            label=N_("Base URL"),
            widget=Widget.ADDRESS,
            query="query",
            placeholder="http://localhost:11434/v1",
            caption=N_("Include `/v1`."),
            summary_label=N_("Address"),
        ),
        FormField(
            name="api_key",
            label=N_("API key"),
            widget=Widget.KEY,
            secret=True,
            variable="api_key_env",
            help=N_("Sent as a bearer token. Masked before anything is recorded."),
            placeholder="sk-…",
            optional=True,
        ),
        FormField(
            name="provider",
            label=N_("Dify provider"),
            caption=N_("The provider of these models in Dify. It is part of every ModelConfig and of the generated code."),
            advanced=True,
        ),
        variable_field("api_key_env"),
        FormField(
            name="headers",
            label=N_("Headers"),
            widget=Widget.PAIRS,
            secret=True,
            help=_PAIRS_HELP,
            placeholder="X-Team: qa",
            advanced=True,
        ),
        FormField(
            name="query",
            label=N_("Query"),
            widget=Widget.PAIRS,
            secret=True,
            help=_PAIRS_HELP,
            placeholder="api-version: 2026-01-01",
            advanced=True,
        ),
        FormField(
            name="proxy",
            label=N_("Proxy"),
            widget=Widget.PROXY,
            secret=True,
            placeholder="http://proxy.example:3128",
            advanced=True,
        ),
        *SERVER_FIELDS,
    ),
    summary=("base_url", "api_key", "provider", "system_model", "headers", "query", "proxy", "verify", "timeouts"),
)
