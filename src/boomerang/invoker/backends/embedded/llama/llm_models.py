"""The embedded LLMs: two known models, and any GGUF file in the models folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from boomerang.invoker.backend import ListedModel, ModelState
from boomerang.invoker.entities.llm.request import LLMMode
from boomerang.invoker.entities.model import I18nObject, ModelFeature, ModelPropertyKey, ModelType, ParameterRule
from boomerang.invoker.errors import InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message

from . import gguf, parameters

PROVIDER = "embedded"
"""Provider of every embedded model in a ModelConfig, whatever its type."""
CONTEXT_SIZE = 4096
"""Tokens. The models support more; this fits the memory of a small machine and is read in half a minute."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Properties of an LLM that are known before it is loaded."""

    model: str
    label: str
    about: I18nObject = field(hash=False)
    features: tuple[ModelFeature, ...] = (ModelFeature.STRUCTURED_OUTPUT,)
    mode: LLMMode = LLMMode.CHAT
    context_size: int = CONTEXT_SIZE
    temperature: float = 0.2
    repeat_penalty: float = 1.0
    repacked: bool = False
    """Whether llama.cpp may repack weights while loading, which makes some formats faster. It does not help the two known
    models (the default reads 195 tokens a second with and 197 without it) and costs 0.04 s and 28 MB."""

    @property
    def rules(self) -> list[ParameterRule]:
        """Adjustable parameters."""
        return parameters.rules(self.context_size, temperature=self.temperature, repeat_penalty=self.repeat_penalty)

    def listed(
        self, provider: str, state: ModelState = ModelState.AVAILABLE, reason: str | Message | None = None
    ) -> ListedModel:
        """Return the model as a back end lists it."""
        return ListedModel(
            model=self.model,
            label=I18nObject(en_us=self.label),
            model_type=ModelType.LLM,
            features=list(self.features),
            model_properties={ModelPropertyKey.MODE: self.mode.value, ModelPropertyKey.CONTEXT_SIZE: self.context_size},
            parameter_rules=self.rules,
            provider=provider,
            state=state,
            reason=reason,
            about=self.about,
        )


QWEN = Spec(
    model="qwen2.5-coder-0.5b-instruct",
    label="Qwen2.5 Coder 0.5B Instruct",
    about=I18nObject(
        en_us="A small model for chat, code, tools and JSON, about 30 tokens/s per core; weak in facts and long reasoning.",
        zh_hans="小型模型，适合对话、代码、工具调用和 JSON，每核每秒约 30 个 token；不擅长事实知识和长推理。",
    ),
    features=(
        ModelFeature.TOOL_CALL,
        ModelFeature.MULTI_TOOL_CALL,
        ModelFeature.STREAM_TOOL_CALL,
        ModelFeature.STRUCTURED_OUTPUT,
    ),
    repeat_penalty=1.05,
)
"""With 1.0, one in fifty answers to the LLM page's first sample repeats its last sentence until cut; with 1.05, none did."""
SMOLLM2 = Spec(
    model="smollm2-135m-instruct",
    label="SmolLM2 135M Instruct",
    about=I18nObject(
        en_us="Four times as fast as the default and much weaker: enough to try streaming and load, not to judge quality.",
        zh_hans="微型模型，速度是默认模型的四倍，能力弱得多：适合试流式输出和负载，内容不可信。",
    ),
    context_size=CONTEXT_SIZE // 2,
    repeat_penalty=1.1,
)
"""Its state takes twice as much memory per token as the default's, so its context is half as long, which saves 47 MB."""


def foreign(path: Path) -> Spec:
    """Return the spec of an unknown GGUF file, from its metadata.

    Raises:
        InvokeServerUnavailableError: The file is incomplete, not GGUF, or not a language model.
    """
    try:
        status = path.stat()
    except OSError as error:
        message = Message("embedded.gguf_unreadable", file=path.name, fault=str(error.strerror))
        raise InvokeServerUnavailableError(message) from error
    return _foreign(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _foreign(path: Path, _changed: int, size: int) -> Spec:
    head = gguf.read_head(path)
    if head.context_size is None:
        name = head.architecture
        kind = Message("embedded.gguf_architecture", name=repr(name)) if name else Message("embedded.gguf_no_architecture")
        raise InvokeServerUnavailableError(Message("embedded.gguf_no_llm", file=path.name, architecture=kind))
    has_template = "tokenizer.chat_template" in head.metadata
    return Spec(
        model=path.stem,
        label=head.name or path.stem,
        about=I18nObject(
            en_us=f"A file in the models folder: {path.name}, {size / 1e6:,.0f} MB, architecture {head.architecture}. "
            "Nothing else is known about it.",
            zh_hans=f"模型文件夹中的文件：{path.name}，{size / 1e6:,.0f} MB，架构 {head.architecture}。"
            "除文件自述外，我们一无所知。",
        ),
        mode=LLMMode.CHAT if has_template else LLMMode.COMPLETION,
        context_size=min(head.context_size, CONTEXT_SIZE),
        repacked=True,
    )
