"""Preferences: kept by browser, with a limit."""

from __future__ import annotations

from boomerang.playground.session.preferences import Preferences


def test_each_browser_has_its_own_choices() -> None:
    kept = Preferences()
    kept.put("ann", "language", "zh_Hans")
    kept.put("ben", "expert", False)
    assert kept.get("ann") == {"language": "zh_Hans"}
    assert kept.get("ben") == {"expert": False}
    assert kept.get("eve") == {}


def test_the_browser_that_was_idle_for_longest_is_forgotten_first() -> None:
    kept = Preferences(most=2)
    for name in ("ann", "ben"):
        kept.put(name, "expert", True)
    kept.get("ann")
    kept.put("eve", "expert", True)
    assert [bool(kept.get(name)) for name in ("ann", "ben", "eve")] == [True, False, True]


def test_what_is_given_is_a_copy() -> None:
    kept = Preferences()
    kept.put("ann", "language", "en")
    kept.get("ann")["language"] = "other"
    assert kept.get("ann") == {"language": "en"}
