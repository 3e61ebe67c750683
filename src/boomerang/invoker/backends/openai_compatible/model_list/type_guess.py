"""Guess the type of a model from its name alone: most model lists state nothing else."""

from __future__ import annotations

import re

from boomerang.invoker.entities.llm.request import LLMMode
from boomerang.invoker.entities.model import ModelType

_TYPES: tuple[tuple[ModelType, re.Pattern[str]], ...] = tuple(
    (model_type, re.compile("|".join(patterns), re.IGNORECASE))
    for model_type, patterns in (
        (ModelType.MODERATION, (r"moderation", r"guard", r"shieldgemma")),
        (ModelType.RERANK, (r"rerank", r"(?<![a-z])ranker", r"\bzerank", r"cross-?encoder", r"\bms-marco")),
        (
            ModelType.TEXT_EMBEDDING,
            (
                r"embed",
                r"\b(?:bge|gte|e5|bce)(?:-|\b)",
                r"minilm|mpnet|msmarco|multi-qa|paraphrase-|distiluse|all-distilroberta|sentence-t5|labse|gtr-t5",
                r"\buae-|\bm3e\b|text2vec|\bstella_|instructor-(?:base|large|xl)|\bpotion-|colbert|\bcol(?:pali|qwen)",
                r"\bvoyage-|jina-clip|\b(?:clip|siglip)[-\d]|text-(?:search|similarity)-",
            ),
        ),
        (
            ModelType.SPEECH2TEXT,
            (
                r"whisper(?!speech)|transcri|moonshine|sensevoice|parakeet|paraformer|wav2vec|\bchirp|granite-speech",
                r"\bcanary-(?:\d|qwen)|asr(?![a-z])|\bscribe|\bstt(?![a-z])|speech-?to-?text|voxtral-mini(?!.*tts)",
            ),
        ),
        (
            ModelType.TTS,
            (
                r"(?<!wa)tts|kokoro|\bbark\b|parler|orpheus|\bpiper|cosyvoice|fish-?speech|text-?to-?speech|hibari",
                r"whisperspeech|\bvits|speecht5|sambert|chatterbox|vibevoice|\bzonos|\baura-|\beleven_|\bsesame/csm|cartesia",
            ),
        ),
        (
            ModelType.TEXT2IMG,  # Dify's only type for images; it has none for videos, which go here too
            (
                r"dall-?e\b|(?<![a-z])(?:chat)?gpt-image|qwen-image|grok-(?:2-image|imagine)|hunyuan-?(?:image|video)|\bimagen",
                r"\bflux|stable-?(?:diffusion|image|video)|\bsdxl|\bsd3|seedream|seedance|kandinsky|playground-v\d|midjourney",
                r"\bsora\b|\bveo-|\bwanx?\d|\bcogvideo|\bltx-|\bkling|\bmochi-",
            ),
        ),
    )
)
"""Types and patterns of names, tried in this order: a name may match several, as `bge-reranker` does."""
_COMPLETES = re.compile(
    r"(?:^|[/:])(?:(?:text-)?(?:davinci|curie|babbage|ada)(?:-\d+)?(?=$|:)|gpt-3\.5-turbo-instruct)", re.IGNORECASE
)
"""OpenAI's models that complete a text and refuse a chat; fine-tuned ones are called `ft:davinci-002:…`."""


def guess(name: str) -> ModelType:
    """Guess the type of a model from its name; an LLM by default."""
    return next((model_type for model_type, pattern in _TYPES if pattern.search(name)), ModelType.LLM)


def guess_mode(name: str) -> LLMMode:
    """Guess whether an LLM chats, as nearly all do, or completes a text."""
    return LLMMode.COMPLETION if _COMPLETES.search(name) else LLMMode.CHAT
