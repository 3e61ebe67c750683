"""Audio files and sample arrays: what bytes are, what is in them, samples out of them and into them.

Knows nothing of models. numpy and soundfile are loaded by the functions that need them.

- `marks`: where tags, padding and files start; `kinds`: what a file is, by its bytes; `checks`: whether it can be used
- `mp3`: the frames of an MPEG stream
- `files`: files that were joined, cut off or left unfinished, made readable
- `reading`: an audio file, decoded block by block; `measuring`: facts about one
- `samples`: mixing to mono, changing the sampling rate
- `writing`: samples into MP3
"""

from .checks import READABLE, UPLOAD_LIMIT_BYTES, require_audio
from .kinds import EXTENSIONS, Kind, kind_of, misnamed, sniff
from .marks import only_tags
from .measuring import AudioFacts, facts
from .reading import LONGEST_HOURS, Recording, decode
from .samples import mono, resample, resampled
from .writing import encode_mp3, to_mp3

__all__ = [
    "EXTENSIONS",
    "LONGEST_HOURS",
    "READABLE",
    "UPLOAD_LIMIT_BYTES",
    "AudioFacts",
    "Kind",
    "Recording",
    "decode",
    "encode_mp3",
    "facts",
    "kind_of",
    "misnamed",
    "mono",
    "only_tags",
    "require_audio",
    "resample",
    "resampled",
    "sniff",
    "to_mp3",
]
