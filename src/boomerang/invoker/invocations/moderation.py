"""`session.model.moderation`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boomerang.invoker.entities.moderation import ModerationModelConfig, RequestInvokeModeration

from .arguments import Open, arguments, only


class ModerationInvocation:
    """Detects sensitive text."""

    def __init__(self, open_request: Open) -> None:
        self._open = open_request

    def invoke(self, model_config: ModerationModelConfig | Mapping[str, Any], text: str) -> bool:
        """Moderate `text`.

        Args:
            model_config: Which model.
            text: The text to moderate.

        Returns:
            Whether the text is sensitive. Dify's interface has no categories; a back end that knows them reports an event.
        """
        with arguments():
            request = RequestInvokeModeration.of(model_config, text)
        return only(self._open(request)).result
