"""Start: what this is, and the eight calls with their models."""

import streamlit as st

from playground import board
from playground.words import _

st.title("Boomerang")
st.markdown(
    _(
        "Try every `session.model.*` call of a Dify plugin against real models, and see what went over the wire. "
        "No Dify, no key: the embedded models answer offline."
    )
)
board.draw()
