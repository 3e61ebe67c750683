"""Speech to text: a clip, an upload, a recording or what was just spoken, written down."""

from invoker import InvokeType
from invoker.entities.model import ModelType
from invoker.entities.speech2text import Speech2TextModelConfig
from playground import audio_input, forms, frame, models, not_carried, views
from playground.trials import speech2text as trials
from playground.words import _

page = frame.Page(InvokeType.SPEECH2TEXT, _("Speech to text"), _("an upload, a recording or the sample, written down"))
with page.inputs:
    file = audio_input.choose(page)


def configure(pane: frame.Pane) -> frame.Arguments:
    """Draw what each pane has for itself."""
    model = models.model_picker(pane, ModelType.SPEECH2TEXT)
    pane.context = page.context | {"compared": len(page.panes) > 1}
    return {"model_config": forms.config(pane, Speech2TextModelConfig, model)}


page.run(configure, file=file)
with page.inputs:
    not_carried.draw(page, not_carried.SPEECH2TEXT)
page.show(views.speech2text, compare=views.compare_transcripts, experiments=trials.EXPERIMENTS)
