"""Messages about tests of connections and models: results, causes and advice."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "diagnosis.listed": "The server answers; models listed: {count}.",
    "diagnosis.none_listed": "The server answers and lists no model.",
    "diagnosis.built_in": "Nothing has to be reached; models built in: {count}.",
    "diagnosis.answers": "The model answers.",
    "diagnosis.answers_vector": "The model answers: a vector of {count} dimensions.",
    "diagnosis.answers_ranking": "The model answers: {count} documents ranked.",
    "diagnosis.answers_sound": "The model answers: {count:,} bytes of sound.",
    "diagnosis.answers_flagged": "The model answers: flagged.",
    "diagnosis.answers_not_flagged": "The model answers: not flagged.",
    "diagnosis.unlisted_answers": "The server lists no models, but {model} answers.",
    "diagnosis.nothing_ranked": "The server answers, but ranked none of the documents.",
    "diagnosis.better_address": "The base address is wrong: the API is at {address}.",
    "diagnosis.not_opened": "The connection cannot be opened: {error}.",
    "diagnosis.late": "No answer came within {seconds:g} s (the clock “{clock}”). Is the model still loading?",
    "diagnosis.no_key": "The server wants a key, and the connection has none.",
    "diagnosis.key_refused": "The server refused the key (HTTP {status}).",
    "diagnosis.slow_down": "The server is reached and asks to slow down (HTTP {status}).",
    "diagnosis.slow_down_for": "The server is reached and asks to slow down (HTTP {status}). It asks to wait {seconds:g} s.",
    "diagnosis.cannot_serve": "The server is reached and cannot serve (HTTP {status}).",
    "diagnosis.web_page": "A web page came back and not an API's answer: the address is wrong, or a proxy stands before it.",
    "diagnosis.no_model_of_many": "The server has no model {model}; it lists: {names} and {count} more.",
    "diagnosis.no_model_of": "The server has no model {model}; it lists: {names}.",
    "diagnosis.no_call": "The server has no such call, or no model {model} (HTTP {status}).",
    "diagnosis.no_list": (
        "The server is reached and has no list of models there (HTTP {status}): "
        "the address is wrong, or its models have to be named by hand."
    ),
    "diagnosis.refused": "The server refused what was asked (HTTP {status}); its words are below.",
    "diagnosis.not_openai": "The server answers, but not as OpenAI's interface does; what came is below.",
    "diagnosis.call_failed": "The server answers, but the call failed: {error}",
    "diagnosis.not_called": "The call was not made: {error}",
    "diagnosis.not_called_hint": "The call was not made: {error} {hint}",
    "diagnosis.ours": "A fault of this app, not of the server: {type}: {error}",
    "diagnosis.nobody_in_container": (
        "Nobody listens at {host} inside this app's container. "
        "A server on the host is at host.docker.internal, or at the gateway's address."
    ),
    "diagnosis.nobody": "Nobody listens at {host}: is the server running, and is this its port?",
    "diagnosis.no_host": "There is no host named {host}. Check the address of the connection.",
    "diagnosis.certificate": (
        "The certificate of {host} is not trusted: {words}. Give the authority's certificate, or switch verification off."
    ),
    "diagnosis.tls": "No secure connection to {host} came about: perhaps the server speaks http and not https at this port.",
    "diagnosis.unreached": "The server was not reached: {error}",
    "diagnosis.unreached_hint": "The server was not reached: {error} {hint}",
    "diagnosis.proxy": "Check the proxy of the connection, and that it runs.",
    "diagnosis.proxy_login": "Give the address of the proxy its user and password, as in http://user:password@proxy:3128.",
    "diagnosis.proxy_refused": "Ask whoever runs the proxy, or take it out of the connection.",
    # by the upstream's error text
    "diagnosis.call_of_summary": "`session.model.summary(...)` was called: it is `session.model.summary.invoke(...)`.",
    "diagnosis.no_voice": "The TTS config has no voice: choose or enter one.",
    "diagnosis.rerank_config": "The rerank config is incomplete: Dify requires score_threshold and top_n.",
    "diagnosis.rerank_shape": "The server's rerank results do not use `relevance_score`.",
    "diagnosis.empty_results": "The server returned an empty list of results.",
    "diagnosis.top_n": "top_n must not exceed the number of documents.",
    "diagnosis.sdk_clock": "The SDK timed out: shorten the input or request less output.",
    "diagnosis.sdk_class": "The response does not match the SDK's class. The message names the field.",
    "diagnosis.two_threads": "One model object was used from two threads at once: make one call at a time.",
    "diagnosis.upstream_refused": (
        "Nothing is listening there. Inside a container, localhost is the container itself: use the host gateway's name."
    ),
    "diagnosis.upstream_certificate": (
        "The certificate was not accepted. For a private CA, add its certificate to the connection."
    ),
    "diagnosis.plugin_key": (
        "The key is wrong, missing or not allowed for this model. Plugins hide the server's message behind this one."
    ),
    "diagnosis.key": "The key is wrong, missing or not allowed for this model.",
    "diagnosis.path": "`/v1` is missing or duplicated in the address, or the server has no model with this name.",
    "diagnosis.page": "The address points to a web page, not an API.",
    "diagnosis.disk": "The disk is full.",
    "diagnosis.too_many_calls": "The server is rate limiting: wait, or make fewer calls at once.",
    "diagnosis.request": "The server rejected the request. See HTTP for the request and the server's message.",
}
