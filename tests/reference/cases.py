"""Cases for the comparison with the reference SDK: every entity, every coercion, every refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """An input for an entity."""

    entity: str
    says: str
    """What the case shows; together with the entity, its name."""
    value: Any = None
    ours: tuple[str, ...] = ()
    """Keys whose values use our own wording."""


WHO = {"provider": "acme/probe/probe", "model": "m"}
USAGE = {
    "prompt_tokens": 7,
    "prompt_unit_price": "1",
    "prompt_price_unit": "0.000001",
    "prompt_price": "0.0000070",
    "completion_tokens": 2,
    "completion_unit_price": "2",
    "completion_price_unit": "0.000001",
    "completion_price": "0.0000040",
    "total_tokens": 9,
    "total_price": "0.0000110",
    "currency": "USD",
    "latency": 0.5,
}
EMBEDDING_USAGE = {
    "tokens": 2,
    "total_tokens": 2,
    "unit_price": "0.1",
    "price_unit": "0.001",
    "total_price": "0.0002",
    "currency": "USD",
    "latency": 0.1,
}
TEXT = {"type": "text", "data": "What is this?"}
FILE = {"format": "png", "mime_type": "image/png", "base64_data": "iVBORw0KGgo="}
CALL = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": '{"q":"x"}'}}
TOOL = {"name": "lookup", "description": "Look it up", "parameters": {"type": "object", "properties": {}}}
DELTA = {"index": 1, "message": {"content": "lo"}, "usage": USAGE, "finish_reason": "stop"}
RESULT = {"model": "m", "message": {"content": "Hello", "tool_calls": [CALL]}, "usage": USAGE}
MODEL = {"model": "m", "model_type": "llm", "model_properties": {"mode": "chat", "context_size": 4096}}
RULE = {"name": "seed", "type": "int"}
PRICES = {"input": "1", "output": "2", "unit": "0.000001", "currency": "USD"}


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a mapping without one of its keys."""
    return {name: item for name, item in value.items() if name != key}


def each_missing(entity: str, value: dict[str, Any]) -> list[Case]:
    """Return a case for each key that is left out; all keys must be required."""
    return [Case(entity, f"without {key}", without(value, key)) for key in value]


ENUMS = [
    Case("ModelType", "values"),
    Case("ModelFeature", "values"),
    Case("ModelPropertyKey", "values"),
    Case("ParameterType", "values"),
    Case("FetchFrom", "values"),
    Case("FormType", "values"),
    Case("ConfigurateMethod", "values"),
    Case("PriceType", "values"),
    Case("EmbeddingInputType", "values"),
    Case("DefaultParameterName", "values"),
    Case("LLMMode", "values"),
    Case("LLMPollingStatus", "values"),
    Case("PromptMessageRole", "values"),
    Case("PromptMessageContentType", "values"),
    Case("ImageDetail", "values"),
    Case("MultiModalContentType", "values"),
]

