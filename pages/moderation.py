"""Moderation: flag sensitive text."""

from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.moderation import ModerationModelConfig
from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import moderation_batch, moderation_perturbations
from boomerang.playground.forms import fields, model_config, model_picker
from boomerang.playground.page import frame
from boomerang.playground.results import moderation
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.MODERATION, _("Moderation"), _("Flag sensitive text"))
with page.inputs:
    fields.samples(page, samples.MODERATIONS)
    text = fields.text_area(page, "text", _("Text"), sample=next(iter(samples.MODERATION.values())), height=160)
    if page.has_experiments:
        moderation_batch.offer(page, "text")


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    model = model_picker.draw(pane, ModelType.MODERATION)
    return {"model_config": model_config.config(pane, ModerationModelConfig, model)}


page.require(text.strip(), _("enter a text"), sendable=True)
page.run(configure, text=text)
page.show(
    moderation.draw,
    compare=moderation.compare,
    experiments=[moderation_batch.BATCH, moderation_perturbations.PERTURBATIONS, moderation_perturbations.PLACES],
)
