"""Find markers in a file: tags and padding before the audio, and the first bytes of other files.

Source: ID3v2.4 structure 3.1 to 3.4, ID3v1 and its extension, APEv2, Lyrics3 2.00; RIFF, RFC 3533 (Ogg), RFC 9639 (FLAC).
"""

from __future__ import annotations

import re
import zlib

Data = bytes | bytearray | memoryview

ID3_HEAD = 10
"""Bytes of an ID3v2 tag's header, and of its footer."""
APE_HEAD = 32
ID3V1, ID3V1_EXTENSION = 128, 227
LYRICS_LIMIT = 1 << 20
TAGS_LIMIT = 1000
"""Maximum consecutive tags to skip."""

_ZEROS = re.compile(rb"\0*")
_LYRICS_END = re.compile(rb"LYRICS(?:END|200)")
_FILE_TYPE = re.compile(rb"ftyp")

CONTAINER = (
    rb"RIFF.{4}WAVE|RIFX.{4}WAVE|(?:RF|BW)64.{4}WAVE|riff\x2e\x91\xcf\x11|FORM.{4}AIF[FC]|fLaC[\x00\x80]\x00\x00\x22|OggS\x00[\x02\x06]|"
    rb"caff\x00\x01\x00\x00|\.snd\x00\x00.{6}\x00\x00\x00[\x01-\x1b]|dns\..{2}\x00\x00.{4}[\x01-\x1b]\x00\x00\x00|"
    rb"Creative Voice File\x1a|NIST_1A\n"
)
"""A regular expression for the first bytes of an audio file other than MP3."""

_WAVE = re.compile(rb"(?:RIFF|RIFX|RF64|BW64).{4}WAVE", re.DOTALL)
_PAGE = re.compile(rb"OggS\0")

OGG_HEAD = 27
"""Bytes of the fixed part of an Ogg page's header."""
_BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def id3_size(data: Data, at: int = 0) -> int:
    """Return the bytes of an ID3v2 tag that starts here, including its footer; 0 if none does.

    A tag with a malformed size counts as its header alone. A truncated one ends with the data.
    """
    head = bytes(data[at : at + ID3_HEAD])
    if len(head) < ID3_HEAD or head[:3] != b"ID3":
        return 0
    if max(head[6:10]) > 127:
        return ID3_HEAD
    size = ID3_HEAD + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    footer = bytes(data[at + size : at + size + 3]) == b"3DI"
    return min(size + ID3_HEAD * footer, len(data) - at)


def tag_size(data: Data, at: int = 0) -> int:
    """Return the bytes of a tag of any kind that starts here; 0 if none does."""
    head = bytes(data[at : at + APE_HEAD])
    if head.startswith(b"ID3"):
        return id3_size(data, at)
    if head.startswith(b"TAG+") and bytes(data[at + ID3V1_EXTENSION :][:3]) == b"TAG":
        return ID3V1_EXTENSION
    if head.startswith(b"TAG"):
        return ID3V1 if len(data) - at >= ID3V1 else 0
    if head.startswith(b"APETAGEX") and len(head) == APE_HEAD:
        # The size counts the items and the footer. Bit 29 marks the header; a footer alone ends its tag.
        is_head = head[23] & 0x20
        return min(APE_HEAD + int.from_bytes(head[12:16], "little") * bool(is_head), len(data) - at)
    if head.startswith(b"LYRICSBEGIN"):
        end = _LYRICS_END.search(data, at, at + LYRICS_LIMIT)
        return end.end() - at if end else 0
    return 0


def skip(data: Data, at: int = 0) -> int:
    """Return where the tags and zeros that start here end."""
    for _ in range(TAGS_LIMIT):
        after = padding_end(data, at + tag_size(data, at))
        if after == at:
            break
        at = after
    return at


def only_tags(data: Data) -> bool:
    """Return whether only tags and zeros have arrived so far, so the file's type cannot be known yet."""
    return bool(data) and skip(data) >= len(data)


def padding_end(data: Data, at: int) -> int:
    """Return where the zeros that start here end; those in the size of an MP4's first box are not padding."""
    match = _ZEROS.match(data, at)
    end = match.end() if match else at
    box = _FILE_TYPE.search(data, end, end + 8)
    return max(at, box.start() - 4) if box else end


def next_wave(data: Data, at: int) -> int:
    """Return where the next WAV file begins; the end of the data if none does."""
    match = _WAVE.search(data, at)
    return match.start() if match else len(data)


def next_page(data: Data, at: int) -> int | None:
    """Return where the next Ogg page begins; `None` if none does."""
    match = _PAGE.search(data, at)
    return match.start() if match else None


def ogg_page_size(data: Data, at: int) -> int:
    """Return the bytes of an Ogg page that starts here; 0 if none does."""
    head = bytes(data[at : at + OGG_HEAD + 255])
    if head[:5] != b"OggS\0" or len(head) < OGG_HEAD:
        return 0
    table = head[OGG_HEAD : OGG_HEAD + head[26]]
    return OGG_HEAD + head[26] + sum(table)


def ogg_page_is_sound(page: bytes) -> bool:
    """Return whether the checksum of a complete Ogg page is correct (RFC 3533, 6).

    Ogg's checksum is that of zlib with bits reversed, and without its inversions.
    """
    blank = page[:22] + bytes(4) + page[26:]
    crc = ~zlib.crc32(blank.translate(_BITS_REVERSED), 0xFFFFFFFF) & 0xFFFFFFFF
    return page[22:26].translate(_BITS_REVERSED) == crc.to_bytes(4, "big")
