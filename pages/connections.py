"""Connections: the servers that pages call."""

import streamlit as st

from boomerang.playground.connections import connections_page
from boomerang.workbench.i18n.translate import _

st.title(_("Connections"))
st.markdown(_("The servers that pages can call, set up here, in `connections.toml` or through environment variables."))
connections_page.draw()
