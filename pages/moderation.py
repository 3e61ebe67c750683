"""Moderation: is a text sensitive?"""

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.moderation import ModerationModelConfig
from playground import forms, frame, models, samples, views
from playground.trials import moderation as trials
from playground.words import _

page = frame.Page(InvokeType.MODERATION, _("Moderation"), _("is a text sensitive?"))
with page.inputs:
    forms.samples(page, samples.MODERATIONS)
    text = forms.text_area(page, "text", _("Text"), sample=next(iter(samples.MODERATION.values())), height=160)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    model = models.model_picker(pane, ModelType.MODERATION)
    return {"model_config": forms.config(pane, ModerationModelConfig, model)}


page.require(text.strip(), _("type a text"), sendable=True)
page.run(configure, text=text)
page.show(views.moderation, compare=views.compare_flags, experiments=trials.EXPERIMENTS)
