"""Start: an introduction and the eight calls with their models."""

import streamlit as st

from boomerang.playground.start import start_page
from boomerang.workbench.i18n.translate import _

st.title("Boomerang")
st.markdown(
    _(
        "Try every `session.model.*` call of a Dify plugin against real models and see what goes over "
        "the wire. No Dify and no key needed: the embedded models work offline."
    )
)
start_page.draw()
