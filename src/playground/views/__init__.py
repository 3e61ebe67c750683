"""Drawing results. A view draws a record, live or old, the same; what models wrote is drawn as text and can load nothing."""

from .embedding import embedding
from .llm import llm, llm_live
from .moderation import moderation
from .rerank import rerank
from .speech2text import speech2text
from .structured import structured, structured_live
from .summary import summary
from .tts import tts, tts_live

__all__ = [
    "embedding",
    "llm",
    "llm_live",
    "moderation",
    "rerank",
    "speech2text",
    "structured",
    "structured_live",
    "summary",
    "tts",
    "tts_live",
]
