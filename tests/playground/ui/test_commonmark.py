"""A model's text as HTML: CommonMark and tables, everything else verbatim, and nothing that loads or runs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boomerang.playground.ui.commonmark import Code, Html, parts
from tests.playground.parsed_markup import Markup

ATTRIBUTES = {
    "div": {"class"},
    "a": {"href", "target", "title"},
    "ol": {"start"},
    "p": {"class"},
    "th": {"style"},
    "td": {"style"},
}
PLAIN = {
    *("ul", "li", "blockquote", "pre", "code", "em", "strong", "hr", "br", "table", "thead", "tbody", "tr"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
VOID = ("hr", "br")
SIGNS = """* ** _ __ ` `` ``` ~~~ [ ] ( ) < > ! & ; : # - + 1. | \\ $ $$ " ' = a b <a <b> </i> <!-- --> <? <![CDATA[ http://x.y
https://a.b/c?d=e javascript:alert(1) data:text/html,x onclick=x mailto:a@b.c &#106; &colon; &Tab; [x]: ]( """
NASTY = st.lists(
    st.sampled_from([*SIGNS.split(), " ", "\n", "\n\n", "\t", "    ", "> ", "- "]) | st.text(max_size=3), max_size=60
).map("".join)


class Checked(HTMLParser):
    """Parses HTML and fails on forbidden content."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.text, self.links = "", list[str]()
        self._open: list[str] = []
        self.feed(body)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in PLAIN | ATTRIBUTES.keys()
        assert {name for name, _ in attrs} <= ATTRIBUTES.get(tag, set())
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment hides what it says")

    handle_decl = handle_pi = unknown_decl = handle_comment


def html(text: str) -> str:
    """Return the HTML of a text without its wrapper; code blocks as a `pre` with their language."""
    return "".join(
        part.body.removeprefix('<div class="model-text">').removesuffix("</div>").replace("&#10;", "\n")
        if isinstance(part, Html)
        else f"<pre {part.language}>{part.text}</pre>"
        for part in parts(text)
    )


def link(address: str, text: str, title: str = "") -> str:
    """Return the HTML of a link."""
    return f'<a href="{address}" target="_blank"{title}>{text}</a>'


def seen(text: str) -> str:
    """Return the visible part of a text."""
    return "".join(Checked(part.body).text if isinstance(part, Html) else part.text for part in parts(text))


@pytest.mark.parametrize(
    "text",
    [
        "~3.5~4.5mm and ~~gone~~",
        ":warning: :smile: :+1: :streamlit:",
        "a:red[x]b :blue-badge[x] :small[x] :material/home: :help[x]",
        "a -> b, a <- b, a <-> b, x -- y, x >= y, x <= y, x ~= y",
        "(c) (tm) ... 1/2 \"quoted\" 'single'",
        "costs $5 and $6, or $$7",
        "::leaf[x]{y=z}",
        ":::note",
        "- [ ] to do".removeprefix("- "),
        "a note[^1] and [^1]: its text",
        "http://example.com www.example.com a@b.co",
        "\\( x_1^2 * y_1 * z \\) and \\[ \\frac{a_b}{c_d} \\\\ \\{ e \\} \\]",
        "\\[",
        "$$ \\{ a_1 * b_1 * c \\} \\\\ $$",
        "<b onclick='x'>bold</b> <img src=x onerror=alert(1)> <a href=\"*b*\">",
        "<div>\n*not emphasis*\n</div>",
        "<!-- a *comment* -->",
        "<script>alert(1)</script>",
        "[a](javascript:alert(1)) [a](data:text/html,x) [a](vbscript:x) [a](/llm) [a](#x) [a](//x.y) [a]( java\tscript:x)",
        "[a](JaVaScRiPt:x) [a](<data:x>) [a](file:///etc/passwd)",
        "<data:text/html,x> <javascript:x>",
        "[ref]: javascript:x\n\n[ref]".replace("\n\n", " "),
        "<svg/onload=x><math><mi xlink:href='data:x'>",
        "==marked== ^up^ ++in++ {#id .class}",
        "\u202eright to left\u202c \x1b[31m \x01",
    ],
)
def test_what_is_no_commonmark_is_drawn_as_it_came(text: str) -> None:
    assert seen(text) == text
    assert "<a " not in html(text)


def test_an_address_is_looked_at_as_a_browser_would_read_it() -> None:
    text = "[a](&#106;avascript:x) [b](javascript&colon;x) [c](\\java\\script:x) [d](http&#58;//x.y) [e](https&#x09;://x.y)"
    assert re.findall("<a .*?>(.)</a>", html(text)) == ["d"]


def test_a_definition_that_leads_where_no_link_may_stays_text() -> None:
    text = "[ref]\n\n[ref]: javascript:alert(1)"
    assert html(text) == "<p>[ref]</p><p>[ref]: javascript:alert(1)</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A *b*\n\ntext\ngoes on  \nnext\\\nlast", "<h1>A <em>b</em></h1><p>text\ngoes on<br>\nnext<br>\nlast</p>"),
        ("One\n===\nTwo\n---", "<h1>One</h1><h2>Two</h2>"),
        (
            "**a *b* c** ***d*** a*b*c a_b_c _e_",
            "<p><strong>a <em>b</em> c</strong> <em><strong>d</strong></em> a<em>b</em>c a_b_c <em>e</em></p>",
        ),
        ("`a ~b~` ``c ` d`` `open", "<p><code>a ~b~</code> <code>c ` d</code> `open</p>"),
        ("\\*a\\* \\# \\[b\\](c) &amp; &copy; &nope;", "<p>*a* # \\[b\\](c) &amp; © &amp;nope;</p>"),
        ("- a\n- b\n  - c\n\ntext", "<ul><li>a</li><li>b\n<ul><li>c</li></ul></li></ul><p>text</p>"),
        ("3. a\n\n4. b", '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'),
        ("> a\nb\n> > c", "<blockquote><p>a\nb</p><blockquote><p>c</p></blockquote></blockquote>"),
        ("a\n***\nb", "<p>a</p><hr><p>b</p>"),
        ("    code\n\n    more\ntext", "<pre None>code\n\nmore</pre><p>text</p>"),
        ("```Py x\n:material/home: ~a~ \\( -> \n```", "<pre py>:material/home: ~a~ \\( -> </pre>"),
        ("```mermaid\ngraph\n", "<pre mermaid>graph</pre>"),
        ("- ```\n  x\n  ```", "<ul><li><pre><code>x</code></pre></li></ul>"),
        ("| a | b |\n|:--|:-:|\n| 1 | more | cells |", "<p>| a | b |\n|:--|:-:|\n| 1 | more | cells |</p>"),
        ("| a | b |\n|:--|:-:|\n| 1 \\| 2 | *x* |\n| y |\n\nend",
         '<table><thead><tr><th style="text-align:left">a</th><th style="text-align:center">b</th></tr></thead><tbody>'
         '<tr><td style="text-align:left">1 | 2</td><td style="text-align:center"><em>x</em></td></tr>'
         '<tr><td style="text-align:left">y</td><td style="text-align:center"></td></tr></tbody></table><p>end</p>'),
        (
            "[a *b*](https://x.y/z?q=\"1\" 'T')",
            "<p>" + link("https://x.y/z?q=%221%22", "a <em>b</em>", ' title="T"') + "</p>",
        ),
        (
            "[a][R] [r] [r][]\n\n[r]: <http://x.y> \"t\"",
            "<p>" + " ".join(link("http://x.y", word, ' title="t"') for word in ("a", "r", "r")) + "</p>",
        ),
        ("![a](http://x.y/z.png)", f"<p>!{link('http://x.y/z.png', 'a')}</p>"),
        (
            "<http://x.y/~a> <a@b.co>",
            f"<p>{link('http://x.y/~a', 'http://x.y/~a')} {link('mailto:a@b.co', 'a@b.co')}</p>",
        ),
        ("[](http://x.y)", '<p><a href="http://x.y" target="_blank">http://x.y</a></p>'),
    ],
)  # fmt: skip
def test_commonmark_and_tables_are_formatted(text: str, expected: str) -> None:
    assert html(text) == expected


@given(NASTY)
@example("<!--\n\n-->\x00 \r\x0c\u2028")
def test_no_text_brings_more_into_the_page_than_formatting(text: str) -> None:
    for part in parts(text):
        if isinstance(part, Html):
            assert "\n" not in part.body
            assert all(re.match("(?i)(?:https?://|mailto:)", link) for link in Checked(part.body).links)


@given(st.text(st.characters(exclude_characters="\\`*_[]<&\n\r\0#>-+=~|", exclude_categories=["Cs"])))
def test_a_text_without_signs_of_commonmark_is_drawn_letter_by_letter(text: str) -> None:
    if not re.match(r"\s*\d{1,9}[.)](\s|$)| {4}|\s*\t", text):
        assert seen(text) == text.strip(" \t")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")), st.sampled_from(["```", "~~~~"]))
def test_a_block_of_code_is_drawn_letter_by_letter(code: str, fence: str) -> None:
    if fence[0] not in code:
        assert parts(f"before\n{fence}py\n{code}\n{fence}\nafter")[1] == Code(code, "py")


@pytest.mark.parametrize(
    "unit",
    ["[", "*", "- ", *(
        pytest.param(unit, marks=pytest.mark.slow)
        for unit in (
            "> ", "|", "$$", "`", "``a`", "[a](", "[a](<b", "![", "[a][", "\\(", "\\[", "<!--", "<a b=\"", "<?",
            "&#", "*a _b ", "a**b", "- a\n", "- - - a\n", "> - ", "|a|b\n|-|-\n", "[a]: http://x.y \"", "# ", "\t", "*_[",
            "[[a](http://x.y)",
        )
    )],
)  # fmt: skip
def test_whatever_is_repeated_a_text_is_written_in_work_that_grows_with_its_length(unit: str) -> None:
    # In quadratic time, each of these takes minutes.
    text = (unit * 60_000)[:60_000]
    assert sum(len(part.body if isinstance(part, Html) else part.text) for part in parts(text)) < 20 * len(text)


@pytest.mark.parametrize("text", ["> " * 10_000 + "a", "- " * 10_000 + "a", "*a " * 5_000 + "b* " * 5_000])
def test_what_is_nested_too_deep_is_drawn_as_it_came_and_kept_shallow(text: str) -> None:
    for part in parts(text):
        if isinstance(part, Html):
            deepest = max(len(element.within) for element in Markup(part.body.replace("<hr>", "")).elements)
            assert deepest < 60
    assert len(visible_text(seen(text))) > len(visible_text(text)) - 100


def visible_text(text: str) -> str:
    """Return a text without whitespace."""
    return "".join(text.split())
