"""The widgets of a form go when its cell is run again, or when nothing holds the form any more."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from ipywidgets import DOMWidget
from ipywidgets.widgets import widget as widget_module
from jupyter_client.manager import start_new_kernel

from ikas_explore.forms.form import Form
from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
from tests.manage.registries import DictRegistry

CREATED, ORDER = "store/customer/created", "store/order/created"
OLD = "https://mailchimp-dev.ikasapps.com/api/webhook/ikas"


def alive() -> int:
    """Widgets without the layouts and styles, which all forms share."""
    gc.collect()
    return sum(isinstance(each, DOMWidget) for each in widget_module._instances.values())


def test_closing_frees_the_widgets() -> None:
    before = alive()
    form = Manager(DictRegistry(), language="en")
    assert alive() > before
    form.close()
    assert alive() == before


@pytest.mark.parametrize("kind", [Manager, SaveForm, DeleteForm])
def test_a_form_that_nothing_holds_frees_its_widgets(kind: type[Any]) -> None:
    """All of them: lines a filter hides or that are gone, controls that are out of sight."""
    before = alive()
    form: Form = kind(DictRegistry({CREATED: OLD, ORDER: OLD}), language="en")
    if kind is not SaveForm:
        form.fill(scopes=[ORDER], confirm=True)
        form.click("delete")
    if kind is Manager:
        form.fill(filter="nothing says this", scopes=[CREATED])
    assert alive() > before
    del form
    assert alive() == before


def test_without_ipython_only_the_form_shown_last_stays() -> None:
    """A page may show it although nothing holds it; the one before is not on the page any more."""
    store = DictRegistry(name="shown outside IPython")
    form = Manager(store, language="en")
    form._repr_mimebundle_()
    one = alive()
    for _ in range(4):
        form = Manager(store, language="en")
        form._repr_mimebundle_()
    assert alive() == one
    form.close()


def test_a_closed_form_is_shown_as_a_table() -> None:
    form = Manager(DictRegistry({CREATED: OLD}), language="en")
    form.close()
    form.close()
    assert form._repr_mimebundle_().keys() == {"text/plain", "text/html"}
    assert form.frame["state"].value_counts()["registered"] == 1


class Kernel:
    """A real kernel that is sent cells as a page sends them, with their ids."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str, cell: str | None = None) -> str:
        """Run a cell to its end; return what it printed."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        metadata = {} if cell is None else {"cellId": cell}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        printed = []
        while True:
            told = self._client.get_iopub_msg(timeout=60)
            if told["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if told["msg_type"] == "error":
                raise AssertionError("\n".join(told["content"]["traceback"]))
            if told["msg_type"] == "stream":
                printed.append(told["content"]["text"])
            if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
                return "".join(printed).strip()

    def alive(self) -> int:
        return int(self.run("print(alive())"))


SETUP = """
from ipywidgets.widgets import widget as widget_module
from IPython.display import display
from ikas_explore.forms.manager import Manager
from tests.forms.test_cells import alive
from tests.manage.registries import DictRegistry
acme, moda = DictRegistry(name="acme"), DictRegistry(name="moda")
def manager(store=acme, language="en"):
    return Manager(store, language=language)
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Kernel]:
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        kernel = Kernel(client)
        kernel.run(SETUP)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(started: Kernel) -> Kernel:
    started.run("widget_module.Widget.close_all()")
    return started


@pytest.fixture
def one(kernel: Kernel) -> int:
    """How many widgets a manager has."""
    kernel.run("form = manager()", "counting")
    number = kernel.alive()
    assert number > 50
    kernel.run("del form", "counting")
    assert kernel.alive() == 0
    return number


@pytest.mark.parametrize("code", ["manager()", "form = manager()\nform", "display(manager())"])
def test_a_cell_that_is_run_again_closes_the_manager_it_showed(
    kernel: Kernel, one: int, code: str
) -> None:
    """IPython keeps each result, so that none of them goes otherwise."""
    instances = set()
    for _ in range(5):
        kernel.run(code, f"again {code}")
        assert kernel.alive() == one
        instances.add(kernel.run("print(len(widget_module._instances))"))
    assert len(instances) == 1, "layouts and styles are shared"


def test_a_live_table_that_a_cell_showed_before_stops_and_frees_its_widgets(
    kernel: Kernel,
) -> None:
    kernel.run("import ikas_explore as ikas\nsandbox, shown = ikas.Sandbox(), []")
    instances = set()
    for _ in range(3):
        kernel.run("shown.append(sandbox.live())\nshown[-1]", "live")
        instances.add(kernel.run("print(len(widget_module._instances))"))
    assert kernel.run("print([each.running for each in shown])") == "[False, False, True]"
    assert len(instances) == 1
    kernel.run("sandbox.close()")


def test_what_other_cells_and_other_stores_show_stays(kernel: Kernel, one: int) -> None:
    both = "display(manager(), manager(language='tr'), manager(moda))"
    for _ in range(2):
        kernel.run(both, "both")
        kernel.run("form = manager()\nform", "other")
        assert kernel.alive() == 4 * one
    kernel.run("form", "third")  # it is in two cells now
    kernel.run("manager()", "other")
    assert kernel.alive() == 5 * one
    kernel.run("manager()", "third")
    assert kernel.alive() == 5 * one
    kernel.run("1 + 1", "both")  # it shows no manager of these any more, but no other either
    assert kernel.alive() == 5 * one


def test_a_form_on_a_page_stays_although_nothing_holds_it(kernel: Kernel, one: int) -> None:
    kernel.run("for each in (acme, moda): display(manager(each))", "loop")
    assert kernel.alive() == 2 * one
    for _ in range(2):  # a page that gives its cells no ids: nothing can be known of them
        kernel.run("display(manager())")
    assert kernel.alive() == 4 * one


def test_a_form_that_is_not_shown_goes_when_nothing_holds_it(kernel: Kernel) -> None:
    kernel.run("form = manager()", "unshown")
    kernel.run("form = None", "unshown")
    assert kernel.alive() == 0
