"""Decide which settings of a connection are secret: by words in their names, and by the key prefixes of known services."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from functools import lru_cache

SHORTEST_IN_ANSWERS = 12
"""Characters from which a credential is also masked in model output. No service has shorter keys, but a shorter one may be an
ordinary word: `ollama`.
"""
SHORTEST_MIXED = 8
"""The same for a credential with both digits and letters, which is not an ordinary word."""
LONGEST_NAME = 256
"""Characters of a name that are examined, from its end."""
_PLACEHOLDER = re.compile(
    r"none|null|empty|ollama|lm-?studio|(sk-)?not?-?(needed|used|key|key-(required|needed))|unused|dummy|test|fake|placeholder"
    r"|anything|(api-?)?key|token|local|local-?ai|vllm|x+",
    re.IGNORECASE,
)
_SECRET = (
    r"(?:keys?|token|secrets?|passwords?|passwd|passphrase|passcode|pwd|o?auth\d?|authorization|cookies?|session|sess(?:ion)?id"
    r"|signature|sig|credentials?|jwt|bearer|otp)"
)
_BEFORE = (
    r"(?:x|api|app|access|client|server|user|service|admin|master|account|o?auth|id|refresh|session|security|subscription|private"
    r"|secret|shared|signing|encryption|webhook|proxy|set|csrf|xsrf|bearer|pass|license|j|php)"
)
_WORD = re.compile(rf"{_BEFORE}*{_SECRET}(?:id)?")
"""A word, or several written as one, such as `apikey`."""
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ABOUT = re.compile(
    r"type|scheme|method|mode|provider|version|format|ur[il]|host|endpoint|name|enabled|required|expires|expiry|ttl|age|limit|count"
    r"|remaining|reset|usage|size|length|layout|policy|consent|domain|path"
)
"""Last words of a name that describes a secret but does not contain one."""
_OTHER_KEYS = re.compile(r"(?:idempotency|cache|surrogate|public|partition|sort|routing|websocket)-?key|rate-?limit.*token")
"""Names that contain such a word in another sense."""

_SWITCH = re.compile(r"true|false|yes|no|on|off|none|null|\d{0,3}", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s@?#]*", re.IGNORECASE)
_KNOWN = re.compile(
    r"""(?:bearer|apikey)\ +\S+  # schemes of the header Authorization
    |basic\ +[A-Za-z0-9+/]{6,}={0,2}
    |token\ +(?=\S*\d)\S{8,}
    |aws4-hmac-sha256\ .*
    |(?:sk|rk)[-_](?=\S{6})[\w./+=&-]+
    |(?:hf|gsk|gh[a-z]|github_pat|r8|lsv2|jina)_\w{16,}
    |(?:nvapi|xai|pplx|glpat|csk|tvly|xox[a-z])-(?=[\w-]*(?:\d[A-Za-z]|[A-Za-z]\d))[\w-]{16,}
    |eyJ[\w-]{8,}\.[\w.-]+  # a JSON Web Token
    |AIza[\w-]{30,}|AKIA[A-Z0-9]{12,}|ya29\.[\w-]{10,}
    |(?=[A-Za-z]*(?:\d+[A-Za-z]+){3})[A-Za-z0-9]{20,}  # of services without a beginning of their own: no word is so mixed
    |\w+://[^\s/@:]*:[^\s/@]+@\S+""",  # a URL with a password
    re.VERBOSE | re.IGNORECASE,
)
"""Keys of known services by prefix and length. No ordinary word or address matches."""


def is_secret_name(name: str) -> bool:
    """Return whether the words in the name of a header or query field mark its value as secret.

    Words end at `-`, `_`, digits, and before a capital: `X-API-Key`, `apikey`, `authToken`, but not `X-Keyboard-Layout`,
    `X-Author` or `x-ratelimit-remaining-tokens`.
    """
    return _is_secret_name(name[-LONGEST_NAME:])


@lru_cache(maxsize=256)
def _is_secret_name(name: str) -> bool:
    parts = re.findall(r"[A-Za-z]+", name)
    if not parts or _ABOUT.fullmatch(parts[-1].lower()) or _OTHER_KEYS.search(name.lower()):
        return False
    parts_of_name = {word.lower() for part in parts for word in (part, *_CAMEL.findall(part))}
    return any(_WORD.fullmatch(word) for word in parts_of_name)


def is_named_secret(name: str, value: str) -> bool:
    """Return whether a header or query field is secret by its name; a switch or an address never is."""
    return is_secret_name(name) and not is_address(value) and _SWITCH.fullmatch(value.strip()) is None


def is_address(value: str) -> bool:
    """Return whether a value is an address without a user or query, and so not secret under any name."""
    return _ADDRESS.fullmatch(value.strip()) is not None


def looks_secret(name: str, value: str) -> bool:
    """Return whether a configured value is secret: by its name, or because it is a key of a known service."""
    return is_named_secret(name, value) or _KNOWN.fullmatch(value.strip()) is not None


def is_placeholder(secret: str) -> bool:
    """Return whether a key is a placeholder that people enter where none is needed: an ordinary word elsewhere."""
    return _PLACEHOLDER.fullmatch(secret) is not None


def is_masked_in_answers(secret: str) -> bool:
    """Return whether a credential is masked in responses too: a short word is not, as a model may mean the word."""
    if _KNOWN.fullmatch(secret):
        return True
    mixed = any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
    return len(secret) >= (SHORTEST_MIXED if mixed else SHORTEST_IN_ANSWERS)


def pieces(value: str) -> Iterator[str]:
    """Yield a secret value and the parts that a server may repeat on their own: the key after `Bearer`, a cookie's values."""
    yield value
    if scheme := re.fullmatch(r"([A-Za-z][\w-]*) +(\S+)", value.strip()):
        yield scheme[2]
        if scheme[1].lower() == "basic":
            yield from _of_basic(scheme[2])
        return
    parts = re.split(r"[\s;,]+", value)
    inner = [part.partition("=")[2].strip('"') for part in parts]
    yield from filter(is_masked_in_answers, [*(parts if len(parts) > 1 else ()), *inner])


def _of_basic(code: str) -> Iterator[str]:
    try:
        user, _, password = b64decode(code, validate=True).decode().partition(":")
    except ValueError:
        return
    yield from (password, f"{user}:{password}")
