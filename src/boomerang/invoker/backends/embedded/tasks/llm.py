"""Embedded LLMs: converts a request for the runtime, and its answer to a stream of Dify's chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from boomerang.invoker.backend import ListedModel, ModelState
from boomerang.invoker.backends.embedded.execution.model_lifecycle import Engine
from boomerang.invoker.backends.embedded.execution.worker_thread import WorkerChannel
from boomerang.invoker.backends.embedded.llama import chat_messages, parameters, schema, tool_prompt
from boomerang.invoker.backends.embedded.llama.completion_reader import TEXT_ONLY, AnswerReader
from boomerang.invoker.backends.embedded.llama.llm_models import Spec
from boomerang.invoker.backends.embedded.llama.runtime import Chunk, Route, Runtime
from boomerang.invoker.backends.embedded.small_models.tool_call_policy import Calling, Toolbox
from boomerang.invoker.entities.llm.chunk import LLMResultChunk
from boomerang.invoker.entities.llm.request import LLMMode, RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.message import PromptMessage, PromptMessageRole, PromptMessageTool
from boomerang.invoker.errors import InvokeBadRequestError, InvokeServerUnavailableError
from boomerang.invoker.messages.message import Message
from boomerang.invoker.process.child_process import ProcessGoneError
from boomerang.invoker.request import Chunks
from boomerang.invoker.run import Run


@dataclass(frozen=True, slots=True)
class Question:
    """A validated request in the runtime's format."""

    route: Route
    payload: dict[str, Any]
    box: Toolbox | None = None
    """Tools that may be called, if any."""
    schema_field: str | None = None
    """Argument or parameter with the schema that the answer must follow, if any."""


