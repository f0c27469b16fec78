"""The table of audit rules in README.md: ``python -m tests.auditing.rules_page``."""

from __future__ import annotations

from ikas_explore.auditing.audit import rule_table


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| rule | severity | what it finds | what to do |", "| --- | --- | --- | --- |"]
    for row in rule_table():
        cells = (f"`{row['name']}`", row["severity"], row["what"], row["remedy"])
        lines.append(f"| {' | '.join(cells).replace('``', '`')} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
