"""What the LLM pages have for each pane: the model, its parameters, and what the model says of mode and files."""

from __future__ import annotations

from invoker.entities.llm import LLMModelConfig
from invoker.entities.model import ModelPropertyKey, ModelType

from . import attachments, forms, models
from .conversation import CHAT
from .pane import Pane
from .words import _


def config(pane: Pane, mode: str = CHAT) -> LLMModelConfig | None:
    """Draw a pane's model, parameters and ModelConfig; `None`, with the reason said, while it is not valid."""
    model = models.model_picker(pane, ModelType.LLM)
    parameters = forms.parameters(pane, model)
    if model is not None:
        declared = model.model_properties.get(ModelPropertyKey.MODE)
        if declared and declared != mode:
            pane.notices.append(
                _("{model} declares the mode {declared}; {mode} is sent.").format(
                    model=model.model, declared=declared, mode=mode
                )
            )
    if mode == CHAT:
        attachments.check(pane, model)
    return forms.config(pane, LLMModelConfig, model, mode=mode, completion_params=parameters)
