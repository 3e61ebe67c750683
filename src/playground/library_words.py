"""What the library says of a call, in the visitor's language: it speaks English, as records and exports do.

Its sentences are known here as templates; what a model, a server or a file says inside of one stays as it is, and a sentence
that is not known, such as a server's own, stays as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .words import ENGLISH, N_, _, language

TEMPLATES: Sequence[str] = (
    # rules, session
    N_(
        "Returned unchanged, no model was called: the text has {characters} characters, "
        "fewer than min_summarize_length = {least}."
    ),
    N_("Tools left out ({names}): the model {model} does not declare the feature tool-call."),
    N_("No response from {type}"),
    N_("No answer within {seconds} seconds: the page's clock ran out and stopped the run."),
    # which model
    N_("There is no provider {provider} on this connection; its provider is {known}."),
    N_("There is no model {model} for {type}; there are: {known}."),
    N_("Run make weights (python -m invoker.weights), then run again."),
    N_("The back end was closed while it was answering."),
    N_("The model was closed while it was answering."),
    # prompts and parameters
    N_("prompt_messages is empty: there is nothing to answer."),
    N_("prompt_messages has no text: there is nothing to answer."),
    N_("stop[{index}] is empty."),
    N_("{field} has half of a character at position {position}: {character}."),
    N_("{field} is of type {type}; this model reads text only."),
    N_("Leave it out, or choose a model with a feature for it."),
    N_("mode must be chat or completion, but is {mode}."),
    N_("{name} must be from {least} to {most}, but is {value}."),
    N_("{name} must be one of {values}, but is {value}."),
    N_("{name} must be of type {type}, but is {value}."),
    N_("Unknown parameter {name}; this model knows {known}."),
    N_("response_format is json_schema, but no json_schema was given."),
    N_("json_schema is no JSON: {fault}."),
    N_("The prompt has {tokens} tokens, the model's context holds {most}."),
    N_("Shorten the prompt: the context must hold the prompt and the answer."),
    # structured output
    N_("{field} is empty: it must be a JSON schema."),
    N_("{field} must describe an object, but its type is {type}."),
    N_("{field} is no JSON schema: at {fault}"),
    N_("llama.cpp cannot keep to this schema: {fault}"),
    N_("Tools left out ({names}): the schema leaves the answer no room for calls."),
    N_("The answer departs from the schema where the runtime cannot keep to it: {fault}"),
    N_("The answer was cut after {tokens} tokens, before its JSON was complete."),
    N_("The model's context was full after {tokens} tokens of the answer, before its JSON was complete."),
    N_("A stop word cut the answer before its JSON was complete."),
    N_("Raise max_tokens, which is {count}, or ask for less."),
    N_("Shorten the prompt, or ask for less."),
    # summary
    N_("The text is empty: there is nothing to summarise."),
    N_("The instruction leaves {left} of {size} tokens for the text; {least} are needed."),
    # embedding and rerank
    N_("There is nothing to embed: `{field}` is empty."),
    N_("Give at least one text."),
    N_("No text in {rows}; the vector there stands for nothing."),
    N_("The model reads {size} tokens of a text; only the beginning was read of {rows}."),
    N_("There is nothing to rank: `docs` is empty."),
    N_("Give at least one document."),
    N_("There is no query to rank by."),
    N_("Enter what the documents should answer."),
    N_("`top_n` is {count}, which keeps no document at all."),
    N_("Set it to the number of documents to keep, 1 or more; {count} keeps all."),
    N_("`top_n` is {count}, but there are only {documents} documents; all count."),
    N_(
        "The {judged} best of {all} documents by cosine were judged; the others follow in cosine order, "
        "and their scores only tell that order."
    ),
    # moderation and speech
    N_("There is no text to judge."),
    N_("Enter a text."),
    N_("This classifier knows English only; what it says about this text means little."),
    N_("There is nothing in the text that the voice can read."),
    N_("The voice reads English: words in Latin letters, numbers, dates and units."),
    N_("The voice reads English only; left out: {parts}."),
    N_("No voice was given; the default voice, {voice}, speaks."),
    N_("There is no voice {voice}; the voices are: {known}."),
    N_("Use the voice {voice}."),
    # what goes wrong on the way to a server
    N_("The server closed the connection before it answered: {fault}."),
    N_("The server closed the connection in the middle of its answer: {fault}."),
    N_("The proxy {proxy} closed the connection before it answered: {fault}."),
    N_("The proxy {proxy} closed the connection in the middle of its answer: {fault}."),
    N_("The proxy {proxy} was not reached: {fault}."),
    N_("Check the proxy of the connection, and that it runs."),
    N_("The proxy {proxy} did not take the connection in time."),
    N_("The proxy {proxy} refused (HTTP {status})."),
    N_("The proxy {proxy} refused: {words} (HTTP {status})."),
    N_("Give the address of the proxy its user and password, as in http://user:password@proxy:3128."),
    N_("Ask whoever runs the proxy, or take it out of the connection."),
    N_("proxy: expected an address such as http://localhost:3128"),
    N_("A header of the connection has a name or a value that cannot be sent."),
    N_("The answer breaks the rules of HTTP: {fault}."),
    N_("The answer is packed as {packing}, which was not asked for."),
    N_("The answer has more than {most} bytes, which is more than is read."),
    N_("A line of the stream has more than {most} bytes."),
    N_("An event of the stream has more than {most} bytes."),
    # audio files
    N_("The file has {size} MB; the limit is {most} MB."),
    N_("Cut it into pieces, or save it as MP3 with a lower bit rate."),
    N_("The file is empty (0 bytes)."),
    N_("Choose a file with sound in it."),
    N_("This is no audio: the bytes fit no known kind of file."),
    N_("This is no audio: it looks like {kind}."),
    N_("This looks like {kind} audio, which is not read here."),
    N_("Convert it; readable are {kinds}."),
    N_("Readable are {kinds}."),
    N_("This looks like {kind}, but there is no sound in it."),
    N_("This looks like {kind}, but there is no sound in it: {fault}"),
    N_("This looks like {kind} with a damaged header: {rate} Hz, {channels} channels."),
    N_("This looks like {kind}, but it cannot be read: {fault}"),
    N_("The file plays for more than {minutes} minutes."),
    N_("The file plays for more than {hours} hours."),
    N_("The file is named .{extension}, but its bytes are {kind}; they are read as what they are."),
    N_("{count} files were joined into this one; some players stop after the first."),
    N_("The file is cut off after {seconds} s: {fault}"),
)
"""The longer of two that both fit stand for more: the one with most words of its own counts."""


def told(text: str) -> str:
    """Give what the library said in the visitor's language; a sentence of somebody else's as it is."""
    if language() == ENGLISH:
        return text
    fitting = [(template, found) for template, pattern in _patterns() if (found := pattern.fullmatch(text))]
    if not fitting:
        return text
    template, found = max(fitting, key=lambda pair: len(re.sub(r"\{\w+\}", "", pair[0])))
    return _(template).format(**found.groupdict())


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(template, _pattern(template)) for template in TEMPLATES]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)), re.DOTALL
    )
