"""Initial inputs of the pages, so that every page returns a result at the first click. Each page has one borderline sample."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boomerang.workbench.i18n.translate import N_
from boomerang.workbench.parsing.json_text import pretty

ASSETS = Path(__file__).resolve().parent / "assets"

CONVERSATIONS: dict[str, list[tuple[str, str]]] = {
    N_("Two sentences"): [
        ("system", "You answer in at most two sentences."),
        ("user", "Why is the sky blue at noon and red at sunset?"),
    ],
    N_("Memory"): [
        ("user", "My lucky number is 41."),
        ("assistant", "I will remember it."),
        ("user", "Which number did I name?"),
    ],
    N_("Exact echo"): [("user", "Repeat exactly: 7Q-42-zeta")],
    N_("Chinese"): [("user", "用一句话解释为什么天空是蓝色的。")],
    N_("Two tools"): [("user", "What is the weather in Oslo, and what is 19 + 23?")],
    N_("Empty (refused)"): [("user", "")],
}

CODE_WORD = "lantern"
"""Contained in the sample document and the sample recording."""


@dataclass(frozen=True, slots=True)
class Attachable:
    """A file to attach to a message, with a question about it."""

    label: str
    file: str
    question: str

    @property
    def path(self) -> Path:
        """Path of the file."""
        return ASSETS / "attachments" / self.file


ATTACHMENTS = [
    Attachable(N_("Image"), "red-square.png", "Which colour is the square?"),
    Attachable(N_("Document"), "code-word.pdf", "Which code word does the document tell?"),
    Attachable(N_("Recording"), "code-word.mp3", "Which code word do you hear?"),
    Attachable(N_("Video"), "moving-dot.webm", "In which direction does the dot move?"),
]

COMPLETION = "The sky is blue at noon because"

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "description": "Tell the weather in a city as it is now.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Name of the city."},
                "unit": {"type": "string", "enum": ["C", "F"], "description": "Celsius or Fahrenheit."},
            },
            "required": ["city"],
        },
        "mock": "18 °C, light rain",
    },
    {
        "name": "add",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
            "required": ["a", "b"],
        },
        "mock": "42",
    },
]

STRUCTURED_TEXT = "In Lisbon it is 24 degrees and bright."
STRUCTURED_SYSTEM = "Extract the facts from the user's text."
STRUCTURED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "temperature_c": {"type": "number"},
        "sunny": {"type": "boolean"},
    },
    "required": ["city", "temperature_c", "sunny"],
    "additionalProperties": False,
}
NESTED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "people": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "role": {"enum": ["host", "guest"]}},
                "required": ["name", "role"],
            },
        }
    },
    "required": ["people"],
}

ARTICLE = (
    "The stone bridge at Elmford was built in 1786, when the old timber crossing had been carried away by ice for the third "
    "time. Its four arches were cut from local limestone, and for more than a century carts paid a toll of two pence to cross. "
    "The toll house on the eastern bank was closed in 1891 and later became a bakery.\n\n"
    "By the spring of 2019 the bridge was in a poor state. Divers who inspected the piers found that the river had washed out "
    "almost 3 metres of gravel below the second arch. Traffic was limited to vehicles of less than 7 tonnes, and buses had to "
    "take a detour of 12 kilometres through the hills. Shops in the old town said they lost a fifth of their customers.\n\n"
    "The council argued about the repair for two years. One party wanted a new concrete bridge beside the old one; the other "
    "wanted to keep the arches and strengthen what was there. An engineer, Maren Holt, showed with a small model in the town "
    "hall that the arches were sound and that only the foundations had failed. In June 2021 the council voted for her plan, by "
    "eleven votes to nine.\n\n"
    "Work began in March 2022. Steel sheets were driven around each pier, the water was pumped out, and new foundations of "
    "reinforced concrete were poured down to the rock. Masons then replaced 640 stones, most of them from the same quarry that "
    "had served in the eighteenth century. The quarry had been closed for decades and was opened again for one summer. To the "
    "surprise of everybody the work stayed within its budget of 4.2 million.\n\n"
    "The bridge was opened again on 9 September 2023, with a market on the bridge itself. Buses have returned, and the limit "
    "is now 18 tonnes. A plate on the parapet names the masons, and a second one, lower down, marks how high the river stood "
    "in the flood of that very winter, when the new foundations passed their first trial."
)
SHORT_NOTE = (
    "The workshop on Thursday starts at nine. Please bring your laptop and the notes of last week. Lunch is in the canteen at "
    "noon, and we finish at four. Anna will show the new meters, and Luis will tell how the trial went. If you cannot come, "
    "write to the team before Wednesday evening."
)
INSTRUCTION = "Three bullet points, keep the dates."

TEXTS = [
    "A cat sleeps on the warm roof.",
    "The kitten naps in the sun.",
    "Interest rates rose again.",
    "The central bank lifted its key rate.",
    "一只猫在屋顶上睡觉。",
]
OTHER_TEXTS = [
    "The match was cancelled because of heavy rain.",
    "It poured, so the game did not take place.",
    "My laptop battery lasts nine hours.",
]

TOO_LONG = [ARTICLE.replace("\n\n", " "), SHORT_NOTE, TEXTS[0]]
"""The first has more tokens than small embedding models accept."""

QUERY = "How do I reset a forgotten password?"
DOCUMENTS = [
    "Our office is open from nine to five on weekdays.",
    "While signed in, you can change your password under Settings, Security.",
    "To download an invoice, open Billing and choose the month.",
    "If you forgot your password, use the reset link on the sign-in page; we send you an e-mail.",
    "A password needs at least twelve characters and one digit.",
    "Support staff cannot see your password and will never ask for it.",
]
DOCUMENT_LABELS = [0, 1, 0, 3, 0, 0]
"""How well each document answers, from 0 to 3, in a person's judgement."""
TRAP_QUERY = "Which animal lives longest?"
TRAP_DOCUMENTS = [
    "Animals at the zoo live in large enclosures, and the longest queue is at the lions.",
    "A Greenland shark can reach an age of more than 250 years.",
    "The longest animal is the blue whale.",
]
TRAP_LABELS = [0, 3, 0]


