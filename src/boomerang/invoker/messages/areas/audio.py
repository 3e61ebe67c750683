"""Messages about audio files."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    # why a file cannot be used
    "audio.too_large": "The file has {size:.1f} MB; the limit is {limit} MB.",
    "audio.make_smaller": "Cut it into pieces, or save it as MP3 with a lower bit rate.",
    "audio.empty": "The file is empty (0 bytes).",
    "audio.choose_sound": "Choose a file with sound in it.",
    "audio.unknown": "This is no audio: the bytes fit no known kind of file.",
    "audio.other_kind": "This is no audio: it looks like {kind}.",
    "audio.not_read": "This looks like {kind} audio, which is not read here.",
    "audio.readable": "Readable are {kinds}.",
    "audio.convert": "Convert it; readable are {kinds}.",
    "audio.no_sound": "This looks like {kind}, but there is no sound in it.",
    "audio.undecodable": "This looks like {kind}, but it is damaged or of a variant that cannot be decoded here.",
    "audio.damaged_header": "This looks like {kind} with a damaged header: {rate:,} Hz, {channels}.",
    "audio.too_long": "The file plays for more than {limit} hours, which is the limit.",
    "audio.claims_too_long": "By its header the file plays for {hours:.1f} hours; the limit is {limit} hours.",
    "audio.too_many_samples": (
        "The file has more than {limit:,} samples over all channels, which is the limit: {hours} hours of stereo at 48,000 Hz."
    ),
    "audio.cut_into_parts": "Cut it into parts, and use one after the other.",
    "audio.too_long_at_once": "The file plays for more than {minutes:.0f} minutes, which is too much to hold in memory.",
    "audio.mono": "mono",
    "audio.stereo": "stereo",
    "audio.channels": "{count} channels",
    # oddities of a readable file
    "audio.misnamed": "The file is named .{extension}, but its bytes are {kind}; they are read as what they are.",
    "audio.joined": "{count} files were joined into this one; some players stop after the first.",
    "audio.cut": "The file is cut off after {seconds:.1f} s: {reason}",
    "audio.cut_inside": "A file that was joined into this one is cut off, at {seconds:.1f} s: {reason}",
    "audio.cut_by_header": "its header says {seconds:.1f} s",
    "audio.cut_by_size": "{have} of {all} kB are there",
    "audio.cut_in_frame": "its last frame is incomplete",
    "audio.cut_in_page": "its last page is missing",
    "audio.damaged": "The file is damaged at {seconds:.1f} s: what follows there could not be decoded and was left out.",
    "audio.left_out": "At {seconds:.1f} s, {size:,} bytes in the file are not sound that can be read; they were left out.",
    "audio.left_out_places": (
        "At {places:,} places, the first at {seconds:.1f} s, {size:,} bytes in the file are not sound that can be read; "
        "they were left out."
    ),
    "audio.converted": (
        "From {seconds:.1f} s on, the file has another form ({rate:,} Hz, {channels}); it was converted to that of its start."
    ),
    "audio.more_notices": "{count:,} more remarks like these about later places in the file.",
    "audio.not_converted": (
        "From {seconds:.1f} s on, the file has another form ({rate:,} Hz, {channels}), "
        "which is too large to convert; it was left out."
    ),
}
