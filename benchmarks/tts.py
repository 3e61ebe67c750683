"""Measure how soon speech starts, and how well our speech recognition understands it.

First segment: a text of several sentences goes through `Speaker.segments` until the first MP3. For comparison,
alternately in the same run, hibari speaks only the first sentence and soundfile encodes it, with its own settings and ours.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from time import perf_counter

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import soundfile
from hibari import Hibari

from boomerang.invoker.audio import audio_facts, mp3_encoding
from boomerang.invoker.backends.embedded.tasks.speech2text import Listener
from boomerang.invoker.backends.embedded.tasks.tts import VOICE, Speaker
from boomerang.invoker.run import Run
from boomerang.invoker.weights.models_folder import Weights

from .table import Row, Table, Target

ROUNDS = 25
SEGMENT = Target(1.2, "×")
TEXTS = (
    "Hello! This is a short test of the selected voice. The second sentence is made while the first one plays.",
    "The quick test begins at seven, and ends before noon. Nobody knows yet who will win. We shall see.",
    "On 3 May 2026 at 14:05 the meter read 1,204.5. That is more than last year. The bill will follow.",
    "While the big brown bear buys bread, she sells sea shells by the sea shore, and the tide comes in. It is late.",
)
SPOKEN = (
    "The river froze early that winter, and the mill stood still for eleven weeks.",
    "Please leave the key under the blue flower pot beside the kitchen door.",
    "Most birds find their way home by the stars, the sun and the shape of the coast.",
    "A good question is often worth more than a quick answer.",
    "The train to the coast leaves from the second platform in a quarter of an hour.",
    "My grandmother kept her letters in an old biscuit tin on the highest shelf.",
)
"""Texts of the round trip: our own sentences, without numbers, which the recogniser would write as digits."""
SEGMENT_NOTE = (
    f"Medians of {ROUNDS} rounds in turn. Bare: hibari speaks the first sentence alone and soundfile encodes it as MP3, with "
    "its own settings, and with ours: one bit rate and no header frame, so that segments can be joined, which takes the "
    "encoder 2 ms more for a second of sound. The target is held against the latter: the same MP3, made bare."
)
ROUND_TRIP_NOTE = f"{len(SPOKEN)} sentences, spoken by the embedded voice, heard by the embedded listener."


def tables() -> Iterator[Table]:
    """Measure the first segment, then the round trip through both models."""
    speaker, hibari = Speaker(), Hibari(threads=1)
    hibari("Warm up.")
    columns = ("bare, ms", "bare with our MP3, ms", "ours, ms", "to bare", "to bare with our MP3")
    yield Table("first segment of speech", columns, [first_segment_row(speaker, hibari, text) for text in TEXTS], SEGMENT_NOTE)
    listener = Listener.load(Weights().path)
    yield Table("speech, written down again", ("measured",), round_trip(speaker, listener), ROUND_TRIP_NOTE)


def first_segment_row(speaker: Speaker, hibari: Hibari, text: str) -> Row:
    """Measure one text; the three ways alternate, so that other work on the machine affects all of them."""
    (first, *_) = hibari.split_sentences(text)

    def ours() -> None:
        next(speaker.segments(text, VOICE, Run()))

    def bare() -> None:
        soundfile.write(io.BytesIO(), hibari(first) * 2, hibari.sample_rate, format="MP3", subtype="MPEG_LAYER_III")

    def bare_with_our_mp3() -> None:
        mp3_encoding.encode_mp3(hibari(first) * 2, hibari.sample_rate, joinable=True)

    a, b, c = interleaved((ours, bare, bare_with_our_mp3))
    cells = (f"{b * 1000:.1f}", f"{c * 1000:.1f}", f"{a * 1000:.1f}", f"× {a / b:.2f}", f"× {a / c:.2f}")
    return Row(f"“{first[:44].strip()}…”" if len(first) > 44 else f"“{first}”", cells, a / c, SEGMENT)


def interleaved(ways: Sequence[Callable[[], None]]) -> list[float]:
    """Return the median seconds of each way."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, taken in zip(ways, seconds, strict=True):
            started = perf_counter()
            way()
            taken.append(perf_counter() - started)
    return [median(taken) for taken in seconds]


def round_trip(speaker: Speaker, listener: Listener) -> list[Row]:
    """Speak sentences and transcribe them."""
    wrong = count = 0
    speaking = listening = seconds = 0.0
    for text in SPOKEN:
        started = perf_counter()
        data = b"".join(speaker.segments(text, VOICE, Run()))
        synthesized = perf_counter()
        transcript = listener.transcribe(data, Run())
        listening += perf_counter() - synthesized
        speaking += synthesized - started
        seconds += audio_facts.facts(data).seconds or 0.0
        spoken = normalised(text)
        wrong += distance(spoken, normalised(transcript))
        count += len(spoken)
    return [
        Row(f"word error rate, {count} words", (f"{100 * wrong / count:.1f} %",)),
        Row("seconds of sound spoken in a second, with MP3", (f"{seconds / speaking:.0f}",)),
        Row("seconds of sound understood in a second", (f"{seconds / listening:.0f}",)),
    ]


def normalised(text: str) -> list[str]:
    """Return the words, without case and punctuation."""
    return re.sub(r"[^a-z' ]+", " ", text.lower()).split()


def distance(spoken: Sequence[str], transcript: Sequence[str]) -> int:
    """Return the word edit distance: insertions, deletions and replacements."""
    row = list(range(len(transcript) + 1))
    for i, word in enumerate(spoken, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(transcript, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]