CONFIGS = [
    Case("BaseModelConfig", "complete", {**WHO, "model_type": "text2img"}),
    *each_missing("BaseModelConfig", {**WHO, "model_type": "llm"}),
    Case("BaseModelConfig", "unknown type", {**WHO, "model_type": "multimodal-embedding"}),
    Case("BaseModelConfig", "a text instead", "acme/m"),
    Case("LLMModelConfig", "smallest", {**WHO, "mode": "chat"}),
    Case("LLMModelConfig", "parameters, extra keys", {"x": 1, **WHO, "mode": "any", "completion_params": {"b": 1, "a": [0.5]}}),
    Case("LLMModelConfig", "type of another class", {**WHO, "mode": "chat", "model_type": "tts"}),
    Case("LLMModelConfig", "null type", {**WHO, "mode": "chat", "model_type": None}),
    Case("LLMModelConfig", "without mode", WHO),
    Case("LLMModelConfig", "null parameters", {**WHO, "mode": "chat", "completion_params": None}),
    Case("LLMModelConfig", "numbers for names", {"provider": 1, "model": 2, "mode": 3}),
    Case("TextEmbeddingModelConfig", "smallest", WHO),
    Case("MultiModalEmbeddingModelConfig", "complete", {**WHO, "tenant_id": "t-1"}),
    Case("MultiModalEmbeddingModelConfig", "without tenant", WHO),
    Case("RerankModelConfig", "complete", {**WHO, "score_threshold": 1, "top_n": "2"}),
    Case("RerankModelConfig", "without limits", WHO),
    Case("RerankModelConfig", "null limits", {**WHO, "score_threshold": None, "top_n": None}),
    Case("RerankModelConfig", "half a document", {**WHO, "score_threshold": 0, "top_n": 1.5}),
    Case("MultiModalRerankModelConfig", "without limits", WHO),
    Case("MultiModalRerankModelConfig", "limits", {**WHO, "score_threshold": 0.5, "top_n": 3}),
    Case("TTSModelConfig", "complete", {**WHO, "voice": "alpha"}),
    Case("TTSModelConfig", "without voice", WHO),
    Case("Speech2TextModelConfig", "smallest", WHO),
    Case("ModerationModelConfig", "smallest", WHO),
]

MESSAGES = [
    Case("PromptMessage", "of a role", {"role": "user", "content": "Hi", "name": "ann"}),
    Case("PromptMessage", "unknown role", {"role": "robot"}),
    Case("PromptMessage", "without role", {"content": "Hi"}),
    Case("SystemPromptMessage", "text", {"content": "Be brief."}),
    Case("SystemPromptMessage", "of another role", {"role": "user", "content": "Be brief."}),
    Case("DeveloperPromptMessage", "text", {"content": "Be brief."}),
    Case("UserPromptMessage", "nothing", {}),
    Case("UserPromptMessage", "contents", {"content": [TEXT, {"type": "image", **FILE}]}),
    Case("UserPromptMessage", "every content", {"content": [{"type": t, **FILE} for t in ("audio", "video", "document")]}),
    Case("UserPromptMessage", "no contents", {"content": []}),
    Case("UserPromptMessage", "content of unknown type", {"content": [{"type": "smell", "data": "x"}]}),
    Case("UserPromptMessage", "content without type", {"content": [{"data": "x"}]}),
    Case("UserPromptMessage", "content that is a text", {"content": ["x"]}),
    Case("UserPromptMessage", "content that is null", {"content": [None]}),
    Case("UserPromptMessage", "text without data", {"content": [TEXT, {"type": "text"}]}),
    Case("UserPromptMessage", "image without format", {"content": [{"type": "image", "mime_type": "image/png"}]}),
    Case("UserPromptMessage", "number for content", {"content": 5}),
    Case("UserPromptMessage", "mapping for content", {"content": TEXT}),
    Case("UserPromptMessage", "number for name", {"content": "x", "name": 5}),
    Case("AssistantPromptMessage", "text", {"content": "x"}),
    Case("AssistantPromptMessage", "call", {"content": "", "tool_calls": [CALL]}),
    Case("AssistantPromptMessage", "opaque body", {"content": "x", "opaque_body": {"s": [1, None]}}),
    Case("AssistantPromptMessage", "null calls", {"content": "x", "tool_calls": None}),
    Case("AssistantPromptMessage", "keys of a daemon", {"content": "x", "name": "", "tool_call_id": ""}),
    Case("AssistantPromptMessage", "call without function", {"tool_calls": [CALL, without(CALL, "function")]}),
    Case("AssistantPromptMessage.ToolCall", "complete", CALL),
    Case("AssistantPromptMessage.ToolCall", "null id and type", {**CALL, "id": None, "type": None}),
    Case("AssistantPromptMessage.ToolCall", "number for id", {**CALL, "id": 7}),
    Case("AssistantPromptMessage.ToolCall", "truth for id", {**CALL, "id": True}),
    Case("AssistantPromptMessage.ToolCall", "number for type", {**CALL, "type": 7}),
    *each_missing("AssistantPromptMessage.ToolCall", CALL),
    Case("AssistantPromptMessage.ToolCall.ToolCallFunction", "nulls", {"name": None, "arguments": None}),
    Case("AssistantPromptMessage.ToolCall.ToolCallFunction", "object for arguments", {"name": "f", "arguments": {}}),
    *each_missing("AssistantPromptMessage.ToolCall.ToolCallFunction", {"name": "f", "arguments": "{}"}),
    Case("ToolPromptMessage", "complete", {"content": "42", "name": "lookup", "tool_call_id": "call_1"}),
    Case("ToolPromptMessage", "without id", {"content": "42"}),
    Case("ToolPromptMessage", "null id", {"content": "42", "tool_call_id": None}),
    Case("PromptMessageTool", "complete", TOOL),
    *each_missing("PromptMessageTool", TOOL),
    Case("PromptMessageTool", "text for parameters", {**TOOL, "parameters": "{}"}),
    Case("PromptMessageFunction", "smallest", {"function": TOOL}),
    Case("PromptMessageFunction", "without function", {}),
    Case("PromptMessageContent", "opaque body", {"opaque_body": "x"}),
    Case("TextPromptMessageContent", "opaque body", {"data": "x", "opaque_body": [1, {"a": None}]}),
    Case("TextPromptMessageContent", "another type", {"data": "x", "type": "image"}),
    Case("MultiModalPromptMessageContent", "smallest", FILE),
    Case("ImagePromptMessageContent", "detail", {**FILE, "detail": "high", "url": "https://example.org/x", "filename": "x"}),
    Case("ImagePromptMessageContent", "empty detail", {**FILE, "detail": ""}),
    Case("ImagePromptMessageContent", "unknown detail", {**FILE, "detail": "auto"}),
    Case("AudioPromptMessageContent", "smallest", {"format": "mp3", "mime_type": "audio/mpeg"}),
    Case("AudioPromptMessageContent", "null url", {**FILE, "url": None}),
    Case("VideoPromptMessageContent", "without type of file", {"format": "mp4"}),
    Case("VideoPromptMessageContent", "smallest", FILE),
    Case("DocumentPromptMessageContent", "smallest", FILE),
]

