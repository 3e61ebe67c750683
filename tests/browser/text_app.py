"""A page that draws a text in each way that the playground draws external text. For `test_text`."""

import json

import streamlit as st

from boomerang.playground.ui import html_tables, json_view, streaming_text
from boomerang.playground.ui.escape import code, plain

st.html(html_tables.STYLE)
how = st.query_params.get("how", "model")
texts: list[str] = json.loads(str(st.text_area("Texts", "[]")))
for number, one in enumerate(texts):
    with st.container(key=f"drawn-{number}"):
        if how == "model":
            streaming_text.draw(one)
        elif how == "streamlit":
            st.markdown(one)
        elif how == "json":
            json_view.tree(json.loads(one))
            json_view.text(one)
        else:
            with st.container(key=f"caption-{number}"):
                st.caption(plain(one))
            with st.container(key=f"strong-{number}"):
                st.markdown(f"**{plain(one)}**")
            with st.container(key=f"alert-{number}"):
                st.error(plain(one))
            with st.container(key=f"badge-{number}"):
                st.markdown(f":gray-badge[{plain(one)}]")
            with st.container(key=f"button-{number}"):
                st.button(plain(one), key=f"b{number}")
            with st.container(key=f"expander-{number}"):
                st.expander(plain(one), key=f"e{number}")
            with st.container(key=f"pill-{number}"):
                st.pills("Pills", [one], format_func=plain, key=f"p{number}", label_visibility="collapsed")
            with st.container(key=f"code-{number}"):
                st.caption(code(one))
st.markdown(f"Drawn: {hash(tuple(texts)) if texts else 'nothing'}")
