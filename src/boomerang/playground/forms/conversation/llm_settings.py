"""Per-pane settings of the LLM pages: model, parameters and ModelConfig."""

from __future__ import annotations

from boomerang.invoker.entities.llm.request import LLMModelConfig
from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.playground.forms import model_config, model_picker
from boomerang.playground.forms import parameters as parameters_module
from boomerang.playground.run.pane import Pane
from boomerang.workbench.i18n.translate import _

from . import attachments
from .conversation_editor import CHAT


def config(pane: Pane, mode: str = CHAT) -> LLMModelConfig | None:
    """Draw a pane's model, parameters and ModelConfig; show errors and return `None` while it is invalid."""
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
