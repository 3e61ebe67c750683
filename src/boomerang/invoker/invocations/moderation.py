"""`session.model.moderation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.entities.moderation import ModerationModelConfig, RequestInvokeModeration

from .arguments import Open, arguments, only


class ModerationInvocation:
    """Return whether a text is sensitive."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: ModerationModelConfig | Mapping[str, Any], text: str) -> bool:
        """Judge `text`.

        Args:
            model_config: Which model.
            text: What to judge.

        Returns:
            Whether the text is sensitive. Dify's interface carries no categories; a back end that knows some notes them.
        """
        with arguments():
            request = RequestInvokeModeration.of(model_config, text)
        return only(self._open(request)).result
