"""Drawing results. A view draws a record, live or old, the same; what models wrote is drawn as text and can load nothing."""

from .embedding import embedding
from .embedding_comparison import embeddings as compare_embeddings
from .llm import llm, llm_live
from .llm_comparison import objects as compare_objects
from .llm_comparison import texts as compare_texts
from .moderation import flags as compare_flags
from .moderation import moderation
from .rerank import rerank
from .rerank_comparison import rankings as compare_rankings
from .speech2text import compare as compare_transcripts
from .speech2text import speech2text
from .structured import structured, structured_live
from .summary import summary, summary_live
from .summary_comparison import summaries as compare_summaries
from .tts import compare as compare_speech
from .tts import tts, tts_live

__all__ = [
    "compare_embeddings",
    "compare_flags",
    "compare_objects",
    "compare_rankings",
    "compare_speech",
    "compare_summaries",
    "compare_texts",
    "compare_transcripts",
    "embedding",
    "llm",
    "llm_live",
    "moderation",
    "rerank",
    "speech2text",
    "structured",
    "structured_live",
    "summary",
    "summary_live",
    "tts",
    "tts_live",
]
