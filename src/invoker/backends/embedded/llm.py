"""Embedded LLMs: a request becomes what the runtime takes, and its answer a stream of Dify's chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from ...backend import ListedModel, ModelState
from ...entities.llm import (
    LLMMode,
    LLMResultChunk,
    RequestInvokeLLM,
    RequestInvokeLLMWithStructuredOutput,
)
from ...entities.message import PromptMessage, PromptMessageRole, PromptMessageTool
from ...errors import InvokeBadRequestError, InvokeServerUnavailableError
from ...request import Chunks
from ...run import Run
from . import messages, parameters, schema, tools
from .answer import AnswerReader
from .engine import Engine
from .process import ProcessGoneError
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
    """An LLM in a child process, loaded when first used.

    Args:
        spec: What is known of it.
        locate: Gives its GGUF file; raises an `InvokeError` if there is none.
    """

    def __init__(self, spec: Spec, locate: Callable[[], Path]) -> None:
        self.spec = spec
        self._locate = locate
        self.engine: Engine[Runtime] = Engine(self._load, Runtime.close, lambda runtime: runtime.alive)

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
            payload = _decided(runtime, question, emit) if question.tools else question.payload
            with _blamed(question.schema_field):
                runtime.stream(question.route, payload, emit)

        reader = AnswerReader(self.spec.model, [tool.name for tool in question.tools])
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

    def _load(self) -> Runtime:
        spec = self.spec
        return Runtime(
            self._locate(),
            name=spec.model,
            context_size=spec.context_size,
            repacked=spec.repacked,
            on_close=self.engine.on_close,
        )


def _decided(runtime: Runtime, question: Question, emit: Emit[Chunk]) -> dict[str, Any]:
    """Decide whether tools are called, and hold the model to it if so. The prompt is read here; the answer begins at once."""
    payload = dict(question.payload)
    # With a seed the prompt is read afresh, once: the answer then starts from a state that is the same each time.
    afresh = {"cache_prompt": payload.pop("cache_prompt")} if "cache_prompt" in payload else {}
    likely = runtime.first_token(question.route, {"messages": payload["messages"], **afresh}, emit)
    if sum(share for token, share in likely.items() if token.lstrip().startswith(("{", "```", "["))) >= CALL_FROM:
        payload["grammar"] = tools.grammar(question.tools)
    return payload


@contextmanager
def _blamed(schema_field: str | None) -> Iterator[None]:
    """Blame the schema, where there is one, for what the runtime refuses or fails at without naming another reason."""
    try:
        yield
    except ProcessGoneError:
        raise
    except (InvokeBadRequestError, InvokeServerUnavailableError) as error:
        if schema_field is None or error.field is not None:
            raise
        words = error.description.rpartition("Automatic parser generation failed: ")[2]
        raise InvokeBadRequestError(f"llama.cpp cannot keep to this schema: {words}", field=schema_field) from error
