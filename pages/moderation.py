"""Moderation: is a text sensitive?"""

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.moderation import ModerationModelConfig
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.MODERATION, "Moderation", "is a text sensitive?")
with page.inputs:
    model = forms.model_picker(page, ModelType.MODERATION)
    forms.samples(page, samples.MODERATIONS)
    text = forms.text_area(page, "text", "Text", sample=next(iter(samples.MODERATION.values())), height=160)
    config = forms.config(page, ModerationModelConfig, model)
page.require(text.strip(), "type a text")
page.run(model_config=config, text=text)
page.show(views.moderation)
