"""``ikas-explore``: the library's verbs in a terminal, a thin command each."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from ikas_explore import __version__
from ikas_explore.cli.output import print_error, printing
from ikas_explore.errors import IkasError
from ikas_explore.text.printable import printable
from ikas_explore.values.names import did_you_mean

#: The commands by their modules of this folder, which are imported when a command is used.
_MODULES = {
    "webhooks": ("list", "save", "delete"),
    "audit": ("audit",),
    "plans": ("plan", "apply", "undo", "diff"),
    "query": ("query", "schema"),
    "monitoring": ("missed", "health", "budget"),
    "sandbox": ("sandbox", "emit", "deliveries"),
    "listen": ("listen",),
    "endpoints": ("receive", "push"),
    "notebooks": ("lab", "run-notebooks", "check-notebooks"),
}
COMMANDS = {name: module for module, names in _MODULES.items() for name in names}
#: 2 from these commands says that something differs, so a wrong call exits with 1.
_TWO_IS_A_RESULT = ("plan", "diff", "missed", "health", "schema", "budget")


_COMPLETION = """\b
To let Tab complete commands, options and scopes, add this line:
  ~/.bashrc  eval "$(_IKAS_EXPLORE_COMPLETE=bash_source ikas-explore)"
  ~/.zshrc   eval "$(_IKAS_EXPLORE_COMPLETE=zsh_source ikas-explore)"
  ~/.config/fish/config.fish
             _IKAS_EXPLORE_COMPLETE=fish_source ikas-explore | source
"""


class _Mistake(click.UsageError):
    exit_code = 1


class _Commands(click.Group):
    """Imports a command when it is used, and prints our errors as a line on stderr.

    What a command returns is its exit code; None is 0.
    """

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with printing():  # --version and --help
            return super().make_context(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"{__name__}.{COMMANDS[name]}")
        command: click.Command = getattr(module, f"{name.replace('-', '_')}_command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            ctx.fail(f"There is no command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with printing(ctx):
            try:
                code = super().invoke(ctx)
            except IkasError as error:
                said = "\n".join([str(error), *getattr(error, "__notes__", ())])
                print_error(type(error).__name__, said)
                raise click.exceptions.Exit(1) from None
            except click.UsageError as error:
                kind = _Mistake if ctx.invoked_subcommand in _TWO_IS_A_RESULT else click.UsageError
                # It holds what was typed.
                raise kind(printable(error.format_message()), error.ctx) from None
            except click.Abort:
                click.echo("Aborted.", err=True)
                raise click.exceptions.Exit(1) from None
            except KeyboardInterrupt:
                raise click.exceptions.Exit(130) from None
            raise click.exceptions.Exit(code or 0)


def _print_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        print(__version__)
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_COMPLETION,
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version.",
)  # fmt: skip
def app() -> None:
    """Work with the webhooks of an ikas store, or with an ikas sandbox on this machine.

    The variables IKAS_STORE, IKAS_ACCESS_TOKEN, IKAS_REFRESH_TOKEN, IKAS_CLIENT_ID,
    IKAS_CLIENT_SECRET, IKAS_BASE_URL and IKAS_API_VERSION say which store to use and how to log
    in. They are read from the environment or from a .env file.
    """
