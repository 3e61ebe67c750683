"""A connection to a real Dify, made in the form, against the stub."""

from __future__ import annotations

import pytest

from boomerang.invoker.connection_kind import blank_settings
from boomerang.kinds import KINDS
from boomerang.workbench.stub_dify.checks import Workspace
from boomerang.workbench.stub_dify.profiles import PROFILES
from boomerang.workbench.stub_dify.server import StubDify
from tests.invoker.backends.dify.captures import KEY, TENANT
from tests.pages.connections.opened_page import form_key, with_form
from tests.pages.visitor import Visitor
from tests.workbench.stub_dify.scripted_model import scripted_model

pytestmark = pytest.mark.usefixtures("anna")


def form() -> Visitor:
    """Return a visitor with a new form for a Dify."""
    kind = KINDS["dify"]
    return with_form(blank_settings(kind, kind.presets()["dify"]))


def fill(page: Visitor, **values: str) -> None:
    for name, value in values.items():
        page.at.text_input(key=form_key(page, name)).set_value(value)


def test_three_fields_make_a_connection() -> None:
    with StubDify(scripted_model(), Workspace(KEY, TENANT), PROFILES["newest"]) as stub:
        page = form()
        fill(page, base_url=stub.base_url, inner_api_key=KEY, tenant_id=TENANT)
        page.at.button(key=form_key(page, "save")).click()
        assert "saved and selected" in page.look().seen
        assert not page.at.exception


def test_a_tenant_that_is_no_uuid_is_refused_at_its_field() -> None:
    page = form()
    fill(page, base_url="http://localhost:5001", inner_api_key=KEY, tenant_id="xyz")
    page.at.button(key=form_key(page, "save")).click()
    seen = page.look().seen
    assert "must be a UUID" in seen and "saved" not in seen
