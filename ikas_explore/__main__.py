"""``python -m ikas_explore``: the same as ``ikas-explore``."""

from ikas_explore.cli import app

app(prog_name="ikas-explore")
