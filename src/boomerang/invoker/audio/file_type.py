"""Detect a file's type from its bytes, never from its name.

Source: the formats' own specifications: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), RFC 9559 (Matroska), ISO/IEC 14496-12
(file types of MP4), 11172-3 and 13818-3 (MPEG audio), ID3 2.4, RIFF, AIFF.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from boomerang.invoker.messages.message import Message

from . import markers, mp3_frames
from .markers import Data

LOOK_BYTES = 4096
"""How many bytes after its tags are used to detect a file's type."""
JUNK_BYTES = 1 << 16
"""How far to search a file of unknown type for audio."""
TAGS_TRIED = 16
"""Tags within tags and junk that are skipped; each may be followed by as many more as fit in the file."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A file type."""

    name: str
    """Name for people, such as `MP3` or `PNG image`."""
    media_type: str
    extensions: tuple[str, ...]
    """Without dots, the usual one first."""
    audio: bool = True
    readable: bool = False
    """Whether we can decode it."""


MP3 = Kind("MP3", "audio/mpeg", ("mp3", "mp2", "mp1", "mpga", "mpeg"), readable=True)
WAV = Kind("WAV", "audio/wav", ("wav", "wave", "bwf", "rf64", "bw64"), readable=True)
W64 = Kind("Wave64", "audio/x-w64", ("w64",), readable=True)
FLAC = Kind("FLAC", "audio/flac", ("flac",), readable=True)
OGG_VORBIS = Kind("Ogg Vorbis", "audio/ogg", ("ogg", "oga"), readable=True)
OGG_OPUS = Kind("Ogg Opus", "audio/ogg", ("ogg", "opus", "oga"), readable=True)
OGG_FLAC = Kind("Ogg FLAC", "audio/ogg", ("ogg", "oga"), readable=True)
OGG_OTHER = Kind("Ogg", "audio/ogg", ("ogg", "oga", "ogv", "spx"))
AIFF = Kind("AIFF", "audio/aiff", ("aiff", "aif", "aifc"), readable=True)
M4A = Kind("M4A", "audio/mp4", ("m4a", "m4b", "mp4"))
MP4 = Kind("MP4", "audio/mp4", ("mp4", "m4a", "m4v", "mov", "3gp"))
AAC = Kind("AAC", "audio/aac", ("aac",))
WEBM = Kind("WebM", "audio/webm", ("webm", "weba"))
MATROSKA = Kind("Matroska", "audio/x-matroska", ("mka", "mkv"))
AMR = Kind("AMR", "audio/amr", ("amr",))
WMA = Kind("WMA", "audio/x-ms-wma", ("wma", "asf", "wmv"))
AU = Kind("AU", "audio/basic", ("au", "snd"), readable=True)
CAF = Kind("CAF", "audio/x-caf", ("caf",), readable=True)
VOC = Kind("VOC", "audio/x-voc", ("voc",), readable=True)
SPHERE = Kind("NIST SPHERE", "audio/x-nist", ("sph", "nist"), readable=True)
MIDI = Kind("MIDI", "audio/midi", ("mid", "midi"))

READABLE = (MP3, WAV, FLAC, OGG_VORBIS, OGG_OPUS, OGG_FLAC, AIFF, W64, AU, CAF, VOC, SPHERE)
"""The types that we can decode, the most common first."""
EXTENSIONS = tuple(dict.fromkeys(extension for kind in READABLE for extension in kind.extensions))
"""Their file extensions, without dots."""


def _other(name: str, media_type: str, *extensions: str) -> Kind:
    return Kind(name, media_type, extensions, audio=False)


_HTML = _other("HTML page", "text/html", "html", "htm")
_XML = _other("XML text", "application/xml", "xml", "svg")
_JSON = _other("JSON text", "application/json", "json")
_TEXT = _other("plain text", "text/plain", "txt")
_WEBP = _other("WebP image", "image/webp", "webp")
_AVI = _other("AVI film", "video/x-msvideo", "avi")
_HEIF = _other("HEIF or AVIF image", "image/heif", "heic", "heif", "avif")

_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"fLaC", FLAC),
    (b"#!AMR", AMR),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", WMA),
    (b".snd", AU),
    (b"dns.", AU),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0", W64),
    (b"Creative Voice File\x1a", VOC),
    (b"NIST_1A\n", SPHERE),
    (b"caff", CAF),
    (b"MThd", MIDI),
    (b"\x89PNG\r\n\x1a\n", _other("PNG image", "image/png", "png")),
    (b"\xff\xd8\xff", _other("JPEG image", "image/jpeg", "jpg", "jpeg")),
    (b"GIF8", _other("GIF image", "image/gif", "gif")),
    (b"%PDF", _other("PDF document", "application/pdf", "pdf")),
    (b"PK\x03\x04", _other("ZIP archive or office document", "application/zip", "zip", "docx", "xlsx", "pptx", "jar")),
    (b"\x1f\x8b", _other("gzip archive", "application/gzip", "gz", "tgz")),
    (b"7z\xbc\xaf\x27\x1c", _other("7-Zip archive", "application/x-7z-compressed", "7z")),
    (b"Rar!\x1a\x07", _other("RAR archive", "application/vnd.rar", "rar")),
    (b"\x7fELF", _other("program", "application/x-elf")),
    (b"MZ\x90", _other("Windows program", "application/vnd.microsoft.portable-executable", "exe", "dll")),
    (b"SQLite format 3\x00", _other("SQLite database", "application/vnd.sqlite3", "db", "sqlite")),
)


