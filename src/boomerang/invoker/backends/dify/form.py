"""Connection form of a real Dify, and its preset."""

from __future__ import annotations

from collections.abc import Mapping

from boomerang.invoker.connection_form import N_, SERVER_FIELDS, Form, FormField, Widget, variable_field
from boomerang.invoker.connection_kind import Preset

from .settings import DEFAULT_PROVIDER, KEY_VARIABLE

SERVER = "http://localhost:5001"

FORM = Form(
    fields=(
        FormField(
            name="base_url",
            label=N_("Base URL"),
            widget=Widget.ADDRESS,
            placeholder=SERVER,
            caption=N_("Dify's `api` service, port 5001, not its web page. Its compose file does not publish this port."),
            summary_label=N_("Address"),
        ),
        FormField(
            name="inner_api_key",
            label=N_("Inner API key"),
            widget=Widget.KEY,
            secret=True,
            variable="inner_api_key_env",
            help=N_("`PLUGIN_DIFY_INNER_API_KEY` in Dify's `.env` file. Masked before anything is recorded."),
        ),
        FormField(
            name="tenant_id",
            label=N_("Tenant ID"),
            placeholder="5f0c1c2e-0000-4000-8000-000000000001",
            help=N_("The workspace. In Dify's database: `SELECT id, name FROM tenants;`"),
        ),
        FormField(
            name="user_id",
            label=N_("User ID"),
            help=N_(
                "An end user: `SELECT id FROM end_users;`. Empty is Dify's anonymous end user, which every version accepts."
            ),
            optional=True,
            advanced=True,
        ),
        FormField(
            name="provider",
            label=N_("Dify provider"),
            placeholder=DEFAULT_PROVIDER,
            caption=N_("organisation/plugin/provider of the models below. A short name is completed."),
            advanced=True,
        ),
        variable_field("inner_api_key_env"),
        FormField(
            name="as_plugin",
            label=N_("As a plugin would send it"),
            widget=Widget.SWITCH,
            help=N_("Send exactly what Dify's plugin daemon would send, such as stream=false, and show what this Dify loses."),
            advanced=True,
        ),
        *SERVER_FIELDS,
    ),
    summary=(
        "base_url",
        "inner_api_key",
        "tenant_id",
        "user_id",
        "provider",
        "system_model",
        "as_plugin",
        "verify",
        "timeouts",
    ),
)

PRESETS: Mapping[str, Preset] = {
    "dify": Preset(
        "dify",
        "Dify",
        SERVER,
        needs_key=True,
        key_variables=(KEY_VARIABLE, "PLUGIN_DIFY_INNER_API_KEY", "INNER_API_KEY_FOR_PLUGIN"),
        url_variables=("DIFY_INNER_API_URL", "PLUGIN_DIFY_INNER_API_URL"),
        key_field="inner_api_key_env",
        more_variables={"tenant_id": ("DIFY_TENANT_ID",), "user_id": ("DIFY_USER_ID",)},
    )
}
"""By id. The variables are the daemon's, then those of Dify's compose file."""
