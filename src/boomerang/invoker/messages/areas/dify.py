"""Messages about a real Dify: its answers, errors, versions and limits."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    # the body of an answer
    "dify.cut_frame": (
        "The answer was cut off inside the frame at byte {offset:,}: {count:,} of {size} bytes arrived. "
        "What came before is kept."
    ),
    "dify.cut_line": (
        "The answer was cut off inside the line at byte {offset:,}, after {count:,} bytes. What came before is kept."
    ),
    "dify.magic": "The answer is not a stream of Dify: a frame begins with byte {number} instead of 15.",
    "dify.header_length": "The answer is not a stream of Dify: the header length is {length} instead of 10.",
    "dify.reserved": "The answer is not a stream of Dify: reserved bytes are not zero in the header {bytes}.",
    "dify.frame_too_long": "A frame announces {size:,} bytes; Dify's plugin daemon accepts at most {limit:,}.",
    "dify.line_too_long": "A line of the answer has more than {limit:,} bytes.",
    "dify.misfit": "Dify's answer does not have the expected fields: {places}",
    "dify.no_data": "Dify answered with neither data nor an error.",
    "dify.filled": "Dify's answer has incomplete fields, filled with empty values: {places}.",
    # errors
    "dify.dify_said": "Dify said: {text}",
    "dify.plugin_said": "The plugin said: {text}",
    "dify.provider_said": "The provider said: {text}",
    "dify.daemon_said": "The plugin daemon said: {text}",
    "dify.two_said": "{first} · {second}",
    "dify.type_inferred": "Type inferred from the text: Dify reports no error type here.",
    "dify.wrong_key": "Dify does not accept the inner API key (HTTP 404 in JSON).",
    "dify.wrong_key_hint": "Enter the value of PLUGIN_DIFY_INNER_API_KEY from Dify's .env file.",
    "dify.no_endpoint": "Dify {version} has no endpoint for {type} ({path}).",
    "dify.not_dify": "No inner API of Dify answers at this address (HTTP {status} with a web page).",
    "dify.not_dify_hint": (
        "The base URL is that of Dify's API server, usually port 5001, without a path. Dify's compose file does not publish it."
    ),
    "dify.web_front_end": "Dify's web front end answers at this address, not its API server (HTTP {status}).",
    "dify.unknown_tenant_hint": "Take the id from Dify's database: SELECT id, name FROM tenants;",
    "dify.unknown_user_hint": "Leave the user ID empty: Dify then uses its anonymous end user.",
    "dify.unknown_provider_hint": "A provider is named organisation/plugin/provider, such as langgenius/openai/openai.",
    "dify.unset_dify_hint": "Finish the installation of Dify in its web front end first.",
    # settings
    "dify.not_uuid": "must be a UUID, such as 5f0c1c2e-0000-4000-8000-000000000001: Dify answers other text with an error",
    "dify.user_not_uuid": "must be empty or a UUID: Dify refuses other text",
    "dify.one_key": "give inner_api_key or inner_api_key_env, not both",
    "dify.provider_shape": "must be organisation/plugin/provider, such as langgenius/openai/openai",
    # requests
    "dify.streamed": (
        "Sent with stream=true and merged here: with stream=false, Dify before March 2026 returns the first chunk only."
    ),
    "dify.not_streamed": "Sent with stream=false, as a plugin would. This Dify ({version}) may return the first chunk only.",
    "dify.not_streamed_whole": "Sent with stream=false, as a plugin would. Dify {version} merges all chunks.",
    "dify.developer": "The role developer was sent as system: Dify does not know it.",
    "dify.provider_completed": "The provider {before} was sent as {provider}.",
    "dify.system_model": "The model {model} was not sent: Dify summarizes with the workspace's own system model.",
    "dify.no_limits": "The limits that are null were sent as numbers that keep all documents, because Dify refuses null.",
    "dify.too_long_for_stdio": (
        "As a plugin's call this has {size:,} bytes. More than {limit:,} on one line makes the daemon kill the plugin."
    ),
    "dify.too_long_for_http": (
        "As a serverless plugin's call this has {size:,} bytes. More than {limit:,} are not read, and no answer comes."
    ),
    # known limits
    "dify.limit_speech2text": (
        "Dify cannot serve speech2text in any known version: it decodes the file twice and then reads from a file opened for "
        "writing."
    ),
    "dify.limit_summary": (
        "Dify returns the text unchanged unless its operator sets PLUGIN_BASED_TOKEN_COUNTING_ENABLED=true, because "
        "otherwise it counts 0 tokens."
    ),
    "dify.limit_multimodal_rerank": "No known version of Dify has an endpoint for multimodal rerank.",
    "dify.limit_multimodal_embedding": "Dify 1.16.0 and earlier have no endpoint for multimodal embedding.",
    "dify.limit_structured_output": "Dify before 1.5.1 has no endpoint for structured output.",
    "dify.limit_input_type": "Dify 1.16.0 and earlier ignore input_type: the model always gets document.",
    "dify.no_catalogue": "Dify {version} has no list of models.",
    "dify.no_catalogue_hint": "Add the models to the connection by name.",
    # test of a connection
    "dify.reached": "Dify {version} accepts the key, the tenant and the user.",
    "dify.reached_and_listed": "Dify {version} accepts the key, the tenant and the user; models listed: {count}.",
    "dify.provider_unknown": "Dify {version} accepts key and tenant, but does not know the provider {provider}. {hint}",
    "dify.failed": "{error} {hint}",
    # the stub
    "dify.switch_value": "{name} cannot be {value}",
    # what the daemon changes
    "dify.reason_model": "model is empty",
    "dify.reason_index": "delta.index is missing",
    "dify.reason_role": "the role is not one of system, user, assistant and tool",
    "dify.reason_content": "content is neither text nor a list",
    "dify.reason_item": "a content item has an unknown type",
    "dify.reason_usage": "the usage is incomplete",
    "dify.reason_shape": "it is not an LLM chunk",
}
