"""``ikas-explore``: the library's verbs in a terminal, a thin command each."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ikas_explore import __version__
from ikas_explore.cli.output import print_error
from ikas_explore.cli.stdout import printing
from ikas_explore.errors import IkasError
from ikas_explore.text.printable import printable
from ikas_explore.values.names import did_you_mean

#: Each command's module and function, loaded when it is asked for: most take longer to load,
#: and all to be read for their options, than the one that is run has to wait for.
_COMMANDS = {
    "list": "webhooks:list_",
    "save": "webhooks:save",
    "delete": "webhooks:delete",
    "audit": "auditing:audit",
    "plan": "planning:plan",
    "apply": "planning:apply",
    "undo": "planning:undo",
    "diff": "planning:diff",
    "sandbox": "sandbox:sandbox",
    "emit": "sandbox:emit",
    "deliveries": "sandbox:deliveries",
    "receive": "delivering:receive",
    "push": "delivering:push",
    "check-notebooks": "notebooks:check",
    "lab": "lab:lab",
}


class _Commands(TyperGroup):
    """Tells our errors in a line on stderr and ends with 1, in place of a traceback."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with printing():  # --version and --help
            return super().make_context(*args, **kwargs)

    def list_commands(self, ctx: Any) -> list[str]:
        return [*_COMMANDS]

    def get_command(self, ctx: Any, name: str) -> Any:
        return _command(name) if name in _COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # click before 8.2 takes a word that begins with no letter for an option, and shows help.
        if args and args[0] not in _COMMANDS:
            ctx.fail(f"There is no command {args[0]!r}.{did_you_mean(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with printing(ctx):
            try:
                return super().invoke(ctx)
            except IkasError as error:
                print_error(type(error).__name__, str(error))
                raise typer.Exit(1) from None
            except _UsageError as error:
                error.message = printable(error.message)  # it holds what was typed
                raise


class _TwoIsNoMistake(TyperCommand):
    """Ends with 1 when it was called wrongly: 2 says that there are changes."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except _UsageError as error:
            error.exit_code = 1
            raise


def _command(name: str) -> Any:
    module, _, function = _COMMANDS[name].partition(":")
    settings: dict[str, Any] = {}
    if name in ("plan", "diff"):
        settings["cls"] = _TwoIsNoMistake
    if name == "lab":
        settings["context_settings"] = {"allow_extra_args": True, "ignore_unknown_options": True}
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    run = getattr(import_module(f"ikas_explore.cli.{module}"), function)
    alone.command(name, **settings)(run)
    return get_command(alone)


#: click's, wherever typer keeps it.
_UsageError: Any = typer.BadParameter.__base__


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Tracebacks with local variables could show a secret.
    pretty_exceptions_enable=False,
    help="The webhooks of an ikas store, and an ikas sandbox on this machine. Where the store "
    "is and how to log in is read from IKAS_STORE, IKAS_ACCESS_TOKEN, IKAS_REFRESH_TOKEN, "
    "IKAS_CLIENT_ID, IKAS_CLIENT_SECRET, IKAS_BASE_URL and IKAS_API_VERSION, or from a .env file.",
)


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None: ...
