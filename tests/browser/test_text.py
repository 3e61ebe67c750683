"""External text is shown verbatim: exactly in labels, as CommonMark if it is a model's, and never as more."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from .driving import settled
from .serving import Served

HERE = Path(__file__).resolve().parent
LABELS = ("caption", "strong", "alert", "badge", "button", "expander", "pill", "code")
NASTY = """~3.5~4.5mm ~~x~~ y
:warning: :smile: :+1: :-1: :100: :streamlit: :tada
a:red[x]b :blue-badge[x] :small[x] :color[x]{foreground="red"} :help[x] :shimmer[x]
:material/home: :material_home: `:material/home:`
a -> b -- c <- d <-> e >= f <= g ~= h
->
<->
--
>= <= ~=
---
===
(c) (tm) ... 'quoted' "quoted"
costs $5 and $6
$$x$$ \\( x^2 \\) \\[ y \\]
http://example.com/x https://x.y www.example.com a@b.co mailto:a@b.co ftp://x.y HTTP://X.Y WWW.X.Y
::leaf[x]{y=z}
:::note
[ ] to do
- [x] done
1. one
2) two
+ a
# head
> quote
a[^1] and [^1]: a note
`code` ``a ` b`` `
<b onclick="x">x</b> <img src=x onerror=alert(1)> <div> <!-- x -->
&amp; &copy; &#106;
| a | b |
*a* _b_ __c__ ***d***
![i](http://192.0.2.1/y.png) [l](javascript:alert(1)) [m](data:text/html,x) [n](http://192.0.2.1)
==a== ^b^ ++c++ {d} a::b 12:30:45 a:b
-<>- <-- --> !== ==>
ünïcode → ≥ — 中文:红色[字] \u200fעברית""".splitlines()
TRICKS = [
    "[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>) [c](vbscript:x) [d](JAVASCRIPT:x)",
    "[a]( javascript:x) [b](\x01javascript:x) [c](&#1;data:x) [d](file:///etc/passwd) [e](blob:x) [f](filesystem:x)",
    "[a](&#106;avascript:x) [b](java&#10;script:x) [c](java\tscript:x) [d](javascript&colon;x) [e](about:blank)",
    "[a](<javascript:x>) [b](//192.0.2.1) [c](/llm) [d](#x)",
    "<javascript:alert(1)> <data:text/html,x> <vbscript:x>",
    "[a][1] [b][2]\n\n[1]: javascript:alert(1)\n[2]: data:text/html;base64,PHNjcmlwdD4=",
    "![a](http://192.0.2.1/a.png) ![b](data:image/svg+xml,x) ![c][3]\n\n[3]: http://192.0.2.1/c.png",
    "<script>window.ran = 1</script>\n\n<img src=x onerror='window.ran = 1'>\n\n<svg onload='window.ran = 1'></svg>",
    "<iframe src='http://192.0.2.1'></iframe> <a href='javascript:x' onclick='x'>y</a>",
    "<style>*{color:red}</style> <base href=x>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<details open ontoggle=window.ran=1>\n<form action=javascript:x><button formaction=javascript:x>x</button>",
    "$\\href{javascript:alert(1)}{x}$ $$\\url{data:x}$$",
    "\\(\\includegraphics{http://192.0.2.1/x.png}\\) \\[\\htmlData{a=b}{c}\\]",
    '```mermaid\nflowchart TD\n  A[<img src=x onerror=window.ran=1>]\n  click A href "javascript:alert(1)"\n```',
    "| a | <img src=x onerror=x> |\n|--|--|\n| [x](javascript:x) | <svg/onload=x> |",
    '[a](http://192.0.2.1 "t\\" onmouseover=window.ran=1 x=\\"") [b](http://192.0.2.1/"onmouseover="x)',
]
_DRAWN = """(names) => names.map((name) => document.querySelector(`.st-key-${name}`)?.textContent ?? null)"""


@pytest.fixture(scope="module")
def texts_app() -> Iterator[Served]:
    """The page that draws any text."""
    with Served(HERE / "text_app.py") as served:
        yield served


def draw(page: Page, app: Served, how: str, texts: list[str], names: list[str]) -> list[str]:
    """Draw texts; return the visible texts of the named containers."""
    address = f"{app.url}/?how={how}"
    if page.url != address:
        page.goto(address)
    field = page.get_by_label("Texts")
    field.fill(json.dumps([]))
    field.press("Control+Enter")
    page.get_by_text("Drawn: nothing").wait_for()
    field.fill(json.dumps(texts))
    field.press("Control+Enter")
    page.wait_for_function(
        """(last) => document.querySelector(`.st-key-${last}`) && !document.querySelector("[data-testid=stSkeleton]")""",
        arg=names[-1],
    )
    settled(page)
    result: list[str] = page.evaluate(_DRAWN, names)
    return result


def labels(page: Page, app: Served, texts: list[str]) -> None:
    """Fail if a label shows a different text from its input."""
    names = [f"{label}-{number}" for number in range(len(texts)) for label in LABELS]
    shown = draw(page, app, "labels", texts, names)
    for name, result in zip(names, shown, strict=True):
        label, _, number = name.partition("-")
        wanted = re.sub(r"\s+", " ", texts[int(number)]).strip(" ")
        result = result.removeprefix({"expander": "keyboard_arrow_right", "pill": "Pills"}.get(label, ""))
        assert result.strip() == wanted.strip(), label


def test_labels_show_each_letter(page: Page, texts_app: Served) -> None:
    labels(page, texts_app, NASTY)


SIGNS = st.lists(
    st.sampled_from([*"~:$*_`[](){}<>|#!&;=-+@.\\/^ ab1", "www.", "http:", ":a:", " -- "]), min_size=1, max_size=14
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(SIGNS.map("".join).filter(str.strip), min_size=15, max_size=25))
def test_labels_show_each_letter_of_any_text(page: Page, texts_app: Served, texts: list[str]) -> None:
    labels(page, texts_app, texts)


# Without anything that Streamlit's parser treats as an extension of CommonMark, or ours as a formula.
PLAIN_COMMONMARK = (
    st.text("ab *_`[]#>\n1.)+\\&;!", min_size=1, max_size=40)
    .map(lambda text: textwrap.dedent(text).strip())
    .filter(lambda text: bool(text) and not re.search(r"\[\s\]|\\[\[()\]]", text))
)


def letters(text: str) -> str:
    """Return a text without whitespace."""
    return "".join(text.split())


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(PLAIN_COMMONMARK, min_size=30, max_size=40))
def test_commonmark_is_what_another_reader_makes_of_it(page: Page, texts_app: Served, texts: list[str]) -> None:
    # Compare with Streamlit's parser, on texts that do not trigger its extensions.
    names = [f"drawn-{number}" for number in range(len(texts))]
    theirs = draw(page, texts_app, "streamlit", texts, names)
    ours = draw(page, texts_app, "model", texts, names)
    assert [letters(text) for text in ours] == [letters(text) for text in theirs]


def test_a_model_s_text_shows_what_commonmark_leaves_of_it(page: Page, texts_app: Served) -> None:
    structure = re.compile(r"[-+#] |>|\d+[.)] |---|===|\||\*|!\[|&|.*`")  # syntax that CommonMark removes
    texts = [text for text in NASTY if not structure.match(text)]
    names = [f"drawn-{number}" for number in range(len(texts))]
    assert draw(page, texts_app, "model", texts, names) == texts


def test_no_trick_brings_more_than_text_and_links_of_the_web_into_the_page(page: Page, texts_app: Served) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    names = [f"drawn-{number}" for number in range(len(TRICKS))]
    draw(page, texts_app, "model", TRICKS, names)
    result = page.evaluate(
        """() => {
          const drawn = [...document.querySelectorAll("[class*=st-key-drawn-]")]
          const within = (selector) => drawn.flatMap((part) => [...part.querySelectorAll(selector)])
          const all = within("*")
          return {
            links: all.filter((one) => one.href !== undefined).map((one) => String(one.href)),
            handlers: all.flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith("on")),
            tags: [...new Set(within(".model-text *").map((one) => one.localName))],
            sources: all.filter((one) => one.hasAttribute("src") || one.hasAttribute("srcset")).length,
            ran: window.ran ?? null,
          }
        }"""
    )
    assert all(re.match("https?://192.0.2.1", link) for link in result["links"]) and result["links"]
    assert result["handlers"] == [] and result["sources"] == 0 and result["ran"] is None
    assert set(result["tags"]) <= {"p", "a", "table", "thead", "tbody", "tr", "th", "td", "br", "em", "strong", "code"}
    assert not [url for url in requests if "192.0.2.1" in url]


def test_json_is_drawn_with_all_of_its_digits(page: Page, texts_app: Served) -> None:
    text = '{"id": 1565605928693133312, "list": [9007199254740993, -18446744073709551616], "name": "<b>x</b>\\u202e"}'
    draw(page, texts_app, "json", [text], ["drawn-0"])
    place = page.locator(".st-key-drawn-0")
    expect(place.get_by_test_id("stCode")).to_be_visible()  # the page's first code: its widget is loaded now
    shown = place.inner_text()
    for digits in ("1565605928693133312", "9007199254740993", "-18446744073709551616"):
        assert shown.count(digits) == 2
    assert page.locator(".json-tree b").count() == 3


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["[", "*", "> ", "| ", "$$", "*a **b ", "- a\n  ", "![a](", "`", "<div>\n"])
def test_a_megabyte_of_markdown_leaves_a_usable_page(page: Page, texts_app: Served, unit: str) -> None:
    draw(page, texts_app, "model", [(unit * 1_000_000)[:1_000_000], "after it"], ["drawn-0", "drawn-1"])
    assert "characters; the record and the downloads have all of them" in page.locator(".st-key-drawn-0").inner_text()
