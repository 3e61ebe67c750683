"""Connections: the servers that the pages call."""

import streamlit as st

from playground import setup
from playground.words import _

st.title(_("Connections"))
st.markdown(_("The servers that every page can call: made here, in `connections.toml`, or by environment variables."))
setup.draw()