LLM = [
    Case("LLMUsage", "complete", USAGE),
    *each_missing("LLMUsage", USAGE),
    Case("LLMUsage", "prices as numbers", {**USAGE, "prompt_price": 0.1, "total_price": 3, "latency": 1}),
    Case("LLMUsage", "prices with exponents", {**USAGE, "prompt_price_unit": "1E-7", "total_price": "0E-7"}),
    Case("LLMUsage", "keys of a newer Dify", {**USAGE, "time_to_first_token": None, "time_to_generate": 0.5}),
    Case("LLMUsage", "text for a price", {**USAGE, "total_price": "free"}),
    Case("LLMUsage", "null price", {**USAGE, "total_price": None}),
    Case("LLMUsage", "infinite price", {**USAGE, "total_price": "Infinity"}),
    Case("LLMUsage", "half a token", {**USAGE, "total_tokens": 1.5}),
    Case("ModelUsage", "nothing", {}),
    Case("LLMResultChunkDelta", "smallest", {"index": "0", "message": {}}),
    Case("LLMResultChunkDelta", "of another role", {"index": 0, "message": {"role": "user", "content": "x"}}),
    *each_missing("LLMResultChunkDelta", {"index": 0, "message": {"content": "x"}}),
    Case("LLMResultChunk", "complete", {"model": "m", "system_fingerprint": "fp", "delta": DELTA}),
    Case("LLMResultChunk", "with messages", {"model": "m", "prompt_messages": [{"role": "user"}], "delta": DELTA}),
    Case("LLMResultChunk", "with wrong messages", {"model": "m", "prompt_messages": "x", "delta": DELTA}),
    Case("LLMResultChunk", "wrong price inside", {"model": "m", "delta": {**DELTA, "usage": {**USAGE, "total_price": "x"}}}),
    *each_missing("LLMResultChunk", {"model": "m", "delta": DELTA}),
    Case("LLMStructuredOutput", "object", {"structured_output": {"b": 1, "a": {}}}),
    Case("LLMResultChunkWithStructuredOutput", "none", {"model": "m", "delta": DELTA}),
    Case("LLMResultChunkWithStructuredOutput", "object", {"model": "m", "delta": DELTA, "structured_output": {"a": [1]}}),
    Case("LLMResultChunkWithStructuredOutput", "list", {"model": "m", "delta": DELTA, "structured_output": [1]}),
    Case("LLMResult", "complete", {**RESULT, "system_fingerprint": "fp"}),
    Case("LLMResult", "with messages and finish reason", {**RESULT, "prompt_messages": None, "finish_reason": "stop"}),
    *each_missing("LLMResult", RESULT),
    Case("LLMResultWithStructuredOutput", "object", {**RESULT, "structured_output": {"a": 1}}),
    Case("LLMPollingResult", "running", {"status": "running", "plugin_state": {"job": 1}, "max_attempts": 3}),
    Case("LLMPollingResult", "running without state", {"status": "running", "plugin_state": {}}),
    Case("LLMPollingResult", "succeeded", {"status": "succeeded", "result": RESULT}),
    Case(
        "LLMPollingResult",
        "succeeded with object",
        {"status": "succeeded", "result": {**RESULT, "structured_output": {"a": 1}}},
    ),
    Case("LLMPollingResult", "succeeded without result", {"status": "succeeded"}),
    Case("LLMPollingResult", "succeeded with half a result", {"status": "succeeded", "result": {"model": "m"}}),
    Case("LLMPollingResult", "failed", {"status": "failed", "error": "no"}),
    Case("LLMPollingResult", "failed without error", {"status": "failed", "error": ""}),
    Case("LLMPollingResult", "unknown status", {"status": "paused"}),
    Case(
        "LLMPollingResult",
        "no seconds",
        {"status": "failed", "error": "x", "next_check_after_seconds": 0, "expires_after_seconds": -1},
    ),
    Case("SummaryResult", "complete", {"summary": "S"}),
    Case("SummaryResult", "without summary", {}),
]

