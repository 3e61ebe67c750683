"""`session.model.<name>`: Dify's signature in, a request out, a stream or its fold back."""

from .llm import LLMInvocation
from .llm_structured_output import LLMStructuredOutputInvocation
from .moderation import ModerationInvocation
from .rerank import RerankInvocation
from .speech2text import Speech2TextInvocation
from .summary import SummaryInvocation
from .text_embedding import TextEmbeddingInvocation
from .tts import TTSInvocation

__all__ = [
    "LLMInvocation",
    "LLMStructuredOutputInvocation",
    "ModerationInvocation",
    "RerankInvocation",
    "Speech2TextInvocation",
    "SummaryInvocation",
    "TTSInvocation",
    "TextEmbeddingInvocation",
]
