"""TTS: a text spoken; it plays while it is made."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelPropertyKey, ModelType
from invoker.entities.tts import TTSModelConfig
from playground import forms, frame, models, not_carried, samples, speech_pieces, views
from playground.trials import tts as trials
from playground.words import _

page = frame.Page(InvokeType.TTS, _("Text to speech"), _("a text spoken; it plays while it is made"))
with page.inputs:
    forms.samples(page, samples.SPEECHES)
    text = forms.text_area(page, "text", _("Text"), sample=next(iter(samples.SPEECH.values())), height=160)
    count = st.empty()
    several = len(page.panes) > 1  # they would play over each other
    autoplay = st.toggle(_("Play by itself"), key=page.hold("autoplay", True), persist_state="session", disabled=several)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    model = models.model_picker(pane, ModelType.TTS)
    voice = forms.voice(pane, model)
    pane.require(voice, _("choose a voice"), sendable=True)
    declared = model.model_properties.get(ModelPropertyKey.AUDIO_TYPE) if model else None
    pane.context = {"autoplay": autoplay and not several, "compared": several, "audio_type": declared}
    return {"model_config": forms.config(pane, TTSModelConfig, model, voice=voice)}


page.require(text.strip(), _("type a text"), sendable=True)
page.run(configure, content_text=text)
count.caption(speech_pieces.line(text, page.model, page.backend.kind))
with page.inputs:
    not_carried.draw(page, not_carried.TTS)
page.show(views.tts, views.tts_live, compare=views.compare_speech, experiments=trials.EXPERIMENTS)
