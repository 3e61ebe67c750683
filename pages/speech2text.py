"""Speech to text: an upload, a recording or the sample, written down."""

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.speech2text import Speech2TextModelConfig
from playground import audio_input, forms, frame, views

page = frame.Page(InvokeType.SPEECH2TEXT, "Speech to text", "an upload, a recording or the sample, written down")
with page.inputs:
    model = forms.model_picker(page, ModelType.SPEECH2TEXT)
    file = audio_input.choose(page)
    config = forms.config(page, Speech2TextModelConfig, model)
page.run(model_config=config, file=file)
page.show(views.speech2text)
