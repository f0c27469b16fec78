"""The file of a journal: JSON lines that only their owner can read, whole or not there.

``{"write": an Entry}`` is a write, ``{"taken": its id}`` says that it was taken back. Several
processes may share a file: each change of it is one transaction under a lock of the system. An
entry is flushed to the disk before its write is sent; a last line torn by a crash is dropped, as
its write was never sent. What was taken back is removed, and only the end of the file is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.system.files import is_trap, ordinary, reason_of, replacing, user_path
from ikas_explore.system.locks import locked

#: Bytes of what was taken back that are read over before the file is rewritten without them.
_MOST_TAKEN = 1 << 16
_BLOCK = 1 << 16
#: Bytes that a line of a journal has at most.
_LONGEST = 1 << 20
_TAKEN, _WRITE = b'{"taken":"', b'{"write":{"id":"'


class Entry(NamedTuple):
    """One write: a save of one endpoint, or a delete.

    `before` and `after` lead from scope to endpoint, None where nothing is registered. The writes
    of one `Plan.apply` share `apply` and are numbered by `part`; a single write has an empty
    `apply`. `base_url` keeps a sandbox's writes from being undone at ikas. `sales_channels` is
    whether the write named some; ikas does not return those it replaced.
    """

    id: str
    written_at: str
    base_url: str
    store: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    sales_channels: bool = False
    apply: str = ""
    part: int = 0


_KINDS = {name: type(value) for name, value in Entry("", "", "", "", {}, {})._asdict().items()}
#: What versions before 0.2 do not know.
_NEW = ("apply", "part")
_REQUIRED = _KINDS.keys() - {*_NEW}


class JournalFile:
    """A journal on disk; every method raises StorageError when it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._given = path

    @property
    def _path(self) -> Path:
        try:
            return user_path(self._given)
        except InvalidArgumentError as error:
            failure = StorageError(f"The journal cannot be used: {error} Or set IKAS_JOURNAL.")
        raise failure

    def append(self, entry: Entry) -> None:
        """Add a write that is about to be sent."""
        # Without what older versions do not know, where it says nothing.
        known = {
            name: value for name, value in entry._asdict().items() if value or name not in _NEW
        }
        with self._change("Nothing was sent; make room or give another path.") as file:
            _append(file, {"write": known})

    def take(self, ids: Collection[str]) -> None:
        """Remove writes that were taken back: the last lines are cut off, others are marked."""
        left = set(ids)
        with self._change(
            "The write that was taken back stays in it: make room and undo again, which sends "
            "nothing that is not needed."
        ) as file:
            for start, line in _lines_backwards(file):
                record = _parsed(line)
                if not record or "taken" in record or record["write"]["id"] not in left:
                    break
                file.truncate(start)
                os.fsync(file.fileno())
                left.discard(record["write"]["id"])
            for each in sorted(left):
                _append(file, {"taken": each})

    def backwards(self) -> Iterator[Entry]:
        """Yield the writes that were not taken back, the newest first, reading as it goes."""
        seen: set[str] = set()
        tidied = False
        while True:
            taken: set[str] = set()
            skipped = 0
            for line, record in self._records_backwards():
                if "taken" in record:
                    taken.add(record["taken"])
                    skipped += len(line)
                elif record["write"]["id"] in taken:
                    skipped += len(line)
                elif record["write"]["id"] not in seen:
                    seen.add(record["write"]["id"])
                    yield Entry(**record["write"])
                if skipped > _MOST_TAKEN and not tidied:
                    break
            else:
                return
            tidied = True
            self._tidy()

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Let nobody else take writes back until the end; waits for those who do."""
        path = self._path.with_name(f"{self._path.name}.undo")
        with ExitStack() as held:
            with self._translated("Nothing was sent."):
                held.enter_context(locked(path))
            try:
                yield
            finally:
                with suppress(OSError):  # an empty file that stays does no harm
                    path.unlink()

    def _tidy(self) -> None:
        """Rewrite the file without what was taken back; a file that is read-only stays as it is."""
        places: dict[bytes, tuple[int, int]] = {}
        path = Path(os.path.realpath(self._path))
        with suppress(OSError), locked(path), path.open("rb") as file:
            end = 0
            for line in file:  # many, so that each is looked at no closer than needed
                start, end = end, end + len(line)
                if line.startswith(_TAKEN) and line.endswith(b'"}\n') and b"\\" not in line:
                    places.pop(line[len(_TAKEN) : -3], None)
                elif line.startswith(_WRITE) and line.endswith(b"}\n"):
                    places[line[len(_WRITE) : line.find(b'"', len(_WRITE))]] = (start, end)
                else:
                    return  # by another hand, or torn
            with replacing(path, 0o600) as part, part.open("wb") as rewritten:
                for start, end in places.values():
                    file.seek(start)
                    rewritten.write(file.read(end - start))
                rewritten.flush()
                os.fsync(rewritten.fileno())

    def _records_backwards(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        try:
            self._refuse_trap()
            file = ordinary(self._path).open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unreadable(error) from error
        with file:
            try:
                for start, line in _lines_backwards(file):
                    record = _parsed(line)
                    if record is None and line.endswith(b"\n"):
                        file.seek(0)
                        number = file.read(start).count(b"\n") + 1
                        raise StorageError(
                            f"Line {number} of {str(self._path)!r} is no entry of a journal. Move "
                            "the file away to begin a new one."
                        )
                    if record is not None:
                        yield line, record
            except OSError as error:
                raise self._unreadable(error) from error

    @contextmanager
    def _change(self, failed: str) -> Iterator[IO[bytes]]:
        """Open the file for one change that happens as a whole or not at all."""
        with self._translated(failed):
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            self._refuse_trap()
            with (
                locked(ordinary(self._path)) as handle,
                os.fdopen(handle, "r+b", buffering=0, closefd=False) as file,
            ):
                if not _is_journal(file.read(_LONGEST)):
                    raise OSError("it holds something else, which is left as it is")
                os.chmod(self._path, 0o600)  # one that was there before may be wider
                yield file

    @contextmanager
    def _translated(self, failed: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"The journal {str(self._path)!r} cannot be written: {error}. {failed}"
            ) from error

    def _unreadable(self, error: OSError) -> StorageError:
        return StorageError(f"The journal {str(self._path)!r} cannot be read: {reason_of(error)}.")

    def _refuse_trap(self) -> None:
        if is_trap(self._path):
            raise OSError("it belongs to another user and lies where everybody may write")


def _append(file: IO[bytes], record: Mapping[str, Any]) -> None:
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    end = file.seek(0, os.SEEK_END)
    start, last = next(_lines_backwards(file), (0, b"\n"))
    if not last.endswith(b"\n"):
        if _parsed(last):  # whole, except for its line end: an editor's work
            line = b"\n" + line
        else:
            end = start
    try:
        file.truncate(end)
        file.seek(end)
        while line:  # unbuffered: a short write is followed by one that says why
            line = line[file.write(line) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)  # a full disk must not leave half an entry
        raise


def _lines_backwards(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the place where it starts, the last one first."""
    place = file.seek(0, os.SEEK_END)
    rest = b""
    while place:
        size = min(_BLOCK, place)
        place -= size
        file.seek(place)
        rest = file.read(size) + rest
        start = place + len(rest)
        if len(rest) > _LONGEST:
            raise OSError("a line of it is too long for a journal")
        first, *lines = rest.split(b"\n")
        ending = b""  # the last one has none yet
        for line in reversed(lines):
            start -= len(line + ending)
            if line + ending:
                yield start, line + ending
            ending = b"\n"
        rest = first + ending
    if rest:
        yield 0, rest


def _is_journal(start: bytes) -> bool:
    """Return whether a file is empty or begins as a journal does, even if the entry is torn."""
    first, line_end, _ = start.partition(b"\n")
    if not start or _parsed(first) is not None:
        return True
    torn = not line_end and not _is_json(first) and len(first) > 2
    return torn and any(
        first[: len(each)] == each[: len(first)] for each in (b'{"write":', b'{"taken":')
    )


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line; None for anything else."""
    try:
        record = json.loads(line)
        if b"\\u" in line:
            json.dumps(record, ensure_ascii=False).encode()  # half a surrogate cannot be sent
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if "taken" in record:
        return record if isinstance(record["taken"], str) else None
    return record if _is_entry(record.get("write")) else None


def _is_entry(write: Any) -> bool:
    if not isinstance(write, dict) or not _REQUIRED <= write.keys() <= _KINDS.keys():
        return False
    return all(type(write[name]) is _KINDS[name] for name in write) and all(
        endpoint is None or isinstance(endpoint, str)
        for name in ("before", "after")
        for endpoint in write[name].values()
    )
