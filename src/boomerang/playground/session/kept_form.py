"""A page's form over a reload: what its URL cannot carry is kept on the server, under an id in the URL, for this browser only.

Each page that is opened has an id of its own, so that neither two tabs nor the copy of a tab share a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boomerang.workbench.store.kept_forms import KeptForm, KeptForms

from . import app_state, visitor
from .page_state import PageState
from .url_state import FORM, Address

FORMS = KeptForms()


@dataclass(slots=True)
class OpenForm:
    """A page's form: where it is kept, and where its values came from."""

    id: str = ""
    """Its id in the store; empty until something is kept."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Values that no field has taken yet."""
    files: dict[str, Any] = field(default_factory=dict)
    """Contents of file fields that no field has taken yet."""
    file_name: str = ""
    """Name of the form file that was opened; empty after a reload."""
    is_gone: bool = False
    """Whether the kept form that the URL named was no longer there."""
    dropped: tuple[str, ...] = ()
    """Fields that were too large to keep before the reload."""
    unused: list[str] = field(default_factory=list)
    """Fields of the form file that the page has not used."""
    optional: frozenset[str] = frozenset()
    """Fields of the form file that the page need not use, as it draws them only beside a result."""

    is_waiting: bool = False
    """Whether the values were set and the form has not been drawn since."""

    def load(self, fields: Mapping[str, Any], files: Mapping[str, Any]) -> None:
        """Set the values that the form takes when it is drawn next."""
        self.parameters, self.files, self.is_waiting = dict(fields), dict(files), True
        self.forget_origin()

    def forget_origin(self) -> None:
        """Forget where the values came from, and so the notice about it."""
        self.file_name, self.is_gone, self.dropped, self.unused, self.optional = "", False, (), [], frozenset()


def opened(page: str, state: PageState, query: Mapping[str, Any]) -> Address:
    """Return a page's address with the values to load.

    Args:
        page: Name of the page in the URL.
        state: The page's state.
        query: Query parameters when the page was opened; empty on later script runs.
    """
    form = state.kept(OpenForm)
    if query:
        _restore(form, query)
    form.is_waiting = False
    address = Address(page, {})
    # Shared, so that an interrupted script run leaves the rest of the values to the next one.
    address.parameters, address.stored_files = form.parameters, form.files
    address.is_incomplete = form.is_gone
    return address


def is_waiting(state: PageState) -> bool:
    """Return whether the page must be drawn to take new values into its form."""
    return state.kept(OpenForm).is_waiting


def publish(address: Address, state: PageState, *, is_complete: bool = True) -> None:
    """Keep what the URL cannot carry, and replace the URL; call it once the whole form is drawn.

    Args:
        address: The page's address.
        state: The page's state.
        is_complete: Whether all fields are there; some wait for a server's list of models. Meanwhile the URL stays as it is.
    """
    form = state.kept(OpenForm)
    if form.parameters and not is_complete:
        return
    if form.file_name:
        form.unused = sorted({*form.unused, *address.parameters, *address.refused, *address.stored_files} - form.optional)
    form.parameters, form.files = {}, {}
    fields = {name: address.values[name] for name in address.too_long()}
    files = {name: field.value for name, field in address.files.items()}
    if fields or files:
        form.id = form.id or FORMS.new_id()
        FORMS.keep(form.id, visitor.owner(), KeptForm(fields, files, visitor.visitor()))
        address.form_id = form.id
    elif form.id:
        FORMS.drop(form.id, visitor.owner())
    address.publish()


def _restore(form: OpenForm, query: Mapping[str, Any]) -> None:
    fields, form_id = dict(query), str(query.get(FORM, ""))
    fields.pop(FORM, None)
    kept = FORMS.open(form_id, visitor.owner()) if form_id else None
    form.load((kept.fields if kept else {}) | fields, kept.files if kept else {})
    form.is_gone = bool(form_id) and kept is None
    form.dropped = kept.dropped if kept else ()
    if kept is not None and kept.session != visitor.visitor() and not app_state.visitor_is_present(kept.session):
        FORMS.retire(form_id, visitor.owner())
