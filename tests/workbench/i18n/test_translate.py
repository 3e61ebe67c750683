"""Test translations: every text has one, with the same placeholders, and each visitor has their own language."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import threading
from pathlib import Path

import babel
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from boomerang.workbench.i18n import translate
from boomerang.workbench.samples import inputs
from scripts.translations import compiled, translations

ROOT = Path(__file__).resolve().parents[3]
OTHERS = [code for code in translate.LANGUAGES if code != translate.ENGLISH]


def pairs(code: str) -> list[tuple[str, str]]:
    """Return each English text with its translation, and each form of texts that depend on a number."""
    with (translate.FOLDER / code / "LC_MESSAGES" / f"{translate.DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    result = []
    for message in catalogue:
        if isinstance(message.id, tuple):
            result += [(message.id[-1], form) for form in message.string]
        elif message.id:
            result.append((message.id, str(message.string)))
    return result


def places(text: str) -> set[str]:
    """Return the placeholder names of a text."""
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_text_is_translated_and_every_catalogue_compiled() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "translations.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_compiled_catalogue_is_compared_by_its_texts_and_not_by_the_version_of_babel() -> None:
    def data(stop: str) -> bytes:
        catalogue = Catalog(locale="zh_Hans")
        catalogue.add("Stop", stop)
        catalogue.add(("{count} row", "{count} rows"), ("{count} 行",))
        return compiled(catalogue)

    ours = data("停止")
    by_another_babel = ours.replace(babel.__version__.encode(), b"9" * len(babel.__version__))
    assert by_another_babel != ours and translations(by_another_babel) == translations(ours)
    assert translations(data("停")) != translations(ours)


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_same_places_code_and_icons(code: str) -> None:
    wrong = []
    for english, translated in pairs(code):
        kept = [places, lambda text: set(re.findall(r"`[^`]+`", text)), lambda text: set(re.findall(r":material/\w+:", text))]
        if any(part(english) != part(translated) for part in kept):
            wrong.append((english, translated))
    assert not wrong


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_left_in_english(code: str) -> None:
    left = [
        english for english, translated in pairs(code) if english == translated and re.search(r"[a-z]{4,} [a-z]{3,}", english)
    ]
    assert not left, "\n".join(["not translated: translate these in the .po file and run scripts/translations.py", *left])


def test_a_language_is_that_of_a_script_run_and_not_of_the_process() -> None:
    received: list[str] = []

    def chinese() -> None:
        translate.use("zh_Hans")
        received.append(translate._("Stop"))

    thread = threading.Thread(target=chinese)
    thread.start()
    thread.join()
    assert received == ["停止"] and translate._("Stop") == "Stop"


@pytest.mark.parametrize(
    ("locale", "code"),
    [("zh-CN", "zh_Hans"), ("zh", "zh_Hans"), ("zh-TW", "zh_Hans"), ("en-GB", "en"), ("fr", "en"), ("", "en"), (None, "en")],
)
def test_a_browser_is_answered_in_its_language_where_we_have_it(locale: str | None, code: str) -> None:
    assert translate.spoken_by(locale) == code


def test_an_empty_text_stays_empty() -> None:
    translate.use("zh_Hans")
    try:
        assert translate._("") == ""  # not the catalogue's header, which gettext stores there
    finally:
        translate.use("en")


def test_every_label_of_a_sample_can_be_translated() -> None:
    chips = [inputs.STRUCTURED, inputs.SUMMARIES, inputs.EMBEDDINGS, inputs.RERANKS, inputs.SPEECHES, inputs.MODERATIONS]
    labels = {label for some in chips for label in some} | {clip.label for clip in inputs.RECORDINGS}
    for code in OTHERS:
        assert labels <= {english for english, _translated in pairs(code)}


def test_a_text_inside_an_f_string_is_found() -> None:
    source = 'f"**{_(\'Facts\')}**", N_("Done"), ngettext("{count} row", "{count} rows", n), _(name)'
    program = "import sys; sys.path.insert(0, 'scripts'); import translations; print(list(translations.texts_of(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", program, source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout)) == {"Facts", "Done", ("{count} row", "{count} rows")}


def test_a_language_that_there_is_not_is_english() -> None:
    translate.use("tlh")
    assert translate.language() == "en" and translate._("Run") == "Run"


ALWAYS_MANY = {
    "{value} texts/s",
    "{value} documents/s",
    "{value} characters/s",
    "{vectors} × {dimensions} dimensions",
    "First {most} of {count} messages; the record has all of them.",
    "First {most} of {count} messages; the JSON has all of them.",
    "First {most} of {count} chunks. See Chunks for all of them.",
    "{number} texts of {count:,} characters in total",
    "First {drawn} of {size} characters; the record and the downloads have all of them.",
    "Only the first {count:,} characters of each are compared.",
    "First {count:,} characters; the record and the downloads have all of them.",
    "First {count:,} lines; the record and the downloads have all of them.",
    "Showing the first {count:,} parts.",
    "First {count} of {all} documents.",
    "First {count} of {all} texts.",
    "First {count} of {all} vectors; the files have all of them.",
    "First {count} of {all} voices.",
    "First {most} of {count} fragments; the download has all of them.",
    "The file has {size:,} bytes; the limit is {most:,}.",
    "({count} characters, sha256 {digest}…)",
    "({count} items)",
    "({count} numbers, sha256 {digest}…)",
    "CSV, TSV, TXT, JSONL or JSON as UTF-8 or UTF-16, up to {rows:,} rows and {size} MB",
    "Converted to MP3: {before:,} bytes became {after:,}.",
    "Estimated without the model's tokenizer; may be off by about 10% near {size:,} tokens.",
    "use at most {count} characters",
    "use at most {count:,} texts",
    "longest ≈ {longest:,} of {size:,} tokens",
    "nested more than {most} levels deep",
    "{bytes:,} bytes, {wire:,} on the wire (hex doubles the size)",
    "{count:,} of {least:,} characters",
    "{count} channels",
    "{count} files were joined; some players stop after the first.",
    "{count} files were joined. The first header declares {first} of {all}, and some players stop there.",
    "{model} reads at most {size:,} tokens per text. The end of row {rows} will probably be cut.",
    "{name}: the limit is {most} files",
    "Too many cells for one table ({rows:,} rows, {columns:,} column names). Use the same names in all rows.",
    "more than {count} matches",
}
"""Texts whose number is a constant of ours, a size, or known to be more than one."""


def test_a_text_with_a_count_has_a_form_for_one() -> None:
    counted = re.compile(r"\{(?!model|name|names|path)\w+(?::,)?\} [a-z]{3,}s\b")
    folders = (ROOT / "src" / "boomerang", ROOT / "pages")
    result = set()
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_"):
                text = getattr(node.args[0], "value", None)
                if isinstance(text, str) and counted.search(text):
                    result.add(text)
    assert result - ALWAYS_MANY == set()