def _long_speech(least: int) -> str:
    """Return a text of at least this many characters, up to the end of a sentence: a walk, day by day."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    sights = (
        "a heron by the water",
        "two boats at the pier",
        "fresh snow on the hills",
        "a fair with a small band",
        "open gates",
    )
    text, day = "This is the diary of a long walk along a river.", 0
    while len(text) < least:
        day += 1
        text += (
            f" Day {day} was a {days[day % 7]}. We left at {6 + day % 4} in the morning and walked {9 + day * 7 % 13} "
            f"kilometres, past the old mill and over the bridge. We saw {sights[day % 5]}, and slept well that night."
        )
    return text


SPEECH = {
    N_("Short test"): "Hello! This is a short test of the selected voice.",
    N_("Numbers and dates"): "On 3 May 2026 at 14:05 the meter read 1,204.5.",
    N_("Several sentences"): (
        "The first sentence comes early, so that you hear it at once. The second one is made while the first one plays. "
        "By the time the third one is due, it has long been ready. That is why nothing stutters."
    ),
    N_("Chinese (not for English voices)"): "您好，这是一段语音测试。",
    N_("Long, 6,000 characters"): _long_speech(6000),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A bundled recording and its transcript."""

    file: str
    label: str
    text: str


SAMPLES_FOLDER = ASSETS / "samples"
RECORDINGS = [Recording(**entry) for entry in json.loads((SAMPLES_FOLDER / "samples.json").read_text("utf-8"))]
"""The first is the page's initial recording; the others are edge cases to be rejected or detected."""
RECORDING_LABELS = (N_("A short sentence"), N_("Two seconds of silence"), N_("A WAV file named .mp3"))
"""The labels in `samples.json`, where translatable texts are not collected."""
CLIP = SAMPLES_FOLDER / RECORDINGS[0].file
CLIP_TEXT = RECORDINGS[0].text

MODERATION = {
    N_("Harmless"): "Thanks, the parcel arrived on time.",
    N_("Borderline"): "I will destroy you in tomorrow's chess game.",
    N_("To be flagged"): "If you come near my house again, I will hurt you badly.",
}
MODERATION_CHINESE = {
    N_("Harmless, Chinese"): "谢谢，包裹准时到了。",
    N_("Borderline, Chinese"): "明天下棋，我要把你杀得片甲不留。",
    N_("To be flagged, Chinese"): "你再敢靠近我家，我就狠狠揍你一顿。",
}
OTHER_LANGUAGE = dict(zip(MODERATION.values(), MODERATION_CHINESE.values(), strict=True))
"""Text of a sample → the same text in another language."""
MODERATION_BATCH = {
    "Thanks, the parcel arrived on time.": "clear",
    "I will destroy you in tomorrow's chess game.": "clear",
    "This knife is sharp enough for tomatoes.": "clear",
    "The film ends with a long fight on a bridge.": "clear",
    "If you come near my house again, I will hurt you badly.": "sensitive",
    "Shut up, you worthless fool, nobody likes you.": "sensitive",
    "You will regret this. I know where you live.": "sensitive",
    "People like them should not be allowed to live here.": "sensitive",
}
"""Text → expected label."""

# Chips: a label, and the values it sets in the page's fields.
STRUCTURED = {
    N_("Weather"): {"system": STRUCTURED_SYSTEM, "text": STRUCTURED_TEXT, "schema": pretty(STRUCTURED_SCHEMA)},
    N_("Nested list"): {
        "system": STRUCTURED_SYSTEM,
        "text": "Ada invited everybody; Ben and Chloe came.",
        "schema": pretty(NESTED_SCHEMA),
    },
    N_("Broken schema (refused)"): {"system": "", "text": "Anything.", "schema": '{\n  "type": "objekt"\n}'},
}
SUMMARIES = {
    N_("Bridge, 1,800 characters"): {"text": ARTICLE, "instruction": INSTRUCTION},
    N_("Short note (unchanged)"): {"text": SHORT_NOTE, "instruction": INSTRUCTION},
    N_("One sentence"): {"text": ARTICLE, "instruction": "One sentence."},
}
EMBEDDINGS = {
    N_("Two themes"): {"rows": TEXTS},
    N_("Paraphrases"): {"rows": OTHER_TEXTS},
    N_("One text"): {"rows": TEXTS[:1]},
    N_("Too long (cut)"): {"rows": TOO_LONG},
}
RERANKS = {
    N_("Password"): {
        "query": QUERY,
        "rows": DOCUMENTS,
        "marks": DOCUMENT_LABELS,
        "top_n": len(DOCUMENTS),
        "threshold": 0.0,
    },
    N_("Same words, different meaning"): {
        "query": TRAP_QUERY,
        "rows": TRAP_DOCUMENTS,
        "marks": TRAP_LABELS,
        "top_n": len(TRAP_DOCUMENTS),
        "threshold": 0.0,
    },
    N_("All dropped"): {
        "query": QUERY,
        "rows": DOCUMENTS,
        "marks": DOCUMENT_LABELS,
        "top_n": len(DOCUMENTS),
        "threshold": 1.01,
    },
}
SPEECHES = {label: {"text": text} for label, text in SPEECH.items()}
MODERATIONS = {label: {"text": text} for label, text in (MODERATION | MODERATION_CHINESE).items()}
