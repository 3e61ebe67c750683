"""What the library says of a call, in the visitor's language: it speaks English, as records and exports do.

Its sentences are known here as templates; what a model, a server or a file says inside of one stays as it is, and a sentence
that is not known, such as a server's own, stays as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from boomerang.invoker.errors import ConfigError, InvokeError
from boomerang.invoker.messages.message import Message

from .translate import ENGLISH, N_, _, language

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
    N_("Run make weights (boomerang weights), then run again."),
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
    # trying a connection
    N_("The server answers; models listed: {count}."),
    N_("The server answers and lists no model."),
    N_("Nothing has to be reached; models built in: {count}."),
    N_("The model answers."),
    N_("The model answers: a vector of {count} dimensions."),
    N_("The model answers: {count} documents ranked."),
    N_("The model answers: {count} bytes of sound."),
    N_("The model answers: flagged."),
    N_("The model answers: not flagged."),
    N_("The base address is wrong: the API is at {address}."),
    N_("The connection cannot be opened: {error}."),
    N_("No answer came within {seconds} s (the clock “{clock}”). Is the model still loading?"),
    N_("The server wants a key, and the connection has none."),
    N_("The server refused the key (HTTP {status})."),
    N_("The server is reached and asks to slow down (HTTP {status})."),
    N_("The server is reached and asks to slow down (HTTP {status}). It asks to wait {seconds} s."),
    N_("The server is reached and cannot serve (HTTP {status})."),
    N_("A web page came back and not an API's answer: the address is wrong, or a proxy stands before it."),
    N_("The server has no model {model}; it lists: {names} and {count} more."),
    N_("The server has no model {model}; it lists: {names}."),
    N_("The server has no such call, or no model {model} (HTTP {status})."),
    N_(
        "The server is reached and has no list of models there (HTTP {status}): "
        "the address is wrong, or its models have to be named by hand."
    ),
    N_("The server refused what was asked (HTTP {status}); its words are below."),
    N_("The server answers, but not as OpenAI's interface does; what came is below."),
    N_("The call was not made: {error}"),
    N_("The server answers, but the call failed: {error}"),
    N_("The server lists no models, but {model} answers."),
    N_("The server answers, but ranked none of the documents."),
    N_("A fault of this app, not of the server: {type}: {error}"),
    N_(
        "Nobody listens at {host} inside this app's container. "
        "A server on the host is at host.docker.internal, or at the gateway's address."
    ),
    N_("Nobody listens at {host}: is the server running, and is this its port?"),
    N_("There is no host named {host}."),
    N_("The certificate of {host} is not trusted: {words}. Give the authority's certificate, or switch verification off."),
    N_("No secure connection to {host} came about: perhaps the server speaks http and not https at this port."),
    N_("The server was not reached: {error}"),
    # making a connection
    N_("expected an address such as http://localhost:11434/v1"),
    N_("must not hold a user or a password: use the header Authorization"),
    N_("must be one line of printable characters"),
    N_("must be one line of ASCII characters"),
    N_("must end with its port; in a user or a password, / ? # and @ are written %2F %3F %23 and %40"),
    N_("is missing"),
    N_("is no field that is known here"),
    N_("must be a text"),
    N_("must not be empty"),
    N_("must have at most {most} characters"),
    N_("must have at most {most} entries"),
    N_("must be a name of letters, digits and _"),
    N_("must be a number"),
    N_("must be more than {least}"),
    N_("must be at most {most}"),
    N_("must be true or false"),
    N_("must be a list"),
    N_("must be names with values"),
    N_("must be one of: {values}"),
    N_("give api_key or api_key_env, not both"),
    N_("give ca or ca_file, not both"),
    N_("{name}: expected a whole number from 1 to {most}"),
    N_("mode: expected chat or completion"),
    N_("default_voice: expected a name"),
    N_("{name} is no name of a header"),
    N_("only connections.toml may name a file of the server; paste the certificate as text instead"),
    N_("nothing can be saved here: the app was started without a data folder"),
    # a file of connections, and what keeps them
    N_("is no TOML: {fault}"),
    N_("is no JSON: {fault}"),
    N_("is no text in UTF-8"),
    N_("has more than {most} MB; a file of connections is small"),
    N_("expected a list named connections: [[connections]] in TOML"),
    N_("expected a list named connections: [[connections]] in TOML; found {names}"),
    N_("{path} cannot be read: {fault}"),
    N_("{path} cannot be written: {fault}"),
    N_("{path} is not what was saved there: {fault}"),
    N_("the key {path} cannot be used: {fault}"),
    N_("{path} can be read by others than its owner; make it private: {command}"),
    N_("{where} is no key; make one: {command}"),
    N_("the value of {name} must be one line of ASCII characters"),
    N_("you have {count} connections, which is the most; remove one"),
    N_("is no certificate in PEM: {fault}"),
    N_(
        "the variable {name} may not be named by a visitor; type the key, "
        "or have whoever runs this app list it in CONNECTIONS_ENV"
    ),
    N_("the environment variable {name} is not set where this app runs"),
    N_("the environment variable {name} must hold one line of ASCII characters"),
    N_("the folder {folder} cannot be used: {fault}"),
    # what a server answers with
    N_("If you trust it, make it the address of the connection; nothing was sent there."),
    N_("The address cannot be used: {fault}."),
    N_("The server answered with {what} instead of JSON."),
    N_("The address is that of a web page: the API is usually below /v1."),
    N_("The server sends from one address to the next without an end."),
    N_("The server sends to another address: {address} (HTTP {status})."),
    N_("The server sent the request on to {address} (HTTP {status}); it was asked there by {method}."),
    N_("The server did not take the connection in time."),
    N_("The server took the request and has not begun to answer in time."),
    N_("The server began to answer and then said nothing more in time."),
    N_("The whole answer took longer than it may."),
    N_("The connection was refused: nobody listens at this address and port."),
    N_("Check the address of the connection, and that its server runs."),
    N_(
        "Check the address of the connection, and that its server runs. "
        "Inside a container localhost is the container itself: name the host, as host.docker.internal."
    ),
    N_("The server's certificate is not trusted: {words}."),
    N_("Give the connection the file of the authority that signed it, or switch verification off for this connection."),
    N_("No secure connection came about: {words}."),
    N_("Perhaps the server speaks http and not https at this port."),
    N_("The server was not reached: {error}."),
    N_("The server had closed the connection that was kept from the call before; asked again on a new one."),
    N_("{words} Asked again in {seconds} s, attempt {attempt} of {most}."),
    N_("The server's list of models took longer than {seconds} seconds."),
    N_("OpenAI's interface has no input_type; it was not sent."),
    N_("OpenAI's interface has no call for {type}."),
    N_("The answer is no JSON object: {text}."),
    N_("The answer is empty, and its finish reason is {reason}."),
    N_("The model called {names} instead of answering with an object."),
    N_("The server's content filter ended the answer before its JSON was complete."),
    N_("The answer was cut before its JSON was complete."),
    N_("The back end was closed."),
    N_("The connection has no system model to summarise with."),
    N_("Name one among the models of the connection, or choose it on the page."),
    N_("The file is empty."),
    N_("The server speaks {shape}'s shape of rerank."),
    N_("Scores of all documents, before score_threshold and top_n"),
    N_("There is nothing to say: the text is empty."),
    N_("`top_n` is {count}, which keeps no document."),
    N_("json_schema is no JSON: {fault}"),
    N_("response_format json_schema needs the parameter json_schema."),
    N_("{field} is of type {type}; a completion takes text only."),
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
    N_("A header of the connection has a name or a value that cannot be sent."),
    N_("The answer breaks the rules of HTTP: {fault}."),
    N_("A line of the stream has more than {most} bytes."),
    N_("An event of the stream has more than {most} bytes."),
)
"""The longer of two that both fit stand for more: the one with most words of its own counts."""


def told(text: str | Message) -> str:
    """Return what the library said in the visitor's language; a sentence of somebody else's as it is.

    A message is rendered by its id. A text is one from before there were messages: it is looked for among `TEMPLATES`, which
    grow no more.
    """
    if isinstance(text, Message):
        return text.render(_)
    if language() == ENGLISH:
        return text
    fitting = [(template, values) for template in TEMPLATES if (values := _values(template, text)) is not None]
    if not fitting:
        return text
    template, values = max(fitting, key=lambda pair: len("".join(_parts(pair[0])[::2])))
    return _(template).format(**values)


def error_text(error: BaseException) -> str:
    """Return an error's words in the visitor's language."""
    if isinstance(error, ConfigError):
        return told_of_field(str(error)) if error.message is None else _with_field(error.field, told(error.message))
    return told((isinstance(error, InvokeError) and error.message) or str(error))


def _with_field(field: str | None, words: str) -> str:
    return f"{field}: {words}" if field else words


def told_of_field(text: str) -> str:
    """Return what is wrong with a setting, the setting's own name as it is: `base_url: expected an address …`."""
    field, colon, words = text.partition(": ")
    if not colon or " " in field:
        return told(text)
    found = told(words)
    return f"{field}{colon}{found if found != words else told_of_field(words)}"


def _values(template: str, text: str) -> dict[str, str] | None:
    """Return what fills a template's placeholders so that it is the text; `None` if it is not.

    Each value ends where the words behind it come first. No regular expression: with several placeholders it would try every
    place for each, and a server can send a long text.
    """
    first, *rest = _parts(template)
    if not text.startswith(first):
        return None
    if not rest:
        return {} if text == first else None
    values: dict[str, str] = {}
    at = len(first)
    for name, literal in zip(rest[:-2:2], rest[1:-2:2], strict=True):
        end = text.find(literal, at + 1)
        if end < 0:
            return None
        values[name], at = text[at:end], end + len(literal)
    end = len(text) - len(rest[-1])
    if end <= at or not text.endswith(rest[-1]):
        return None
    return {**values, rest[-2]: text[at:end]}


@cache
def _parts(template: str) -> list[str]:
    """Split a template into its words and the names of its placeholders, in turn."""
    return re.split(r"\{(\w+)\}", template)
