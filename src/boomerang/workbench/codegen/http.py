"""Generate curl and httpx code from a recorded request, with a variable in place of each secret."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from boomerang.invoker.events import HTTPRequest
from boomerang.invoker.http.redaction.masking import MASK
from boomerang.invoker.http.response import LONGEST_RECORDED
from boomerang.invoker.llm_text.json_depth import is_deep

KEY = "API_KEY"
"""The key's variable if the connection names none."""
BODY_FILE = "body.json"
_OWN = frozenset({"host", "accept", "accept-encoding", "connection", "content-length", "user-agent", "transfer-encoding"})
"""Headers that every client sets itself."""


def curl(request: HTTPRequest, variable: str = KEY) -> str:
    """Return a recorded request as a curl command line.

    Args:
        request: The request as recorded.
        variable: The environment variable that holds the key.
    """
    saved = f" -o {_sound(request)}" if _sound(request) else ""
    lines = [f"curl -N{saved} {_quoted(_address(request, variable))}"]
    if request.method not in ("GET", "POST"):
        lines.append(f"-X {request.method}")
    lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in _headers(request, variable)]
    if request.form is not None:
        lines += [f"--form-string {shlex.quote(f'{name}={value}')}" for name, value in request.form.items()]
        lines += [f"-F {shlex.quote(f'{name}=@{_file(file)}')}" for name, file in request.files.items()]
    elif body := request.body:
        lines.append(f"--data-binary {shlex.quote('@' + BODY_FILE) if _is_cut(request) else shlex.quote(body)}")
    return _hint(request, "#") + " \\\n  ".join(lines) + "\n"


def httpx(request: HTTPRequest, variable: str = KEY) -> str:
    """Return a recorded request as a Python script that needs only httpx; a streamed response is read line by line."""
    names = _names(request, variable)
    files = request.files
    body, cut = request.body, _is_cut(request)
    value = _parsed(body) if body and not cut else None
    stream = isinstance(value, dict) and value.get("stream") is True
    sound = _sound(request)
    paths = "from pathlib import Path\n" if files or cut or sound else ""
    imports = ["import os\n" if names else "", paths, "\nimport httpx\n\n"]
    arguments = [f"    {_text(_address(request, variable), names)},\n"]
    if headers := dict(_headers(request, variable)):
        headers = {name: text for name, text in headers.items() if name != "content-type" or value is None}
        inner = "".join(f"        {name!r}: {_text(text, names)},\n" for name, text in headers.items())
        arguments.append(f"    headers={{\n{inner}    }},\n")
    if request.form is not None:
        arguments.append(f"    data={request.form!r},\n")
        inner = ", ".join(f"{name!r}: ({_file(file)!r}, Path({_file(file)!r}).read_bytes())" for name, file in files.items())
        arguments.append(f"    files={{{inner}}},\n")
    elif cut:
        arguments.append(f"    content=Path({BODY_FILE!r}).read_bytes(),\n")
    elif value is not None:
        arguments.append(f"    json={_indented(value)},\n")
    elif body:
        arguments.append(f"    content={body!r},\n")
    arguments.append("    timeout=None,\n")
    method = request.method
    if stream:
        call = f"with httpx.stream(\n    {method!r},\n{''.join(arguments)}) as response:\n"
        ending = "    for line in response.iter_lines():\n        print(line)\n"
    else:
        call = f"response = httpx.{method.lower()}(\n{''.join(arguments)})\n"
        ending = "print(response.status_code, response.text)\n"
        if sound:
            ending = f"response.raise_for_status()\nPath({sound!r}).write_bytes(response.content)\n"
    return _hint(request, "#") + "".join(imports).lstrip("\n") + call + ending


def _address(request: HTTPRequest, variable: str) -> str:
    query = request.query
    pairs = [f"{_coded(name)}={_filled(name, _coded(value), variable)}" for name, value in query.items()]
    return request.url + (f"?{'&'.join(pairs)}" if pairs else "")


def _coded(text: str) -> str:
    """Encode a part of a query, leaving masks as they are."""
    return MASK.join(quote_plus(part) for part in text.split(MASK))


def _headers(request: HTTPRequest, variable: str) -> Iterator[tuple[str, str]]:
    for name, value in request.headers.items():
        if name in _OWN or (name == "content-type" and request.form is not None):
            continue
        if name == "authorization" and value == MASK:
            yield name, f"Bearer ${{{variable}}}"
        else:
            yield name, _filled(name, value, variable)


def _filled(name: str, value: str, variable: str) -> str:
    """Replace a masked secret with its variable."""
    own = variable if re.fullmatch(r"(x-)?api-key|key", name, re.IGNORECASE) else re.sub(r"\W", "_", name).upper()
    return value.replace(MASK, f"${{{own}}}")


def variables(request: HTTPRequest, variable: str = KEY) -> list[str]:
    """Return the environment variables that the code needs; empty for a server without a key."""
    return list(dict.fromkeys(_names(request, variable)))


def _names(request: HTTPRequest, variable: str) -> list[str]:
    texts = [_address(request, variable), *(value for _name, value in _headers(request, variable))]
    return re.findall(r"\$\{(\w+)\}", " ".join(texts))


def _quoted(text: str) -> str:
    """Quote for a shell, so that only variables are expanded."""
    if not re.search(r"\$\{\w+\}", text):
        return shlex.quote(text)
    parts = re.split(r"(\$\{\w+\})", text)
    return '"' + "".join(part if place % 2 else re.sub(r'([\\"$`])', r"\\\1", part) for place, part in enumerate(parts)) + '"'


def _text(text: str, names: list[str]) -> str:
    """Return a text as a Python expression, with variables read from the environment."""
    if not any(f"${{{name}}}" in text for name in names):
        return repr(text)
    parts = re.split(r"\$\{(\w+)\}", text)
    whole = [f"os.environ[{part!r}]" if place % 2 else repr(part) for place, part in enumerate(parts) if place % 2 or part]
    return " + ".join(whole)


def _indented(value: Any) -> str:
    """Return a JSON value as Python code, one key per line."""
    text = json.dumps(value, ensure_ascii=False, indent=4)
    python = _LITERALS.sub(lambda match: match[1] or _PYTHON[match[2]], text)
    return python.replace("\n", "\n    ")


_LITERALS = re.compile(r'("(?:[^"\\]|\\.)*")|\b(true|false|null)\b')
_PYTHON = {"true": "True", "false": "False", "null": "None"}


def _parsed(body: str) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(value) else value


def _sound(request: HTTPRequest) -> str:
    """Return the file name for an audio response; empty for text."""
    if not request.url.rstrip("/").endswith("/audio/speech"):
        return ""
    value = None if _is_cut(request) else _parsed(request.body)
    kind = value.get("response_format") if isinstance(value, dict) else None
    return f"speech.{kind if isinstance(kind, str) and kind.isalnum() else 'mp3'}"


def _is_cut(request: HTTPRequest) -> bool:
    return len(request.body) > LONGEST_RECORDED


def _file(file: Mapping[str, Any]) -> str:
    return str(file.get("filename") or "file")


def _hint(request: HTTPRequest, mark: str) -> str:
    return f"{mark} The body is too long to be shown here: save it as {BODY_FILE}.\n" if _is_cut(request) else ""
