import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boomerang.invoker.backends.embedded.onnx.minilm import BATCH_TOKENS, CONTEXT_TOKENS, DIMENSIONS, Cut, batches, pieces
from boomerang.invoker.backends.embedded.tasks import text_embedding
from boomerang.invoker.entities.model import EmbeddingInputType, ModelPropertyKey, ModelType
from boomerang.invoker.entities.text_embedding import RequestInvokeMultiModalEmbedding, RequestInvokeTextEmbedding
from boomerang.invoker.errors import InvokeBadRequestError, RunStoppedError
from boomerang.invoker.events import Notice
from boomerang.invoker.run import Run
from tests.invoker.backends.embedded.asking import recording_run
from tests.invoker.backends.embedded.conftest import embedder

QUERY, DOCUMENT = EmbeddingInputType.QUERY, EmbeddingInputType.DOCUMENT
CONFIG = {"provider": "embedded", "model": "all-minilm-l6-v2"}
SAMPLES = [
    "A cat sleeps on the warm roof.",
    "The kitten naps in the sun.",
    "Interest rates rose again.",
    "The central bank lifted its key rate.",
    "一只猫在屋顶上睡觉。",
]
ALONE_OR_NOT = 1e-5
"""Maximum change of a vector's component when other texts are in the batch; measured on AVX2: none."""


def answered(texts: list[str], input_type: EmbeddingInputType = QUERY, run: Run | None = None):
    request = RequestInvokeTextEmbedding.of(CONFIG, texts, input_type)
    return text_embedding.answer(request, embedder(), run or Run())


def test_like_sentences_lie_nearer_than_unlike_ones():
    vectors = np.array(answered(SAMPLES).embeddings)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.4 > 0.2 > cosines[0, 2]
    assert cosines[2, 3] > 0.4 > 0.2 > cosines[1, 3]


def test_every_vector_has_384_finite_components_and_length_one():
    vectors = np.array(answered(SAMPLES).embeddings)
    assert vectors.shape == (5, DIMENSIONS)
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-6)


def test_usage_counts_what_the_model_read_and_costs_nothing():
    usage = answered(["Hello world", "Hello"]).usage
    assert usage.tokens == usage.total_tokens == 4 + 3  # each text with its start and end token
    assert (usage.total_price, usage.currency) == (0, "USD")
    assert usage.latency > 0


def test_queries_and_documents_get_the_same_vectors():
    assert answered(SAMPLES, QUERY).embeddings == answered(SAMPLES, DOCUMENT).embeddings


def test_the_same_call_gives_the_same_numbers():
    assert answered(SAMPLES).embeddings == answered(SAMPLES).embeddings


def test_the_result_names_the_model_of_the_request():
    assert answered(["Hello"]).model == "all-minilm-l6-v2"


TEXTS = st.lists(
    st.one_of(st.text(max_size=40), st.sampled_from([*SAMPLES, "", " ", "word " * 300, "x" * 500])), min_size=1, max_size=6
)


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=15, deadline=None)
def test_a_text_gets_the_same_vector_alone_and_among_others(texts):
    together = embedder().embed(texts, QUERY, Run())
    alone = [embedder().embed([text], QUERY, Run()) for text in texts]
    assert together.vectors == pytest.approx(np.vstack([answer.vectors for answer in alone]), abs=ALONE_OR_NOT)
    assert together.tokens == sum(answer.tokens for answer in alone)


@given(st.lists(st.integers(2, CONTEXT_TOKENS), max_size=200))
def test_batches_hold_each_row_once_and_never_too_many_tokens(lengths):
    made = list(batches(lengths))
    assert sorted(row for batch in made for row in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[row] for row in batch) <= BATCH_TOKENS for batch in made)


@given(st.text(st.sampled_from("ab \n")), st.integers(0, 3))
def test_pieces_joined_are_the_text(text, times):
    long = text * 10**times + "x" * 20_500
    assert "".join(pieces(long)) == long


def test_a_long_text_has_as_many_tokens_in_pieces_as_in_one():
    sentence = "The quick brown fox jumps over the lazy dog, twice. "  # 12 tokens
    answer = embedder().embed([sentence * 2000], QUERY, Run())
    assert len(list(pieces(sentence * 2000))) > 1
    assert answer.cuts == (Cut(0, 12 * 2000 + 2),)


