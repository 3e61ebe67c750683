"""Frame around every page: title, menu, selected connection. Runs with each script run, so it must stay cheap."""

from __future__ import annotations

import streamlit as st

from boomerang.playground.forms import connection_picker
from boomerang.playground.run import error_panel
from boomerang.playground.session import app_state, page_state, preferences, visitor
from boomerang.playground.shell import menu, page_title, shortcuts
from boomerang.playground.shell.logo import FAVICON, LOGO
from boomerang.playground.ui import html_tables
from boomerang.workbench.connections.registry import EMBEDDED

# Streamlit's own Stop in the header stops the script, not the run; beside ours it would be misleading. Its wide layout leaves a
# sixth of a small screen empty. JSON fields need a monospaced font. Its shortcut labels on buttons have too little contrast. No
# single colour is dark enough behind white text and light enough as text in the dark theme: selected items use the text's own
# colour, and the primary button the light theme's colour.
STYLE = """<style>
[data-testid="stStatusWidget"] { display: none; }
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2.2rem 4rem; max-width: 1680px; }
[class*="-config-text"] textarea, [class*="-schema"] textarea, [class*="-parameters"] textarea {
  font-family: "Source Code Pro", monospace; font-size: 0.85rem;
}
[data-testid="stBaseButton-primary"]:enabled { background-color: #3d55d6; border-color: #3d55d6; }
[data-testid="stButtonGroup"] [aria-checked="true"] { color: inherit !important; }
[data-testid="stButtonGroup"] [data-selected="true"] { color: inherit !important; }
button kbd { opacity: 1 !important; color: inherit !important; }
</style>"""
# The wrapper around a container is what sticks: the container itself fills it.
LAYOUT = """<style>
.st-key-status p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 0.875rem; }
@media (min-width: 1024px) {
  div:has(> .st-key-toolbar) { position: sticky; top: 2.4rem; z-index: 90; padding: 0.4rem 0; }
  .st-key-toolbar { flex-wrap: nowrap; }
  .st-key-runbar { min-width: 17rem; width: max-content; }
  .st-key-status { contain: inline-size; }
  div:has(> .st-key-answer) { position: sticky; top: 8.6rem; }
  .st-key-answer { max-height: calc(100vh - 9.4rem); overflow-y: auto; overscroll-behavior: contain; padding-right: 0.4rem; }
  .st-key-jump { display: none; }
}
@media (max-width: 1023.98px) {
  div:has(> .st-key-runbar) {
    position: fixed; left: 0; bottom: 0; z-index: 95; width: 100vw; max-width: 100vw; padding: 0.4rem 1rem 0.6rem;
    border-top: 1px solid rgba(128, 128, 128, 0.35);
  }
  .st-key-runbar { width: 100%; max-width: 100%; }
  [data-testid="stMainBlockContainer"] { padding-bottom: 8rem; }
  .st-key-answer { scroll-margin-top: 4rem; min-height: calc(100vh - 8rem); }
}
@media (max-width: 640px) {
  [class*="st-key-actions-"] button p { font-size: 0.8rem; }
  .st-key-head { flex-wrap: wrap; }
  .st-key-head > :first-child { flex: 1 0 100%; }
}
div:has(> .st-key-toolbar), div:has(> .st-key-runbar) { background: light-dark(#ffffff, #12141c); }
@media (hover: none), (max-width: 1279.98px) {
  button kbd { display: none !important; }
}
@media (max-width: 1279.98px) {  /* one row in a narrow result: Copy, Resend and Code are icons */
  [class*="st-key-actions-"] { gap: 0.2rem 0.4rem; }
  [class*="st-key-actions-"] :is([class*="-repeat"], [class*="-code"]) button { min-width: 1.6rem; }
  [class*="st-key-actions-"] :is([class*="-repeat"], [class*="-code"]) [data-testid="stMarkdownContainer"] {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
}
</style>"""


def main() -> None:
    """Draw the frame and run the requested page."""
    st.set_page_config(page_icon=FAVICON, layout="wide")
    st.html(STYLE + LAYOUT + html_tables.STYLE)
    st.logo(LOGO, icon_image=FAVICON, size="large")
    preferences.restore()
    page = menu.draw()
    page_title.draw(page.title)
    _settle_connection()
    with st.sidebar:
        preferences.draw()
        shortcuts.draw()
    try:
        page.run()
    except Exception as error:  # a bug of ours is shown in the same panel as other errors, with its traceback
        error_panel.draw(error, "page.error")


def _settle_connection() -> None:
    """Make sure that the connection selected for all pages exists, whatever page is open."""
    names = app_state.connections().names(visitor.owner())
    if (renamed := st.session_state.pop(page_state.RENAMED, None)) in names:
        st.session_state[connection_picker.PAGE] = renamed
    linked = st.query_params.get("connection") if connection_picker.PAGE not in st.session_state else None
    connection_picker.settle(connection_picker.PAGE, names, EMBEDDED, linked)


main()