ONE_SHOT = [
    Case("EmbeddingUsage", "complete", EMBEDDING_USAGE),
    *each_missing("EmbeddingUsage", EMBEDDING_USAGE),
    Case("TextEmbeddingResult", "complete", {"model": "m", "embeddings": [[0.25, -1], []], "usage": EMBEDDING_USAGE}),
    Case("TextEmbeddingResult", "null number", {"model": "m", "embeddings": [[0.5, None]], "usage": EMBEDDING_USAGE}),
    *each_missing("TextEmbeddingResult", {"model": "m", "embeddings": [], "usage": EMBEDDING_USAGE}),
    Case("MultiModalEmbeddingResult", "complete", {"model": "m", "embeddings": [[1]], "usage": EMBEDDING_USAGE}),
    Case("MultiModalContent", "text", {"content": "a cat", "content_type": "text"}),
    Case("MultiModalContent", "audio", {"content": "", "content_type": "audio"}),
    *each_missing("MultiModalContent", {"content": "a", "content_type": "image"}),
    Case("RerankDocument", "complete", {"index": 1, "text": "a", "score": 1}),
    *each_missing("RerankDocument", {"index": 1, "text": "a", "score": 0.5}),
    Case("RerankResult", "complete", {"model": "m", "docs": [{"index": 1, "text": "a", "score": "0.9"}]}),
    Case("RerankResult", "null documents", {"model": "m", "docs": None}),
    Case("MultiModalRerankResult", "complete", {"model": "m", "docs": []}),
    Case("TTSResult", "without type", {"result": "6162"}),
    Case("TTSResult", "with type", {"result": "6162", "mime_type": "audio/mpeg"}),
    Case("TTSResult", "not hex", {"result": "xyz"}),
    Case("TTSResult", "without result", {}),
    Case("Speech2TextResult", "complete", {"result": "hello"}),
    Case("Speech2TextResult", "null", {"result": None}),
    Case("ModerationResult", "complete", {"result": False}),
    Case("ModerationResult", "word for truth", {"result": "yes"}),
    Case("ModerationResult", "number for truth", {"result": 2}),
]

