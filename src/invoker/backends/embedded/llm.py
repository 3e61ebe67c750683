"""Embedded LLMs: a request becomes what the runtime takes, and its answer a stream of Dify's chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from ...backend import ListedModel, ModelState
from ...entities.llm import (
    LLMMode,
    LLMResultChunk,
    LLMResultChunkDelta,
    LLMUsage,
    RequestInvokeLLM,
    RequestInvokeLLMWithStructuredOutput,
)
from ...entities.message import AssistantPromptMessage, PromptMessage, PromptMessageRole, PromptMessageTool
from ...errors import InvokeBadRequestError, InvokeServerUnavailableError, ProtocolError
from ...request import Chunks
from ...run import Run
from . import messages, parameters, schema, tools
from .engine import Engine
from .runtime import Chunk, Route, Runtime
from .spec import Spec
from .worker import Emit

CALL_FROM = 0.2
"""Tools are called when the answer would begin like a call with this probability.

Measured on the default model with 16 questions, half of which need a tool: 0.30 to 0.89 where they do, up to 0.10 where not.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A request, checked, as the runtime takes it."""

    route: Route
    payload: dict[str, Any]
    tools: Sequence[PromptMessageTool] = field(default=())
    schema_field: str | None = None
    """The argument or parameter that holds the schema which the answer must follow, if it must."""


class Llama:
    """An LLM in this process, loaded when first used.

    Args:
        spec: What is known of it.
        locate: Gives its GGUF file; raises an `InvokeError` if there is none.
    """

    def __init__(self, spec: Spec, locate: Callable[[], Path]) -> None:
        self.spec = spec
        self.engine: Engine[Runtime] = Engine(
            lambda: Runtime(locate(), name=spec.model, context_size=spec.context_size), Runtime.close
        )

    def listed(self, provider: str) -> ListedModel:
        """Give the model as it stands now."""
        return self.spec.listed(provider, self.engine.state, self.engine.reason)

    @property
    def state(self) -> ModelState:
        """Whether it is in memory."""
        return self.engine.state

    def stream(self, request: RequestInvokeLLM, run: Run) -> Chunks[LLMResultChunk]:
        """Answer token by token; the last chunk has the usage and the finish reason.

        Raises:
            InvokeBadRequestError: The request cannot be answered as it stands; names the field.
            InvokeServerUnavailableError: The model cannot be loaded, or fails.
            ProtocolError: The runtime's stream broke off.
        """
        yield from self.answer(self.question(request), run)

    def question(
        self,
        request: RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput,
        wanted: dict[str, Any] | None = None,
        offered: Sequence[PromptMessageTool] = (),
    ) -> Question:
        """Check a request and put it as the runtime takes it.

        Args:
            request: The request.
            wanted: The schema that the answer must follow, if the parameters are not to say.
            offered: Tools; those of an LLM request are used if none are given.

        Raises:
            InvokeBadRequestError: Names what is wrong with it.
        """
        values = parameters.checked(request.completion_params, self.spec.rules)
        schema_field = "structured_output_schema" if wanted else "json_schema"
        wanted = wanted or parameters.wanted_schema(values)
        offered = offered or (request.tools or () if isinstance(request, RequestInvokeLLM) else ())
        for tool in offered:
            schema.checked_schema(tool.parameters, f"tools[{tool.name}].parameters")
        if request.mode not in set(LLMMode):
            raise InvokeBadRequestError(f"mode must be chat or completion, but is {request.mode!r}.", field="mode")
        payload = parameters.sampling(values) | {"stop": messages.checked_stop(request.stop)}
        if request.mode == LLMMode.COMPLETION:
            if wanted is not None or offered:
                what, name = ("A JSON schema needs", schema_field) if wanted is not None else ("Tools need", "tools")
                raise InvokeBadRequestError(f"{what} the mode chat.", field=name)
            return Question("completion", payload | {"prompt": messages.plain(request.prompt_messages)})
        if wanted is not None:
            # By this way and not as a grammar: only here does the runtime refuse a schema that it cannot use.
            payload["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted}}
            offered = ()
        elif request.prompt_messages and request.prompt_messages[-1].role is PromptMessageRole.TOOL:
            # So small a model repeats its calls for ever, if it may: after results it answers.
            offered = ()
        told = schema.prompt(wanted) if wanted is not None else tools.prompt(offered) if offered else None
        payload["messages"] = messages.chat(request.prompt_messages, told)
        return Question("chat", payload, offered, schema_field if wanted is not None else None)

    def answer(self, question: Question, run: Run) -> Chunks[LLMResultChunk]:
        """Put a question to the model and yield its answer."""
        started = perf_counter()
        version = ""

        def work(runtime: Runtime, emit: Emit[Chunk]) -> None:
            nonlocal version
            version = runtime.version
            payload = question.payload
            if question.tools and _would_call(runtime, question, emit):
                payload = payload | {"grammar": tools.grammar(question.tools)}
            with _blamed(question.schema_field):
                runtime.stream(question.route, payload, emit)

        reader = _Reader(self.spec.model, [tool.name for tool in question.tools])
        for raw in self.engine.stream(run, work):
            for part in reader.read(raw, run):
                yield reader.chunk(part, version)
        for part in reader.rest():
            yield reader.chunk(part, version)
        yield reader.last(perf_counter() - started, version)

    def complete_text(self, prompt: Sequence[PromptMessage], max_tokens: int, run: Run) -> str:
        """Answer messages in one text, for callers such as a summary.

        Raises:
            InvokeError: As `stream` does.
        """
        request = RequestInvokeLLM(
            provider="",
            model=self.spec.model,
            mode=LLMMode.CHAT.value,
            completion_params={"max_tokens": max(1, min(max_tokens, self.spec.context_size))},
            prompt_messages=list(prompt),
        )
        return "".join(chunk.delta.message.get_text_content() for chunk in self.stream(request, run))

    def count_tokens(self, text: str, run: Run) -> int:
        """Count the tokens of a text with the model's own tokenizer; loads the model if need be."""
        return self.engine.model(run).count_tokens(text)

    def close(self) -> None:
        """End what runs and give the memory back."""
        self.engine.close()


