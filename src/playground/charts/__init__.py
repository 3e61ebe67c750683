"""Charts with one look for the whole app: each function gives the chart and the table of the same numbers, `draw` shows both.

- `times`: phases of a run, layers of a call, chunks of a stream, latencies of repeats
- `vectors`: similarity heat-map, 2-D map, one vector's values
- `orders`: slope between two rankings, bars of scores
- `sound`: waveform; `verdicts`: confusion matrix
- `look`: colours, and how a chart stands on a page

Nothing is loaded from elsewhere, and each function says how much it draws at most. Altair and pandas are loaded when drawing.
"""

from .look import draw
from .orders import Place, bars, slope
from .sound import waveform
from .times import Point, Span, chunks, layers, phases, repeats
from .vectors import Dot, histogram, plane, similarity, values
from .verdicts import confusion

__all__ = [
    "Dot",
    "Place",
    "Point",
    "Span",
    "bars",
    "chunks",
    "confusion",
    "draw",
    "histogram",
    "layers",
    "phases",
    "plane",
    "repeats",
    "similarity",
    "slope",
    "values",
    "waveform",
]