SCHEMA = [
    Case("I18nObject", "English", {"en_US": "Hello"}),
    Case("I18nObject", "all", {"en_US": "a", "ja_JP": "b", "pt_BR": "", "zh_Hans": None}),
    Case("ProviderModel", "smallest", MODEL),
    Case("ProviderModel", "null label", {**MODEL, "label": None}),
    Case("ProviderModel", "without name", without(MODEL, "model")),
    Case("ProviderModel", "text for label", {**MODEL, "label": "Tiny"}),
    Case("AIModelEntity", "complete", {**MODEL, "features": ["vision"], "parameter_rules": [RULE], "pricing": PRICES}),
    Case("AIModelEntity", "label without English", {**MODEL, "label": {"zh_Hans": "x"}}),
    Case("AIModelEntity", "unknown feature", {**MODEL, "features": ["telepathy"]}),
    Case("AIModelEntity", "unknown property", {**MODEL, "model_properties": {"colour": 1}}),
    Case("AIModelEntity", "unknown type", {**MODEL, "model_type": "oracle"}),
    Case("AIModelEntity", "without type", without(MODEL, "model_type")),
    Case("AIModelEntity", "without properties", without(MODEL, "model_properties")),
    Case("AIModelEntity", "unknown origin", {**MODEL, "fetch_from": "heaven"}),
    Case("AIModelEntity", "wrong rule", {**MODEL, "parameter_rules": [RULE, {"name": "x"}]}),
    Case("ParameterRule", "smallest", RULE),
    Case("ParameterRule", "unknown template", {**RULE, "use_template": "magic"}),
    Case("ParameterRule", "null template", {**RULE, "use_template": None}),
    Case("ParameterRule", "without type", {"name": "seed"}),
    Case("ParameterRule", "without name", {"type": "int"}),
    Case("ParameterRule", "unknown type", {"name": "seed", "type": "colour"}),
    Case("ParameterRule", "any default", {**RULE, "default": {"a": [1]}, "min": 1, "max": "2", "options": ["a"]}),
    Case(
        "ParameterRule",
        "template, own label and help",
        {"name": "t", "use_template": "top_k", "label": {"en_US": "K"}, "help": None},
    ),
    Case("ParameterRule", "template, null label", {"name": "t", "use_template": "top_p", "label": None}, ours=("help",)),
    Case("ParameterRule", "template, own range", {"name": "t", "use_template": "max_tokens", "max": 4096}, ours=("help",)),
    *[
        Case("ParameterRule", f"template {name}", {"name": name, "use_template": name}, ours=("help",))
        for name in (
            "temperature",
            "top_p",
            "top_k",
            "presence_penalty",
            "frequency_penalty",
            "max_tokens",
            "response_format",
            "json_schema",
        )
    ],
    Case("PriceConfig", "numbers", {"input": 0.1, "unit": 1, "currency": "USD"}),
    *each_missing("PriceConfig", without(PRICES, "output")),
    Case("PriceInfo", "complete", {"unit_price": "0.1", "unit": "0.001", "total_amount": "0.0007", "currency": "USD"}),
    Case("NumTokensResult", "without tokens", {"unit_price": 1, "unit": 1, "total_amount": 7, "currency": "USD"}),
    Case("NumTokensResult", "complete", {"unit_price": 1, "unit": 1, "total_amount": 7, "currency": "USD", "tokens": 7}),
]

CASES = [*ENUMS, *CONFIGS, *MESSAGES, *LLM, *ONE_SHOT, *SCHEMA]
