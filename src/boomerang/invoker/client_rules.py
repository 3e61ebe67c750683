"""The client-side rules of Dify's interface, applied before anything is sent, as a back end that wraps another.

It sits below recording, so a record shows the call as made and, in its events, what was sent instead.
"""

from __future__ import annotations

from contextlib import closing
from typing import cast

from boomerang.invoker.entities.llm.request import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
from boomerang.invoker.entities.model import ModelFeature, ModelType
from boomerang.invoker.entities.summary import RequestInvokeSummary, SummaryResult
from boomerang.invoker.messages.message import Message

from .backend import Backend, ListedModel, Wrapper
from .errors import ProtocolError
from .events import RequestSent
from .request import Chunks, ChunkT, Request
from .run import Run

TOOL_FEATURES = {ModelFeature.TOOL_CALL, ModelFeature.MULTI_TOOL_CALL, ModelFeature.STREAM_TOOL_CALL}


class ClientRules(Wrapper):
    """Applies the rules of Dify's interface.

    Short text is its own summary. Tools are sent only to models that can call them. A response has at least one chunk, and
    iteration ends at the chunk where the run is stopped, whatever the back end does.
    """

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Apply the rules and pass the request on.

        Raises:
            ProtocolError: While iterating, if the back end yields no chunk.
        """
        if isinstance(request, RequestInvokeSummary) and request.is_short():
            return cast(Chunks[ChunkT], _unchanged(request, run))
        if isinstance(request, RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput) and request.tools:
            request = cast(Request[ChunkT], self._without_unusable_tools(request, run))
        return self._answered(request, run)

    def _answered(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        chunk = None
        with closing(self._backend.invoke(request, run)) as chunks:
            for chunk in chunks:
                yield chunk
                run.check()  # the run may have been stopped while the chunk was consumed
        if chunk is None:
            provider, model = getattr(request, "provider", None), getattr(request, "model", None)
            message = Message("runs.no_response_from", type=str(request.invoke_type))
            raise ProtocolError(message, backend=self.kind, provider=provider, model=model)

    def _without_unusable_tools(
        self, request: RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput, run: Run
    ) -> RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput:
        model = find(self._backend, ModelType.LLM, request.provider, request.model)
        if model is None or not model.features_known or TOOL_FEATURES & set(model.features or ()):
            return request  # an unknown model may support tools: let its server decide
        sent = request.model_copy(update={"tools": None})
        names = ", ".join(tool.name for tool in request.tools or ())
        run.notice("runs.tools_left_out", names=names, model=request.model)
        run.report(RequestSent(sent))
        return sent


def find(backend: Backend, model_type: ModelType, provider: str, model: str) -> ListedModel | None:
    """Find a model in a back end's list; return `None` if it is not listed."""
    wanted = (model_type, provider, model)
    return next((m for m in backend.models() if (m.model_type, m.provider, m.model) == wanted), None)


def _unchanged(request: RequestInvokeSummary, run: Run) -> Chunks[SummaryResult]:
    run.notice("runs.text_unchanged", characters=len(request.text), least=request.min_summarize_length)
    run.report(RequestSent(None))
    yield SummaryResult(summary=request.text)