def test_a_cut_is_reported_with_its_row_and_its_length():
    run, notes = recording_run()
    result = answered(["short", "word " * 300], run=run)
    assert result.usage.tokens == 3 + CONTEXT_TOKENS
    (note,) = notes
    assert isinstance(note, Notice)
    assert "texts[1] (302 tokens)" in str(note.message)
    assert note.items == ("texts[1] (302 tokens)",) and f"reads {CONTEXT_TOKENS} tokens" in str(note.message)


def test_many_cuts_are_one_note_that_stays_readable():
    run, notes = recording_run()
    answered(["word " * 300] * 8, run=run)
    (note,) = notes
    assert str(note.message).endswith("texts[4] (302 tokens) and 3 more.")
    assert len(note.items) == 8


def test_a_text_of_exactly_the_context_is_not_cut():
    run, notes = recording_run()
    assert answered(["word " * (CONTEXT_TOKENS - 2)], run=run).usage.tokens == CONTEXT_TOKENS
    assert notes == []


def test_an_empty_text_is_embedded_and_reported():
    run, notes = recording_run()
    result = answered(["Hello", "", "  "], run=run)
    assert np.isfinite(result.embeddings).all()
    (note,) = notes
    assert "No text in texts[1], texts[2];" in str(note.message)


def test_no_texts_are_refused_naming_the_field():
    with pytest.raises(InvokeBadRequestError) as caught:
        answered([])
    assert caught.value.field == "texts"


def multimodal(*documents: tuple[str, str]):
    contents = [{"content": content, "content_type": content_type} for content, content_type in documents]
    request = RequestInvokeMultiModalEmbedding.of(CONFIG | {"tenant_id": "t"}, contents)
    return text_embedding.answer_multimodal(request, embedder(), Run())


def test_multimodal_texts_get_the_vectors_of_texts():
    assert multimodal(("Hello", "text")).embeddings == answered(["Hello"]).embeddings


def test_an_image_is_refused_naming_its_row():
    with pytest.raises(InvokeBadRequestError, match="reads text only") as caught:
        multimodal(("Hello", "text"), ("iVBORw0KGgo=", "image"))
    assert caught.value.field == "documents[1]"


def test_no_documents_are_refused_naming_the_field():
    with pytest.raises(InvokeBadRequestError) as caught:
        multimodal()
    assert caught.value.field == "documents"


def test_a_stopped_run_embeds_nothing():
    run = Run()
    run.stop()
    with pytest.raises(RunStoppedError):
        answered(SAMPLES, run=run)


class Counted(Run):
    """A run that stops at its n-th checkpoint."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def check(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop()
        super().check()


@pytest.mark.parametrize("at", [1, 40, 55])
def test_a_stop_ends_the_work_at_the_next_checkpoint(at):
    run = Counted(at)
    with pytest.raises(RunStoppedError):
        answered(["word " * 250] * 50, run=run)  # 50 checks while tokenizing, then one per batch
    assert run.left == 0


class Watched(Run):
    """A run that signals when a native call is about to start: its stop hook is set then."""

    __slots__ = ("entered",)

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()

    def on_stop(self, hook):
        self.entered.set()
        return super().on_stop(hook)


def test_a_stop_from_another_thread_ends_the_native_call():
    run = Watched()
    stopped_at: list[float] = []

    def stop() -> None:
        assert run.entered.wait(10)
        stopped_at.append(run.seconds)
        run.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(RunStoppedError):
        answered(["word " * 250] * 500, run=run)
    ended_at = run.seconds
    thread.join(10)
    # All the work takes ten seconds. On idle cores the stop takes 0.1 s; the bound leaves room for busy ones.
    assert ended_at - stopped_at[0] < 2.0


def test_two_threads_may_embed_at_once():
    expected = answered(SAMPLES).embeddings
    result: list[object] = []
    threads = [threading.Thread(target=lambda: result.append(answered(SAMPLES).embeddings)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert result == [expected] * 4


def test_the_listing_reports_what_a_caller_must_know():
    listed = text_embedding.listed()
    assert listed.model_type is ModelType.TEXT_EMBEDDING
    assert listed.model_properties[ModelPropertyKey.CONTEXT_SIZE] == 256
    assert listed.model_properties[ModelPropertyKey.MAX_CHUNKS] == 128
    assert listed.about is not None and "English" in listed.about.en_us