def _riff(head: bytes) -> Kind | None:
    return {b"WAVE": WAV, b"WEBP": _WEBP, b"AVI ": _AVI}.get(head[8:12])


def _form(head: bytes) -> Kind | None:
    return AIFF if head[8:12] in (b"AIFF", b"AIFC") else None


def _ogg(head: bytes) -> Kind:
    codecs = {b"\x01vorbis": OGG_VORBIS, b"OpusHead": OGG_OPUS, b"\x7fFLAC": OGG_FLAC}
    return next((kind for mark, kind in codecs.items() if mark in head[:128]), OGG_OTHER)


def _matroska(head: bytes) -> Kind:
    return WEBM if b"webm" in head[:64] else MATROSKA


_CONTAINERS: dict[bytes, Callable[[bytes], Kind | None]] = {
    b"RIFF": _riff,
    b"RIFX": _riff,
    b"RF64": _riff,
    b"BW64": _riff,
    b"FORM": _form,
    b"OggS": _ogg,
    b"\x1a\x45\xdf\xa3": _matroska,
}


def kind_of(data: Data) -> Kind | None:
    """Return a file's type; `None` if unknown."""
    return locate(data)[0]


def locate(data: Data, at: int = 0, finder: mp3_frames.Finder | None = None) -> tuple[Kind | None, int]:
    """Return the type of the file that starts at an offset, and where it begins after tags, padding and junk.

    Args:
        data: The bytes.
        at: Where to begin. At the start of the data, audio after junk is searched for in `JUNK_BYTES`, elsewhere to the end.
        finder: The data's finder if several offsets are examined: it limits the work of all searches together.
    """
    finder = finder or mp3_frames.Finder(data)
    start = markers.skip(data, at)
    kind = _kind_at(data, start, finder)
    if kind is not None and kind.audio:
        return kind, start
    tagged = is_tagged(data, at)
    if kind is None or tagged or at:
        # A tag with a wrong size ends before or after its declared end.
        begin, end = (at + 1, len(data)) if tagged else (start, len(data) if at else start + JUNK_BYTES)
        if match := find(data, begin, end, finder):
            return match
    return (MP3 if kind is None and tagged else kind), start


def is_tagged(data: Data, at: int = 0) -> bool:
    """Return whether a file begins with a tag, or with zeros and a tag."""
    return markers.tag_size(data, markers.padding_end(data, at)) > 0


def find(data: Data, at: int, end: int, finder: mp3_frames.Finder) -> tuple[Kind, int] | None:
    """Find the next audio between two offsets, among tags and junk.

    Returns:
        Its type and offset; `None` if there is none.
    """
    tags = 0
    place = finder.next(at, end)
    while place is not None:
        tags += markers.tag_size(data, place) > 0
        if tags <= TAGS_TRIED or not markers.tag_size(data, place):
            start = markers.skip(data, place)
            kind = _kind_at(data, start, finder)
            if kind is not None and kind.audio:
                return kind, start
        place = finder.next(place + 1, end)
    return None


def _kind_at(data: Data, start: int, finder: mp3_frames.Finder) -> Kind | None:
    head = bytes(data[start : start + LOOK_BYTES])
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if inner := _CONTAINERS.get(head[:4]):
        return inner(head)
    if head[4:8] == b"ftyp":
        return _file_type(head[8:12])
    if _adts(head):
        return AAC
    return MP3 if mp3_frames.begins(data, start, finder) else _text(head, whole=len(data) - start <= LOOK_BYTES)


def sniff(data: Data) -> str | None:
    """Return the media type, such as `audio/mpeg`; `None` if unknown."""
    kind = kind_of(data)
    return kind.media_type if kind else None


def misnamed(name: str, kind: Kind) -> Message | None:
    """Return a notice if a file's extension does not match its bytes; `None` if it does or there is none."""
    extension = PurePath(name).suffix.lower().lstrip(".")
    if not extension or extension in kind.extensions:
        return None
    return Message("audio.misnamed", extension=extension, kind=kind.name)


def _file_type(brand: bytes) -> Kind:
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return M4A
    return _HEIF if brand in (b"heic", b"heix", b"mif1", b"avif") else MP4


def _adts(head: bytes) -> bool:
    """Return whether consecutive AAC frames begin here: the sync word with layer 0, twice (ISO/IEC 13818-7, 6.2)."""

    def size(at: int) -> int:
        frame = head[at : at + 6]
        if len(frame) < 6 or frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
            return 0
        return (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5

    first = size(0)
    return first >= 7 and (size(first) >= 7 or first >= len(head))


def _text(head: bytes, *, whole: bool) -> Kind | None:
    try:
        text = getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return None
    if not text or any(ord(char) < 32 and char not in "\t\r\n\f" for char in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html")):
        return _HTML
    if start.startswith(("<?xml", "<svg")):
        return _XML
    return _JSON if start.startswith(("{", "[")) else _TEXT
