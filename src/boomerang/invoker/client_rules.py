"""What the client's side of Dify's interface decides before anything is sent, as a back end around a back end.

It stands below the record, so that a record shows the call as it was made and, in its events, what became of it.
"""

from __future__ import annotations

from contextlib import closing
from typing import cast

from boomerang.invoker.entities.llm import RequestInvokeLLM, RequestInvokeLLMWithStructuredOutput
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
    """Rules of the interface.

    Short text is its own summary; tools take effect only where the model can call them; an answer has one chunk at least, and
    ends at the chunk at which it is stopped, whatever the back end does.
    """

    def invoke(self, request: Request[ChunkT], run: Run) -> Chunks[ChunkT]:
        """Apply the rules and pass on what is left to do.

        Raises:
            ProtocolError: While iterating: the back end ended without a single chunk.
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
                run.check()  # a stop while the chunk was read
        if chunk is None:
            provider, model = getattr(request, "provider", None), getattr(request, "model", None)
            message = Message("runs.no_response_from", type=str(request.invoke_type))
            raise ProtocolError(message, backend=self.kind, provider=provider, model=model)

    def _without_unusable_tools(
        self, request: RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput, run: Run
    ) -> RequestInvokeLLM | RequestInvokeLLMWithStructuredOutput:
        model = find(self._backend, ModelType.LLM, request.provider, request.model)
        if model is None or not model.features_known or TOOL_FEATURES & set(model.features or ()):
            return request  # an unknown model may be able to: its server decides
        sent = request.model_copy(update={"tools": None})
        names = ", ".join(tool.name for tool in request.tools or ())
        run.notice("runs.tools_left_out", names=names, model=request.model)
        run.report(RequestSent(sent))
        return sent


def find(backend: Backend, model_type: ModelType, provider: str, model: str) -> ListedModel | None:
    """Find a model in a back end's list; `None` if it is not there."""
    wanted = (model_type, provider, model)
    return next((m for m in backend.models() if (m.model_type, m.provider, m.model) == wanted), None)


def _unchanged(request: RequestInvokeSummary, run: Run) -> Chunks[SummaryResult]:
    run.notice("runs.text_unchanged", characters=len(request.text), least=request.min_summarize_length)
    run.report(RequestSent(None))
    yield SummaryResult(summary=request.text)
