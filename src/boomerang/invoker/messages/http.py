"""Messages about the exchange with a server: HTTP, compression, limits, event streams."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "http.bad_limit": "expected a whole number from 1 to {most:,}, found “{value}”",
    "http.bad_utf8": "The answer has bytes that are not text in its charset. They are replaced by �.",
    "http.control_characters": "The answer's JSON has raw control characters in its strings. They are kept.",
    "http.guessed_charset": "The answer is not in UTF-8 and names no other charset. It was read as {charset}.",
    "http.labelled_packed": "The server labels its answer “{label}”, but it is not compressed. It was read as it is.",
    "http.left_over": "After the compressed answer came {count:,} bytes that are not compressed. They were ignored.",
    "http.long_integer": "The answer has an integer of more than {digits:,} digits. It was read as text.",
    "http.packed_cut": "The answer broke off: its compressed data is incomplete.",
    "http.packed_damaged": "The answer's compression is broken: {reason}.",
    "http.packed_otherwise": "The server labels its answer “{label}”, but it is compressed with {packing}. It was unpacked.",
    "http.packed_twice": "The answer is packed as {label}: it is compressed twice, which is not supported.",
    "http.packed_unknown": "The answer is packed as {label}, which was not asked for.",
    "http.packed_unlabelled": "The answer is compressed with {packing}, without a label that says so. It was unpacked.",
    "http.too_large": "The answer has more than {limit:,} bytes after decompression, the limit set by {setting}.",
    "http.too_many_events": "The stream has more than {limit:,} events, the limit set by {setting}.",
    "http.too_many_parts": "The answer comes in more than {limit:,} lines or pieces, ten times the limit set by {setting}.",
    "http.too_many_values": "The answer's JSON needs more than {limit:,} bytes of memory, the limit set by {setting}.",
    "http.trailing": "The answer goes on after its JSON. Only the first JSON value was read.",
}
