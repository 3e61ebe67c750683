"""Messages about runs: stops, timeouts, rules and arguments."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "runs.closed": "The back end was closed.",
    "runs.closed_meanwhile": "The back end was closed while it was answering.",
    "runs.no_response": "No response",
    "runs.no_response_from": "No response from {type}",
    "runs.no_call": "OpenAI's interface has no call for {type}.",
    "runs.no_chunk": "the stream ended without a single chunk",
    "runs.not_hex": "The audio chunk cannot be read, it is not in hex: {fault}",
    "runs.page_clock": "No answer within {seconds:g} seconds: the page's clock ran out and stopped the run.",
    "runs.check_clock": "The check took longer than {seconds:g} seconds.",
    "runs.list_clock": "The server's list of models took longer than {seconds:g} seconds.",
    "runs.tools_left_out": "Tools left out ({names}): the model {model} does not declare the feature tool-call.",
    "runs.text_unchanged": (
        "Returned unchanged, no model was called: the text has {characters} characters, "
        "fewer than min_summarize_length = {least}."
    ),
    "runs.unknown_kind": "unknown kind of back end {kind}: expected one of {known}",
    "runs.settings_of_kind": "settings of the back end {kind}: {fault}",
    "runs.nothing_spoken": "Nothing was spoken, so there is nothing to write down.",
    "runs.too_long_to_compare": (
        "The texts are too long to be compared: {reference:,} words or characters against {result:,}."
    ),
    "runs.compare_in_parts": "Compare them in parts.",
}
