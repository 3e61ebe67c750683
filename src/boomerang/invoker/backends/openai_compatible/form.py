"""Connection form of a server with OpenAI's interface."""

from __future__ import annotations

from boomerang.invoker.connection_form import N_, Form, FormField, Widget

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
        FormField(
            name="api_key_env",
            label=N_("Environment variable"),
            widget=Widget.VARIABLE,
            help=N_(
                "Read the key from a variable on the machine that runs this app. Its administrator lists the allowed ones in "
                "CONNECTIONS_ENV."
            ),
            advanced=True,
        ),
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
        FormField(
            name="verify",
            label=N_("Verify the server's certificate"),
            widget=Widget.SWITCH,
            advanced=True,
            summary_label=N_("Certificate"),
            summary_off=N_("not checked"),
        ),
        FormField(
            name="ca",
            label=N_("CA certificate (PEM)"),
            widget=Widget.LONG_TEXT,
            placeholder="-----BEGIN CERTIFICATE-----",
            advanced=True,
        ),
        FormField(
            name="timeouts",
            label=N_("Timeouts"),
            widget=Widget.SECONDS,
            parts={
                "connect": N_("to connect"),
                "first_byte": N_("to the first byte"),
                "between_chunks": N_("between chunks"),
                "total": N_("in total"),
            },
            advanced=True,
        ),
        FormField(name="models", label=N_("Models"), widget=Widget.MODELS, advanced=True),
    ),
    summary=("base_url", "api_key", "provider", "system_model", "headers", "query", "proxy", "verify", "timeouts"),
)
