"""A page as in Streamlit's documentation: a button, and `st.write_stream`. For `streamlit run`, as a baseline.

The query names the stream: `/?model=markdown-2000-at-800`.
"""

import sys
from pathlib import Path

import streamlit as st  # noqa: TID251

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.streams import Stream

st.title("LLM")
if st.button("Run", key="plain.run"):
    st.write_stream(Stream.named(st.query_params["model"]).pieces())
