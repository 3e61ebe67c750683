"""Connections that somebody saved: one file in the data folder, in the clear but for the secrets, which are encrypted.

The key is `BOOMERANG_KEY`, or else the file `key` beside it, which only its owner may read; it is made on first use. Who copies
the connections without the key has no secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .settings import ConnectionSettings, settings_of

fcntl: Any
try:
    import fcntl
except ImportError:  # where there is none, one process has the folder to itself
    fcntl = None

DATA_VARIABLE = "BOOMERANG_DATA"
"""Environment variable that moves the data folder."""
KEY_VARIABLE = "BOOMERANG_KEY"
FILE, KEY_FILE = "connections.json", "key"
_VERSION = 1
_MAKE_ONE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Say where saved things are: `BOOMERANG_DATA`, else `boomerang` in the user's data folder."""
    if chosen := environment.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    data = environment.get("XDG_DATA_HOME")
    # The XDG Base Directory Specification says to ignore a relative path.
    root = Path(data) if data and Path(data).is_absolute() else Path.home() / ".local" / "share"
    return root / "boomerang"


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection that was saved."""

    settings: ConnectionSettings
    owner: str
    """Who saved it, hashed, and who alone may change it."""
    shared: bool = False
    """Whether everybody may use it."""
    problem: str = ""
    """Why it is there without its secrets."""


class Store:
    """The file of saved connections; safe under several threads, and processes that share the folder.

    Args:
        folder: Where it is; made when something is saved.
        environment: Where the key may be.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._lock = threading.Lock()

    def load(self) -> list[Saved]:
        """Read what was saved; nothing if there is no file. What cannot be decrypted comes without its secrets, and says why.

        Raises:
            ConfigError: The file cannot be read.
        """
        with self._lock:
            return [self._opened(item) for item in self._read()]

    def save(self, settings: ConnectionSettings, owner: str, *, shared: bool = False) -> None:
        """Save a connection, in place of one of the same name and owner.

        Args:
            settings: What to save; its secrets are encrypted.
            owner: Whose it is.
            shared: Whether everybody may use it.

        Raises:
            ConfigError: The folder or the key cannot be used.
        """
        secrets = settings.secrets()
        with self._alone():
            sealed = self._cipher(make=True).encrypt(json.dumps(secrets).encode()).decode() if secrets else ""
            item = {"owner": hashed(owner), "shared": shared, "connection": settings.public(), "secrets": sealed}
            items = [kept for kept in self._read() if not _is(kept, settings.name, owner)]
            self._write([*items, item])

    def remove(self, name: str, owner: str) -> None:
        """Forget a connection; one that is not there is forgotten already.

        Raises:
            ConfigError: The folder cannot be used.
        """
        with self._alone():
            items = self._read()
            kept = [item for item in items if not _is(item, name, owner)]
            if kept != items:
                self._write(kept)

    def _opened(self, item: Mapping[str, Any]) -> Saved:
        settings = settings_of(item["connection"], "connection")
        owner, shared, sealed = str(item["owner"]), bool(item.get("shared")), str(item.get("secrets") or "")
        if not sealed:
            return Saved(settings, owner, shared)
        from cryptography.fernet import InvalidToken

        try:
            secrets = json.loads(self._cipher(make=False).decrypt(sealed.encode()))
            return Saved(settings.with_secrets(secrets), owner, shared)
        except InvalidToken:
            problem = "its secrets were encrypted with another key; type them anew"
        except (ConfigError, ValueError) as error:
            problem = f"its secrets cannot be read: {error}"
        return Saved(settings, owner, shared, problem)

    def _cipher(self, *, make: bool) -> Any:
        from cryptography.fernet import Fernet  # only who saves secrets pays for loading it

        given = self._environment.get(KEY_VARIABLE, "").strip()
        try:
            return Fernet(given or self._key(make=make))
        except ValueError:
            where = KEY_VARIABLE if given else str(self._folder / KEY_FILE)
            raise ConfigError(f"{where} is no key; make one: {_MAKE_ONE}") from None

    def _key(self, *, make: bool) -> str:
        from cryptography.fernet import Fernet

        path = self._folder / KEY_FILE
        try:
            if make and not path.exists():
                _put(path, Fernet.generate_key().decode())
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise ConfigError(f"{path} can be read by others than its owner; make it private: chmod 600 {path}")
            return path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the key {path} cannot be used: {getattr(error, 'strerror', None) or error}") from error

    def _read(self) -> list[dict[str, Any]]:
        path = self._folder / FILE
        try:
            value = json.loads(path.read_text("utf-8"))
            items: list[dict[str, Any]] = value["connections"]
            for item in items:
                settings_of(item["connection"]), item["owner"]
            return items
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from error
        except (ConfigError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} is not what was saved there: {error}") from error

    def _write(self, items: list[dict[str, Any]]) -> None:
        path = self._folder / FILE
        try:
            _put(path, json.dumps({"version": _VERSION, "connections": items}, indent=2, ensure_ascii=False))
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep whoever else would change the folder waiting, another process too."""
        with self._lock:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                held = os.open(self._folder, os.O_RDONLY) if fcntl else None
            except OSError as error:
                raise ConfigError(f"the folder {self._folder} cannot be used: {error.strerror or error}") from error
            try:
                if held is not None:
                    with suppress(OSError):  # a file system without locks has one process, or takes its chance
                        fcntl.flock(held, fcntl.LOCK_EX)
                yield
            finally:
                if held is not None:
                    os.close(held)


def _put(path: Path, text: str) -> None:
    """Put a new file in the old one's place at once, so that there is always a whole one, and its owner's alone."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.chmod(fresh, 0o600)  # one that was left behind has whatever mode it had
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def hashed(owner: str) -> str:
    """Give what stands for an owner: who reads the file must not become them."""
    return hashlib.sha256(owner.encode()).hexdigest()


def _is(item: Mapping[str, Any], name: str, owner: str) -> bool:
    return bool(item["connection"].get("name") == name and item["owner"] == hashed(owner))