class _Reader:
    """Turns the runtime's chunks into parts of an answer, and parts into Dify's chunks."""

    def __init__(self, model: str, tool_names: Sequence[str]) -> None:
        self._model = model
        self._calls = tools.CallReader(tool_names) if tool_names else None
        self._index = 0
        self._phase = ""
        self._finish_reason: str | None = None
        self._usage: dict[str, Any] = {}

    def read(self, raw: Chunk, run: Run) -> Iterable[tools.Part]:
        """Take one of the runtime's chunks."""
        if not self._phase and "prompt_progress" in raw:
            self._enter("reading", run)
        self._usage = raw.get("usage") or self._usage
        for choice in raw.get("choices", ()):
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            text = choice["delta"].get("content") if "delta" in choice else choice.get("text")
            if text:
                self._enter("answering", run)
                return self._calls.feed(text) if self._calls else (text,)
        return ()

    def rest(self) -> Iterable[tools.Part]:
        """Give what was held back; the runtime's stream has ended."""
        return self._calls.finish() if self._calls else ()

    def chunk(self, part: tools.Part, version: str) -> LLMResultChunk:
        """Wrap a part."""
        if isinstance(part, str):
            return self._wrap(AssistantPromptMessage(content=part), version)
        return self._wrap(AssistantPromptMessage(content="", tool_calls=[part]), version)

    def last(self, latency: float, version: str) -> LLMResultChunk:
        """Give the last chunk, with usage and finish reason.

        Raises:
            ProtocolError: The runtime told no finish reason, or no usage.
        """
        if self._finish_reason is None or not self._usage:
            raise ProtocolError("llama.cpp's stream broke off: it ended without a finish reason or usage.")
        called = self._calls is not None and self._calls.calls and self._finish_reason == "stop"
        usage = LLMUsage.priced(
            None,
            prompt_tokens=self._usage["prompt_tokens"],
            completion_tokens=self._usage["completion_tokens"],
            latency=latency,
        )
        reason = "tool_calls" if called else self._finish_reason
        return self._wrap(AssistantPromptMessage(content=""), version, usage, reason)

    def _wrap(
        self, message: AssistantPromptMessage, version: str, usage: LLMUsage | None = None, reason: str | None = None
    ) -> LLMResultChunk:
        delta = LLMResultChunkDelta(index=self._index, message=message, usage=usage, finish_reason=reason)
        self._index += 1
        return LLMResultChunk(model=self._model, system_fingerprint=version or None, delta=delta)

    def _enter(self, phase: str, run: Run) -> None:
        if self._phase != phase:
            self._phase = phase
            run.phase(phase)


def _would_call(runtime: Runtime, question: Question, emit: Emit[Chunk]) -> bool:
    likely = runtime.first_token(question.route, {"messages": question.payload["messages"]}, emit)
    return sum(share for token, share in likely.items() if token.lstrip().startswith(("{", "```", "["))) >= CALL_FROM


@contextmanager
def _blamed(schema_field: str | None) -> Iterator[None]:
    """Blame the schema, where there is one, for what the runtime refuses or fails at without naming another reason."""
    try:
        yield
    except (InvokeBadRequestError, InvokeServerUnavailableError) as error:
        if schema_field is None or error.field is not None:
            raise
        words = error.description.rpartition("Automatic parser generation failed: ")[2]
        raise InvokeBadRequestError(f"llama.cpp cannot keep to this schema: {words}", field=schema_field) from error
