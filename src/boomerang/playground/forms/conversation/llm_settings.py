"""What the LLM pages have for each pane: the model, its parameters, and what the model says of mode and files."""

from __future__ import annotations

from boomerang.invoker.entities.llm import LLMModelConfig
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.playground.forms import model_config, model_picker
from boomerang.playground.forms import parameters as parameters_module
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _

from . import attachments
from .conversation_editor import CHAT


def config(pane: Pane, mode: str = CHAT) -> LLMModelConfig | None:
    """Draw a pane's model, parameters and ModelConfig; `None`, with the reason said, while it is not valid."""
    model = model_picker.draw(pane, ModelType.LLM)
    parameters = parameters_module.parameters(pane, model)
    if model is not None:
        declared = model.model_properties.get(ModelPropertyKey.MODE)
        if declared and declared != mode:
            pane.notices.append(
                _("{model} declares mode {declared}; {mode} is sent.").format(model=model.model, declared=declared, mode=mode)
            )
    if mode == CHAT:
        attachments.check(pane, model)
    return model_config.config(pane, LLMModelConfig, model, mode=mode, completion_params=parameters)
