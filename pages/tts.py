"""TTS: a text spoken; it plays while it is made."""

import streamlit as st

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.tts import TTSModelConfig
from playground import forms, frame, samples, views

page = frame.Page(InvokeType.TTS, "Text to speech", "a text spoken; it plays while it is made")
with page.inputs:
    model = forms.model_picker(page, ModelType.TTS)
    forms.samples(page, samples.SPEECHES)
    text = forms.text_area(page, "text", "Text", sample=next(iter(samples.SPEECH.values())), height=160)
    st.caption(f"{len(text):,} characters")
    voice = forms.voice(page, model)
    st.toggle("Play by itself", value=True, key=page.key("autoplay"), persist_state="session", help="While it is made.")
    config = forms.config(page, TTSModelConfig, model, voice=voice)
page.require(text.strip(), "type a text")
page.require(voice, "choose a voice")
page.run(model_config=config, content_text=text)
page.show(views.tts, views.tts_live)
