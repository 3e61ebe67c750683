"""Speech to text: transcribe a sample, an upload or a recording."""

from boomerang.invoker.entities.model import ModelType
from boomerang.invoker.entities.speech2text import Speech2TextModelConfig
from boomerang.invoker.request import InvokeType
from boomerang.playground.experiments import audio_robustness
from boomerang.playground.forms import model_config, model_picker, unsupported_fields
from boomerang.playground.forms.audio import audio_upload
from boomerang.playground.page import frame
from boomerang.playground.results.audio import transcript
from boomerang.workbench.i18n.translate import _

page = frame.Page(InvokeType.SPEECH2TEXT, _("Speech to text"), _("Transcribe an upload, a recording or a sample"))
with page.inputs:
    recording = audio_upload.choose(page)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw one pane's own inputs."""
    model = model_picker.draw(pane, ModelType.SPEECH2TEXT)
    pane.context.put(transcript.Reference(recording.reference, compared=len(page.panes) > 1))
    return {"model_config": model_config.config(pane, Speech2TextModelConfig, model)}


page.run(configure, file=recording.file)
with page.inputs:
    unsupported_fields.draw(page, unsupported_fields.SPEECH2TEXT)
page.show(transcript.draw, compare=transcript.compare, experiments=[audio_robustness.ROBUSTNESS])
