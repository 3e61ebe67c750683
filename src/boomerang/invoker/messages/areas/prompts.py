"""Messages about prompts, parameters, schemas and input length."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "prompts.empty": "prompt_messages is empty: there is nothing to answer.",
    "prompts.no_text": "prompt_messages has no text: there is nothing to answer.",
    "prompts.stop_empty": "{field} is empty.",
    "prompts.half_character": "{field} has half of a character at position {position}: {character}.",
    "prompts.text_only": "{field} is of type {type}; this model reads text only.",
    "prompts.text_only_hint": "Leave it out, or choose a model with a feature for it.",
    "prompts.completion_text_only": "{field} is of type {type}; a completion takes text only.",
    "prompts.mode": "mode must be chat or completion, but is {mode}.",
    "prompts.schema_needs_chat": "A JSON schema needs the mode chat.",
    "prompts.tools_need_chat": "Tools need the mode chat.",
    "prompts.too_long": "The prompt has {tokens:,} tokens, the model's context holds {most:,}.",
    "prompts.too_long_hint": "Shorten the prompt: the context must hold the prompt and the answer.",
    # parameters
    "prompts.range": "{name} must be from {least} to {most}, but is {value}.",
    "prompts.options": "{name} must be one of {values}, but is {value}.",
    "prompts.type": "{name} must be of type {type}, but is {value}.",
    "prompts.unknown_parameter": "Unknown parameter {name}; this model knows {known}.",
    "prompts.any_number": "any",
    # schemas
    "prompts.no_schema": "response_format is json_schema, but no json_schema was given.",
    "prompts.needs_schema": "response_format json_schema needs the parameter json_schema.",
    "prompts.schema_not_json": "json_schema is no JSON: {fault}",
    "prompts.schema_empty": "{field} is empty: it must be a JSON schema.",
    "prompts.schema_object": "{field} must be a JSON object, but is {found}.",
    "prompts.schema_describes": "{field} must describe an object, but its type is {type}.",
    "prompts.schema_fault": "{field} is no JSON schema: at {fault}",
    "prompts.schema_fault_short": "{field}: {fault}",
    "prompts.schema_no_grammar": "llama.cpp cannot keep to this schema: {fault}",
    # structured output
    "prompts.tools_left_out": "Tools left out ({names}): the schema leaves the answer no room for calls.",
    "prompts.json_cut_after": "The answer was cut after {tokens:,} tokens, before its JSON was complete.",
    "prompts.json_cut": "The answer was cut before its JSON was complete.",
    "prompts.json_context": "The model's context was full after {tokens:,} tokens of the answer, before its JSON was complete.",
    "prompts.json_stopped": "A stop word cut the answer before its JSON was complete.",
    "prompts.json_filtered": "The server's content filter ended the answer before its JSON was complete.",
    "prompts.json_ended": "llama.cpp ended the answer before its JSON was a complete object.",
    "prompts.json_called": "The model called {names} instead of answering with an object.",
    "prompts.json_empty": "The answer is empty, and its finish reason is {reason}.",
    "prompts.json_none": "The answer is no JSON object: {text}.",
    "prompts.raise_max_tokens_from": "Raise max_tokens, which is {count:,}, or ask for less.",
    "prompts.raise_max_tokens": "Raise max_tokens, or ask for less.",
    "prompts.shorten": "Shorten the prompt, or ask for less.",
    # summaries
    "prompts.nothing_to_summarise": "The text is empty: there is nothing to summarise.",
    "prompts.instruction_long": "The instruction leaves {left} of {size:,} tokens for the text; {least} are needed.",
    "prompts.summaries_long": (
        "The model's summaries do not get shorter: {size:,} tokens from {before:,}; {limit:,} fit its context."
    ),
    "prompts.character_long": "The character {character} has {tokens} tokens; {limit} fit the context.",
    "prompts.no_system_model": "The connection has no system model to summarise with.",
    "prompts.no_system_model_hint": "Name one among the models of the connection, or choose it on the page.",
}
