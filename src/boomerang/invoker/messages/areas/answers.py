"""Messages about an LLM's answer: its text, reasoning, tool calls, usage and structured output."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "answers.made_ids": (
        "The server gives its tool calls no ids; they were given some here, so that their results can be told apart."
    ),
    "answers.same_id": "The server gave two tool calls one id; the later one was given another.",
    "answers.refused": "The model refused; its refusal came in a separate field and is shown here as text.",
    "answers.pictures": "The answer contains images beside its text; see the HTTP tab.",
    "answers.more_choices": "The server sent more than one choice; the first one is shown. All of them are in the HTTP tab.",
    "answers.empty_choice": "The server sent a choice that is not an object; it was left out.",
    "answers.unknown_field": ("The answer has the field {field}, which Dify's messages cannot carry. Its value is in the log."),
    "answers.unknown_cut": "The log keeps the first {most:,} characters of such fields; the rest was left out.",
    "answers.many_oddities": "There was more that is odd in this answer; {most} oddities are named.",
    "answers.too_deep": "The answer has the field {field}, which is nested too deep to be sent back.",
    "answers.control_characters": "The server sent raw control characters inside JSON strings. They were read as they are.",
    "answers.broken_characters": (
        "The server sent bytes that are not UTF-8. A character split between two events was joined; any other is shown as �."
    ),
    "answers.several_in_one_event": "The server put several messages into one event. All of them were read.",
    "answers.skipped_events": "Skipped events without content: {count}.",
    "answers.strange_events": "The stream had events that were not understood: {count}. The last one says: {words}",
    "answers.cut_event": "The server sent JSON that is broken or cut off: {line}.",
    "answers.not_json": "The server sent something that is not JSON: {line}.",
    "answers.unfinished": "The stream broke off: it ended without a finish reason and without [DONE].",
    "answers.no_choice": "The server answered without a choice: neither text nor a reason.",
    "answers.no_options": "Asked without stream_options, which the server has refused for this model: it may report no usage.",
    "answers.options_refused": "Asked again without stream_options, which the server refuses: {words}",
    "answers.no_end": "The server gave its finish reason and then kept the connection without ending its answer.",
    "answers.asked_in_words": "Asked again with the schema in words, as the server does not take one: {words}",
    "answers.prose": "The server ignored the schema and answered without an object. Asked again with the schema in words.",
    "answers.object_found": "The object was found inside other text, which is left out of the structured output.",
    "answers.broken_off": "The server broke off its answer: {words}",
    "answers.opaque_not_sent": "Not sent, as the server did not send it in this form: {places}.",
}
