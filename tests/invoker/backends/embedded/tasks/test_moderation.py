import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boomerang.invoker.backends.embedded.tasks import moderation
from boomerang.invoker.backends.embedded.tasks.moderation import (
    CATEGORIES,
    HEADS_FILE,
    THRESHOLD,
    WINDOW,
    Heads,
    Moderator,
    sentences,
)
from boomerang.invoker.entities.moderation import RequestInvokeModeration
from boomerang.invoker.errors import InvokeBadRequestError, RunStoppedError
from boomerang.invoker.events import ModerationScores, Notice
from boomerang.invoker.records.event_values import dump_event
from boomerang.invoker.run import Run
from scripts import train_moderation as training
from tests.invoker.backends.embedded.asking import recording_run
from tests.invoker.backends.embedded.conftest import embedder

CONFIG = {"provider": "embedded", "model": "minilm-moderation-heads"}
HARMLESS = "Thanks, the parcel arrived on time."
BORDERLINE = "I will destroy you in tomorrow's chess game."
THREAT = "If you come back here, I will hurt you."


@cache
def evaluation() -> tuple[np.ndarray, np.ndarray]:
    examples = training.read(training.EVALUATION)
    return training.vectors_of(embedder(), examples), training.targets_of(examples)


def flagged(text: str, run: Run | None = None) -> bool:
    return moderation.answer(RequestInvokeModeration.of(CONFIG, text), Moderator(embedder()), run or Run()).result


@pytest.mark.parametrize(("text", "expected"), [(HARMLESS, False), (BORDERLINE, False), (THREAT, True)])
def test_the_samples_come_out_as_promised(text, expected):
    assert flagged(text) is expected


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("You are a stupid loser and everybody hates you.", "harassment"),
        ("Immigrants are vermin and should be thrown out.", "hate"),
        ("I'm going to break his legs.", "violence"),
        ("I want to see you naked in my bed.", "sexual"),
        ("I don't want to live any longer.", "self-harm"),
    ],
)
def test_categories_and_their_scores_are_noted_beside_the_boolean(text, category):
    run, notes = recording_run()
    assert flagged(text, run)
    (note,) = notes
    assert isinstance(note, ModerationScores)
    assert tuple(note.categories) == CATEGORIES
    assert note.category == max(CATEGORIES, key=note.categories.__getitem__) == category
    assert note.threshold == THRESHOLD
    assert note.sentence == text
    json.dumps(dump_event(note))


@pytest.mark.parametrize("place", [0, 40, 80])
def test_one_bad_sentence_in_a_long_text_is_found_wherever_it_is(place):
    lines = ["The harbour was quiet and the boats were back before noon."] * 80
    lines.insert(place, THREAT)
    run, notes = recording_run()
    assert flagged(" ".join(lines), run)
    assert notes[-1].sentence == THREAT
    assert notes[-1].sentences == 81


def test_a_long_harmless_text_is_not_flagged():
    assert not flagged(" ".join(training.read("neutral.tsv")[row].text for row in range(60)))


def test_a_sentence_without_an_end_is_read_to_its_end():
    run, notes = recording_run()
    flagged("and the boats were back and the nets were dry " * 60 + "then he said I will kill you with this knife", run)
    assert notes[-1].sentences > 10
    assert notes[-1].sentence.endswith("with this knife")


sentence_texts = st.text(st.sampled_from("abc.!? \n")).map(lambda text: text * 20)


@given(sentence_texts)
def test_no_word_is_dropped_between_sentences(text):
    result = list(sentences(text))
    assert all(len(sentence) <= WINDOW for sentence in result)
    assert sum(len("".join(sentence.split())) for sentence in result) >= len("".join(text.split()))


def test_what_is_too_short_for_a_sentence_is_read_with_its_neighbour():
    assert list(sentences("Dr. Hill has arrived. No! Nothing was wrong.\nSo")) == [
        "Dr. Hill has arrived.",
        "No! Nothing was wrong.",
        "So",
    ]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text_is_refused_naming_the_field(text):
    with pytest.raises(InvokeBadRequestError) as caught:
        flagged(text)
    assert caught.value.field == "text"


def test_a_text_in_another_script_is_answered_with_a_warning():
    run, notes = recording_run()
    flagged("谢谢，包裹准时到了。", run)
    assert [type(note) for note in notes] == [Notice, ModerationScores]
    assert "English only" in str(notes[0].message)


@pytest.mark.parametrize("text", ["?!", "12345", "😀", "x" * 5000])
def test_a_text_without_words_is_answered(text):
    assert flagged(text) is False


def test_a_stopped_run_moderates_nothing():
    run = Run()
    run.stop()
    with pytest.raises(RunStoppedError):
        flagged(HARMLESS, run)


def test_scores_are_probabilities_even_of_a_head_that_is_very_sure():
    weights = np.zeros((len(CATEGORIES), 385))
    weights[:, -1] = (-1e4, -1, 0, 1, 1e4)
    scores = Heads(weights).scores(np.zeros((1, 384), np.float32))
    assert scores[0] == pytest.approx([0, 0.2689, 0.5, 0.7311, 1], abs=1e-4)


def test_heads_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        Heads(np.zeros((6, 385)))


@pytest.mark.slow
def test_the_committed_heads_are_those_that_the_script_trains_now():
    examples = training.training_examples()
    assert json.loads(HEADS_FILE.read_text())["sentences_sha256"] == training.digest(examples)
    vectors, targets = evaluation()
    learned = training.train(training.vectors_of(embedder(), examples), training.targets_of(examples))
    # CPUs round differently, so compare the scores, not the file's bytes.
    again = learned.scores(vectors.astype(np.float32))
    assert Heads.load().scores(vectors.astype(np.float32)) == pytest.approx(again, abs=0.01)
    assert targets.shape == again.shape


@pytest.mark.slow
def test_the_heads_are_as_good_on_unseen_sentences_as_the_documents_say():
    vectors, targets = evaluation()
    result = training.quality(Heads.load().scores(vectors.astype(np.float32)), targets)
    assert result.harmful + result.harmless >= 60
    assert result.precision >= 0.9
    assert result.recall >= 0.8
    assert result.false_alarm_rate <= 0.05


def test_no_sentence_of_the_evaluation_is_trained_on():
    seen = {example.text.casefold() for example in training.training_examples()}
    assert not [example.text for example in training.read(training.EVALUATION) if example.text.casefold() in seen]


def test_the_templates_make_different_sentences_and_always_the_same():
    made = training.from_templates(300, 1)
    assert made == training.from_templates(300, 1)
    assert len({example.text for example in made}) == 300
    assert not any("{" in example.text or example.labels for example in made)


def test_a_written_heads_file_reads_back(tmp_path):
    weights = np.arange(len(CATEGORIES) * 385, dtype=np.float64).reshape(len(CATEGORIES), 385) / 1000
    training.write(Heads(weights), training.read(training.EVALUATION), tmp_path / "heads.json")
    assert Heads.load(tmp_path / "heads.json").weights == pytest.approx(weights, abs=1e-4)


def test_the_listing_says_honestly_what_it_is():
    about = str(moderation.listed().about)
    assert "demonstration" in about and "English" in about and "misses" in about


@pytest.mark.parametrize("text", [" " * 1_000_000 + "x", "\n " * 500_000 + "x", '."' * 500_000, "." + '"' * 1_000_000])
def test_a_long_text_is_parted_in_no_time(text: str) -> None:
    assert "".join(moderation._END.split(text)).strip() == text.strip()
