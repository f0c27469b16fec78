"""For those who write notebooks and tests with this package.

`check_frame` holds a frame to what was recorded of it; the pytest plugin is in
`ikas_explore.testing.plugin`, the checks of ``ikas-explore check-notebooks`` in
`ikas_explore.testing.notebooks`.
"""

from ikas_explore.testing.recorded_frames import check_frame

__all__ = ["check_frame"]
