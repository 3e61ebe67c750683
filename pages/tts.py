"""TTS: text to speech, played as it streams."""

import streamlit as st

from boomerang.invoker.entities.model import ModelPropertyKey, ModelType
from boomerang.invoker.entities.tts import TTSModelConfig
from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import speech_round_trip
from boomerang.playground.forms import fields, model_config, model_picker, parameters, unsupported_fields
from boomerang.playground.page import frame
from boomerang.playground.results.audio import speech
from boomerang.workbench.i18n.translate import _
from boomerang.workbench.results import speech_segments
from boomerang.workbench.samples import inputs as samples

page = frame.Page(InvokeType.TTS, _("Text to speech"), _("Synthesize speech, played as it streams"))
with page.inputs:
    fields.samples(page, samples.SPEECHES)
    text = fields.text_area(page, "text", _("Text"), sample=next(iter(samples.SPEECH.values())), height=160)
    count = st.empty()
    several = len(page.panes) > 1  # they would play over each other
    autoplay = st.toggle(_("Autoplay"), key=page.hold("autoplay", True), persist_state="session", disabled=several)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    model = model_picker.draw(pane, ModelType.TTS)
    voice = parameters.voice(pane, model)
    pane.require(voice, _("choose a voice"), sendable=True)
    declared = model.model_properties.get(ModelPropertyKey.AUDIO_TYPE) if model else None
    pane.context.put(speech.Playback(autoplay and not several, several, declared))
    return {"model_config": model_config.config(pane, TTSModelConfig, model, voice=voice)}


page.require(text.strip(), _("enter a text"), sendable=True)
page.run(configure, content_text=text)
count.caption(speech_segments.line(text, page.model, page.backend.kind))
with page.inputs:
    unsupported_fields.draw(page, unsupported_fields.TTS)
page.show(
    speech.draw,
    speech.draw_live,
    compare=speech.compare,
    experiments=[speech_round_trip.ROUND_TRIP, speech_round_trip.EVERY_VOICE],
)
