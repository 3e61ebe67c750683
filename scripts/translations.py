"""Update the translation catalogues: extract the texts from the code, update each catalogue, compile it.

Run it after changing texts, translate the empty entries in the `.po` files, and run it again. With `--check` it changes
nothing, and reports and fails if anything is missing or stale.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from boomerang.invoker.messages.message import TEMPLATES
from boomerang.workbench.i18n.translate import DOMAIN, ENGLISH, FOLDER, LANGUAGES

ROOT = Path(__file__).resolve().parents[1]

SOURCES = ("src/boomerang", "pages")
WIDTH = 120
NEXT_CHECK = "Next: run scripts/translations.py, translate the empty entries in the .po file, and run it again."
NEXT_UPDATE = "Next: translate these entries in the .po file, and run scripts/translations.py again."


def main() -> None:
    """Update and compile the catalogues, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a catalogue is not complete and compiled")
    chosen = parser.parse_args()
    template = template_of_the_code()
    complaints: list[str] = []
    for code in LANGUAGES:
        if code != ENGLISH:
            complaints += check(template, code) if chosen.check else update(template, code)
    if complaints:
        complaints.append(NEXT_CHECK if chosen.check else NEXT_UPDATE)
    print("\n".join(complaints) or "Every text is translated, and every catalogue is compiled.")
    sys.exit(bool(complaints) and chosen.check)


def template_of_the_code() -> Catalog:
    """Return every text marked in the code, and every template of the library's messages."""
    template = Catalog(project="Boomerang", charset="utf-8", fuzzy=False)
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for text in texts_of(path.read_text(encoding="utf-8")):
                template.add(text)
    for text in TEMPLATES.values():
        template.add(text)
    return template


def texts_of(source: str) -> Iterator[str | tuple[str, str]]:
    """Yield the texts marked in a source; for plurals, both forms.

    Babel's own extractor reads tokens, and before Python 3.12 an f-string with a marked text inside is a single token.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_" | "N_"), args=[ast.Constant(value=str() as text)]):
                yield text
            case ast.Call(
                func=ast.Name(id="ngettext"), args=[ast.Constant(value=str() as one), ast.Constant(value=str() as many), _]
            ):
                yield one, many


def po_of(code: str) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(code: str) -> Catalog:
    """Read a language's catalogue; an empty one if there is none yet."""
    path = po_of(code)
    if not path.exists():
        return Catalog(locale=code, project="Boomerang", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(template: Catalog, code: str) -> list[str]:
    """Update a catalogue and compile it; return what is still untranslated."""
    catalogue = read(code)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    _head(catalogue)
    path = po_of(code)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, sort_output=True, omit_header=False, no_location=True)
    path.with_suffix(".mo").write_bytes(compiled(read(code)))
    return [f"{code}: not translated: {message.id}" for message in catalogue if message.id and not _done(message.string)]


def _head(catalogue: Catalog) -> None:
    """Fill in the header, where Babel would leave its own placeholders."""
    catalogue.header_comment = f"# The page's own words in {catalogue.locale_identifier}, kept by scripts/translations.py."
    catalogue.version, catalogue.msgid_bugs_address = "1", ""
    catalogue.last_translator = catalogue.language_team = "Boomerang"
    catalogue.revision_date = catalogue.creation_date


def check(template: Catalog, code: str) -> list[str]:
    """Return what is missing or superfluous in a catalogue, and whether its compiled form is stale."""
    catalogue = read(code)
    there = {message.id: message.string for message in catalogue if message.id}
    wanted = {message.id for message in template if message.id}
    complaints = [f"{code}: not in the catalogue: {text}" for text in wanted - set(there)]
    complaints += [f"{code}: no longer in the code: {text}" for text in set(there) - wanted]
    complaints += [f"{code}: not translated: {text}" for text, string in there.items() if not _done(string)]
    path = po_of(code).with_suffix(".mo")
    if not path.exists() or translations(path.read_bytes()) != translations(compiled(catalogue)):
        complaints.append(f"{code}: {path.name} is stale: run scripts/translations.py")
    return complaints


def translations(data: bytes) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return each text of a compiled catalogue with its translation; for plurals, all forms.

    The bytes are not compared, since they contain Babel's version.
    """
    return {(_forms(message.id), _forms(message.string)) for message in read_mo(BytesIO(data)) if message.id}


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def compiled(catalogue: Catalog) -> bytes:
    """Compile a catalogue to the format of `gettext`."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _done(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    main()
