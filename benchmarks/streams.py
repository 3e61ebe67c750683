"""Streams for a page to draw: a number of pieces at some rate, named so that a model or an address can select one.

The last words of each stream state when they were created, so that a reader can compute the delay.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count as counting
from itertools import islice

MARKDOWN, COUNTED = "markdown", "counted"
PIECE = 4
"""Characters of a piece of markdown, about those of a token."""
LAST_LINE = "Made at second "
MADE_AT = re.compile(re.escape(LAST_LINE) + r"(\d+\.\d+)\.")
COUNT = re.compile(r"n(\d+) ")
"""Matches a piece of a counted stream."""
_NAME = re.compile(r"(markdown|counted)-(\d+)-(?:at-(\d+)|at-once)")


@dataclass(frozen=True, slots=True)
class Stream:
    """A number of pieces at some rate."""

    kind: str
    count: int
    rate: float | None = None
    """Pieces a second; `None` for as fast as they are consumed."""

    @classmethod
    def named(cls, name: str) -> Stream:
        """Return the stream with a name.

        Raises:
            ValueError: The name is invalid.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name} names no stream; one is markdown-2000-at-800, or counted-400-at-once.")
        return cls(match[1], int(match[2]), float(match[3]) if match[3] else None)

    def __str__(self) -> str:
        """Return the stream's name."""
        return f"{self.kind}-{self.count}-at-{f'{self.rate:g}' if self.rate else 'once'}"

    def pieces(self, wait: Callable[[float], object] = time.sleep) -> Iterator[str]:
        """Yield the pieces, each at its time; `wait` is called with the seconds until then."""
        begin = time.monotonic()
        for number, piece in enumerate(islice(_markdown() if self.kind == MARKDOWN else _counted(), self.count - 1)):
            if self.rate and (left := begin + number / self.rate - time.monotonic()) > 0:
                wait(left)
            yield piece
        yield f"\n\n{LAST_LINE}{time.time():.3f}."


def _markdown() -> Iterator[str]:
    """Yield text as models write it, with everything that is expensive to draw, in endless pieces."""
    for number in counting(1):
        text = _SECTION.format(number=number)
        yield from (text[at : at + PIECE] for at in range(0, len(text), PIECE))


def _counted() -> Iterator[str]:
    """Yield endless numbered pieces, so that a reader knows which have arrived."""
    for number in counting(1):
        yield f"n{number} " if number % 40 else f"n{number} \n\n"


_SECTION = """## Part {number}: what the kettle knows

Water **boils** sooner on a mountain, and *nobody* at the top complains of the `temperature`. A kettle that was filled to the
brim needs as long as two that are half full, which [looks obvious](#part) and is measured all the same in step {number}.

- the lid stays on
- the spout points away, as in `pour(angle=35)`
  - and a cloth lies ready
- nobody leaves the kitchen

| litres | minutes | seen |
| -----: | ------: | ---- |
| 0.5 | 2.1 | steam |
| 1.0 | 4.0 | steam and a whistle |
| 1.7 | 6.8 | a whistle |

```python
def minutes(litres, watts=2000, start=15):
    energy = litres * 4186 * (100 - start)
    return energy / watts / 60
```

> What is left in the kettle overnight is cold by the morning of day {number}.

1. Fill it.
2. Switch it on.
3. Wait, which is the whole of the art.

"""
FEW, MANY = 2_000, 8_000
"""Pieces of the two streams that are compared."""
RATE = 800.0
FEW_PACED, MANY_PACED = Stream(MARKDOWN, FEW, RATE), Stream(MARKDOWN, MANY, RATE)
FEW_FAST, MANY_FAST = Stream(MARKDOWN, FEW), Stream(MARKDOWN, MANY)
FOR_A_VISITOR = Stream(COUNTED, 400, 20.0)
SHORT_RECORD, LONG_RECORD = Stream(MARKDOWN, 1_000), Stream(MARKDOWN, 100_000)
USED = (FEW_PACED, MANY_PACED, FEW_FAST, MANY_FAST, FOR_A_VISITOR, SHORT_RECORD, LONG_RECORD)
"""All streams that measurements use."""
