"""``ikas-explore``, and the same as ``python -m ikas_explore``."""

import gc

from ikas_explore.cli import app


def main() -> None:
    """Run the command that ``sys.argv`` names."""
    try:
        app(prog_name="ikas-explore")
    finally:
        # All that is left goes with the process. As Python ends it would look through it again and
        # again for what refers to itself: a seventh of the time of ``ikas-explore list``.
        gc.freeze()


if __name__ == "__main__":
    main()
