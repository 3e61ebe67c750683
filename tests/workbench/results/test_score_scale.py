"""Test the guessed scale of scores."""

from math import inf, nan

import pytest

from boomerang.workbench.results.score_scale import Scale, guess


@pytest.mark.parametrize(
    ("scores", "requested", "scale"),
    [
        ([], None, Scale.UNKNOWN),
        ([0.5, nan], None, Scale.UNKNOWN),
        ([0.5, inf], None, Scale.UNKNOWN),
        ([0.98, 0.4, 0.01], None, Scale.UNIT),
        ([1.0, 0.5, 0.2], None, Scale.UNIT),
        ([0.5], None, Scale.UNIT),
        ([0.5, 0.0], None, Scale.UNIT),
        ([7.1, 0.3, -4.0], None, Scale.LOGIT),
        ([0.9, -1.5], None, Scale.LOGIT),
        ([0.7, 0.1, -0.05], None, Scale.COSINE),
        ([1.0, 0.3, 0.0], None, Scale.RESCALED),
        ([0.0], None, Scale.RESCALED),
        ([1.0, 0.3], 6, Scale.RESCALED),
        ([1.0, 0.3], 2, Scale.UNIT),
        ([1.0, -0.3], 6, Scale.COSINE),
    ],
)
def test_the_scale_of_scores_is_guessed_with_a_reason(scores: list[float], requested: int | None, scale: Scale) -> None:
    result = guess(scores, requested=requested)
    assert result.scale is scale
    assert result.reason.endswith(".")
