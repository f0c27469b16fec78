"""The types of a store's own schema: asked for once, made by sgqlc, and kept on disk.

ikas' whole schema has hundreds of types, and what is in it depends on the version and the day.
It is fetched when a name is asked for that the shipped types do not have. The folder of the
cache is the platform's, or ``IKAS_CACHE``; one module for each schema, by its hash, and one
small file for each base URL and version that says which one it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ikas_explore.errors import InvalidArgumentError, ResponseError, StorageError, TransportError
from ikas_explore.system.files import is_trap, ordinary, replacing, user_path
from ikas_explore.system.garbage import no_collection
from ikas_explore.text.printable import printable
from ikas_explore.values.urls import is_loopback, read_url

#: Seconds a schema is used without asking again: a week; a day for one on this machine, whose
#: port another sandbox may have by then.
FRESH, FRESH_HERE = 7 * 86_400.0, 86_400.0

_DAMAGED = (OSError, ValueError, TypeError, KeyError, RecursionError)

Ask = Callable[[Callable[[dict[str, Any]], ModuleType]], ModuleType]


class Origin(NamedTuple):
    """Whose schema it is: a base URL and an API version."""

    base_url: str
    api_version: str


_loaded: dict[Origin, ModuleType] = {}
_asked: set[tuple[str, ...]] = set()
# Stores of a fleet ask at once: one look is enough, and a module that is being made is half there.
_making = threading.RLock()


def _renew_lock() -> None:
    global _making
    _making = threading.RLock()


if hasattr(os, "register_at_fork"):
    # A thread that asks ikas holds it for long, and would never give it back in a forked child.
    os.register_at_fork(after_in_child=_renew_lock)


def schema_types(origin: Origin, ask: Ask, *, refresh: bool = False) -> ModuleType:
    """Return the module of types of a store's schema.

    `ask` gives the introspection answer to a function, and returns what it makes of it. The answer
    may echo a token, so it is in no frame that a traceback of ours shows.
    """
    with _making:
        if not refresh and origin in _loaded:
            return _loaded[origin]
        folder = _folder()
        known, fresh = _read_known(folder, origin)
        module = _import(known) if fresh and not refresh else None
        if module is None:
            _asked.add(origin)
            try:
                module = ask(partial(_make, folder, origin))
            except TransportError:
                # Away from the network what was known before is better than nothing.
                module = None if refresh else _import(known)
                if module is None:
                    raise
        _loaded[origin] = module
        return module


def question() -> str:
    from graphql import get_introspection_query  # only needed when a schema is asked for

    return get_introspection_query()


def worth_a_look(origin: Origin, *, refused: bool = False) -> bool:
    """Return whether this process has not asked for the schema yet; from now on it has.

    What was `refused` is worth a look of its own: the schema may be older than the process.
    """
    key = (*origin, "refused") if refused else origin
    new = key not in _asked
    _asked.add(key)
    return new


def _lasts(origin: Origin) -> float:
    return FRESH_HERE if is_loopback(read_url(origin.base_url).host) else FRESH


def _make(folder: Path | None, origin: Origin, introspection: dict[str, Any]) -> ModuleType:
    from ikas_explore.schema.regenerate import types_of  # seldom: what is made is kept

    source = f"{origin.base_url} ({origin.api_version})"
    text = json.dumps(introspection, sort_keys=True, separators=(",", ":"))
    name = f"ikas_schema_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    path = None if folder is None else folder / f"{name}.py"
    module = _import(path) if path is not None else None
    if module is None:
        try:
            types = types_of(introspection, name=name, source=source)
            content = types.encode()
            if path is not None and _write(path, _seal(content) + b"\n" + content):
                module = _import(path)
            if module is None:  # nowhere to keep it, or it cannot be imported: then say why
                module = ModuleType(name)
                sys.modules[name] = module
                exec(compile(types, f"<schema of {source}>", "exec"), vars(module))  # noqa: S102 - types_of lets declarations through and nothing else
        except BaseException as error:
            sys.modules.pop(name, None)
            if not isinstance(error, Exception):  # else what Python meets in a stranger's schema
                raise
            if path is not None:
                path.unlink(missing_ok=True)
            raise ResponseError(
                f"{source} answered with a schema that cannot be used: {printable(str(error))}"
            ) from None
    if path is not None:
        known = {"base_url": origin.base_url, "version": origin.api_version, "module": path.name}
        if _write(_index(path.parent, origin), json.dumps(known).encode()):
            _tidy(path.parent)
    return module


def _folder() -> Path | None:
    """Return the folder of the cache, made if it is not there; None where there can be none."""
    named = os.environ.get("IKAS_CACHE")
    try:
        folder = user_path(named) if named else _platform_folder() / "ikas-explore"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = not is_trap(folder) and os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError, InvalidArgumentError) as error:
        if named:
            raise StorageError(
                f"IKAS_CACHE names a folder that cannot be used: {printable(str(error))}. "
                "Name another one, or unset it."
            ) from None
        return None
    return folder if usable else None


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _index(folder: Path, origin: Origin) -> Path:
    name = hashlib.sha256("\n".join(origin).encode()).hexdigest()[:20]
    return folder / f"origin_{name}.json"


def _read_known(folder: Path | None, origin: Origin) -> tuple[Path | None, bool]:
    """Return the module that the cache has for a store, and whether it is fresh."""
    if folder is None:
        return None, False
    index = _index(folder, origin)
    try:
        path = folder / Path(str(json.loads(ordinary(index).read_text("utf-8"))["module"])).name
        return path, time.time() - index.stat().st_mtime < _lasts(origin)
    except _DAMAGED:  # or not there: asked for again
        return None, False


@no_collection()  # a large schema is hundreds of thousands of objects, and all stay
def _import(path: Path | None) -> ModuleType | None:
    """Import a module of the cache; None for one that is not there, damaged, or another user's."""
    if path is None or not path.is_file() or is_trap(path):
        return None
    if path.stem in sys.modules:
        return sys.modules[path.stem]
    try:
        seal, _, types = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if seal != _seal(types):
        return None
    spec = util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        return None
    module = util.module_from_spec(spec)
    sys.modules[path.stem] = module  # sgqlc looks its types' module up
    whole = False
    try:
        spec.loader.exec_module(module)
        whole = True
    except Exception:  # another version of sgqlc may not take it: it is made again
        return None
    finally:
        if not whole:  # nor after Ctrl-C
            del sys.modules[path.stem]
    return module


def _seal(types: bytes) -> bytes:
    """Return the first line of a module, which tells that what follows is all of it."""
    return b"# " + hashlib.sha256(types).hexdigest().encode()


def _write(path: Path, content: bytes) -> bool:
    try:
        with replacing(path, 0o600) as part:
            part.write_bytes(content)
    except OSError:  # a full disk: the types are used without being kept
        return False
    return True


def _tidy(folder: Path) -> None:
    """Remove what is too old for this machine's sandboxes, and modules that nothing names."""
    named = set()
    for index in folder.glob("origin_*.json"):
        try:
            known = json.loads(ordinary(index).read_text("utf-8"))
            origin = Origin(str(known["base_url"]), str(known["version"]))
            old = time.time() - index.stat().st_mtime > FRESH_HERE
            if old and _lasts(origin) == FRESH_HERE:
                index.unlink(missing_ok=True)
            else:
                named.add(str(known["module"]))
        except (*_DAMAGED, InvalidArgumentError):
            index.unlink(missing_ok=True)
    for module in folder.glob("ikas_schema_*.py"):
        if module.name not in named and time.time() - module.stat().st_mtime > FRESH_HERE:
            module.unlink(missing_ok=True)
