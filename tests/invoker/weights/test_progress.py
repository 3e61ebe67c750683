"""Tests for the progress bar on a terminal and the lines in a log."""

import io

from boomerang.invoker.weights.progress import TextProgress, duration, megabytes


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_plain_line_per_item():
    stream = io.StringIO()
    progress = TextProgress(stream)
    progress.say("Tiny (MIT)")
    progress.begin("tiny-one==1.0 (1 of 2)", 82_000_000)
    for done in range(0, 82_000_001, 1_000_000):
        progress.at(done)
    progress.end()
    assert stream.getvalue() == "Tiny (MIT)\ntiny-one==1.0 (1 of 2) (82 MB)\n"


def test_a_terminal_gets_a_bar_with_bytes_speed_and_time_left():
    seconds = iter(range(100))
    stream = Terminal()
    progress = TextProgress(stream, clock=lambda: float(next(seconds)))
    progress.begin("tiny", 100_000_000)
    for done in (0, 20_000_000, 40_000_000):
        progress.at(done)
    assert progress.bar(40_000_000) == "[##########..............]  40%  40/100 MB  20 MB/s  0:03 left  tiny"
    assert "40/100 MB" in stream.getvalue()
    progress.end()
    assert stream.getvalue().endswith("\r")


def test_the_speed_is_of_the_last_seconds_only():
    times = iter([0.0, 100.0, 101.0, 102.0])
    progress = TextProgress(Terminal(), clock=lambda: next(times))
    progress.begin("tiny", 10)
    for done in (0, 1, 3, 5):
        progress.at(done)
    assert progress.speed() == 2.0


def test_unknown_speed_and_empty_items_are_drawn_without_a_division():
    progress = TextProgress(Terminal())
    progress.begin("empty", 0)
    assert "100%" in progress.bar(0)
    assert "-:-- left" in progress.bar(0)


def test_amounts_are_written_as_people_read_them():
    assert (megabytes(491_400_064), megabytes(249_974)) == ("491 MB", "0.2 MB")
    assert duration(125) == "2:05"