class Llama:
    """An LLM in a child process, loaded when first used.

    Args:
        spec: Its known properties.
        locate: Return the path of its GGUF file; raises an `InvokeError` if there is none.
    """

    def __init__(self, spec: Spec, locate: Callable[[], Path]) -> None:
        self.spec = spec
        self._locate = locate
        self.engine: Engine[Runtime] = Engine(self._load, Runtime.close, lambda runtime: runtime.alive)

    def listed(self, provider: str) -> ListedModel:
        """Return the model with its current state."""
        return self.spec.listed(provider, self.engine.state, self.engine.reason)

    @property
    def state(self) -> ModelState:
        """Whether it is in memory."""
        return self.engine.state

    def stream(self, request: RequestInvokeLLM, run: Run) -> Chunks[LLMResultChunk]:
        """Answer token by token; the last chunk has the usage and the finish reason.

        Raises:
            InvokeBadRequestError: The request is invalid; names the field.
            InvokeServerUnavailableError: The model cannot be loaded, or fails.
            ProtocolError: The runtime's stream ended early.
        """
        yield from self.answer(self.question(request), run)

    def question(
        self,
        request: RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput,
        wanted: dict[str, Any] | None = None,
        offered: Sequence[PromptMessageTool] = (),
    ) -> Question:
        """Validate a request and convert it for the runtime.

        Args:
            request: The request.
            wanted: The schema that the answer must follow; by default, that of the parameters.
            offered: Tools; by default, those of an LLM request.

        Raises:
            InvokeBadRequestError: The request is invalid; names the field.
        """
        values = parameters.checked(request.completion_params, self.spec.rules)
        schema_field = "structured_output_schema" if wanted else "json_schema"
        wanted = wanted or parameters.wanted_schema(values)
        offered = offered or (request.tools or () if isinstance(request, RequestInvokeLLM) else ())
        for tool in offered:
            schema.checked_schema(tool.parameters, f"tools[{tool.name}].parameters")
        if request.mode not in set(LLMMode):
            raise InvokeBadRequestError(Message("prompts.mode", mode=repr(request.mode)), field="mode")
        payload = parameters.sampling(values) | {"stop": chat_messages.checked_stop(request.stop)}
        if request.mode == LLMMode.COMPLETION:
            if wanted is not None:
                raise InvokeBadRequestError(Message("prompts.schema_needs_chat"), field=schema_field)
            if offered:
                raise InvokeBadRequestError(Message("prompts.tools_need_chat"), field="tools")
            return Question("completion", payload | {"prompt": chat_messages.plain(request.prompt_messages)})
        box = None
        if wanted is not None:
            # Not as a grammar: only with `response_format` does the runtime reject a schema that it cannot use.
            payload["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted}}
            payload["messages"] = chat_messages.chat(request.prompt_messages, schema.prompt(wanted))
        elif not offered or _ends_with_results(request.prompt_messages):
            # Without the tool prompt: with it, so small a model would call again instead of answering; see `tool_call_policy`.
            payload["messages"] = chat_messages.chat(request.prompt_messages)
            if step := chat_messages.step(request.prompt_messages, tool_prompt.prompt(offered)) if offered else None:
                box = Toolbox(offered, step.dialogue, step.informed, step.made)
        else:
            payload["messages"] = chat_messages.chat(request.prompt_messages, tool_prompt.prompt(offered))
            box = Toolbox(offered, payload["messages"], payload["messages"])
        return Question("chat", payload, box, schema_field if wanted is not None else None)

    def answer(self, question: Question, run: Run) -> Chunks[LLMResultChunk]:
        """Send a question to the model and yield its answer."""
        started = perf_counter()
        version = ""

        def work(runtime: Runtime, emit: WorkerChannel[Chunk]) -> None:
            nonlocal version
            version = runtime.version
            payload = question.payload
            if question.box is not None:
                if Calling(runtime, question.box, payload, emit).call():
                    return
                if question.box.made:
                    emit(TEXT_ONLY)
                else:  # the prompt has just been read, without the cache if there is a seed
                    payload = {name: value for name, value in payload.items() if name != "cache_prompt"}
            with _blamed(question.schema_field):
                runtime.stream(question.route, payload, emit)

        reader = AnswerReader(self.spec.model, [tool.name for tool in question.box.tools] if question.box else ())
        for raw in self.engine.stream(run, work, "reading"):
            for part in reader.read(raw, run):
                yield reader.chunk(part, version)
        for part in reader.rest():
            yield reader.chunk(part, version)
        yield reader.last(perf_counter() - started, version)

    def complete_text(self, prompt: Sequence[PromptMessage], max_tokens: int, run: Run, grammar: str | None = None) -> str:
        """Return the likeliest answer to messages as one text, for callers such as a summary.

        Args:
            prompt: The messages.
            max_tokens: Maximum length of the answer.
            run: Can stop the answer.
            grammar: Grammar of the answer, in llguidance's notation.

        Raises:
            InvokeError: See `stream`.
        """
        request = RequestInvokeLLM(
            provider="",
            model=self.spec.model,
            mode=LLMMode.CHAT.value,
            completion_params={"max_tokens": max(1, min(max_tokens, self.spec.context_size)), "temperature": 0.0},
            prompt_messages=list(prompt),
        )
        question = self.question(request)
        if grammar is not None:
            question.payload["grammar"] = grammar
        return "".join(chunk.delta.message.get_text_content() for chunk in self.answer(question, run))

    def count_tokens(self, text: str, run: Run) -> int:
        """Count the tokens of a text with the model's own tokenizer; loads the model if necessary."""
        return self.engine.model(run).count_tokens(text)

    def close(self) -> None:
        """Stop all runs and free the memory."""
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


def _ends_with_results(prompt: Sequence[PromptMessage]) -> bool:
    return bool(prompt) and prompt[-1].role is PromptMessageRole.TOOL


@contextmanager
def _blamed(schema_field: str | None) -> Iterator[None]:
    """Attribute errors of the runtime to the schema, if there is one and the error names no other field."""
    try:
        yield
    except ProcessGoneError:
        raise
    except (InvokeBadRequestError, InvokeServerUnavailableError) as error:
        if schema_field is None or error.field is not None:
            raise
        reason = error.description.rpartition("Automatic parser generation failed: ")[2]
        raise InvokeBadRequestError(Message("prompts.schema_no_grammar", fault=reason), field=schema_field) from error
