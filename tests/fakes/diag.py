"""The object that `splunk diag` hands to an app's extension, as Splunk's developer guide describes it.

Rules (dev.splunk.com, "Add app data to diag", which app.conf.spec names as SP-CAAAE8H): `add_string(text, path)`,
`add_file(file, path)`, `add_dir(folder, path)`, and `add_rest_endpoint(endpoint, path)`, the last one only after the
callback of `setup` was called. What is added lies below `app_ext/<app>/`. More than `data_limit` is refused, which is
harder than the "soft ceiling" of app.conf.spec. Paths must stay below that folder.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

_UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}


class Diag:
    """Keeps what is added, by its path in the archive."""

    def __init__(self, app: str, data_limit: str) -> None:
        number = data_limit.rstrip("bkmgBKMG")
        self._left = int(number) * _UNITS[data_limit[len(number) :].lower() or "b"]
        self._prefix = PurePosixPath("diag-standin01", "app_ext", app)
        self.files: dict[str, bytes] = {}

    def add_string(self, a_string: str, diag_path: str) -> None:
        """One text as one file."""
        if not isinstance(a_string, str):
            raise TypeError("not a string")
        self._add(a_string.encode(), diag_path)

    def add_file(self, filesystem_path: str, diag_path: str) -> None:
        """One file."""
        self._add(Path(filesystem_path).read_bytes(), diag_path)

    def add_dir(self, filesystem_path: str, diag_path: str) -> None:
        """A folder, with all that is below it."""
        for path in sorted(Path(filesystem_path).rglob("*")):
            if path.is_file():
                self.add_file(str(path), f"{diag_path}/{path.relative_to(filesystem_path)}")

    def add_rest_endpoint(self, endpoint: str, diag_path: str) -> None:
        """Nobody has asked for a login, so there is none."""
        raise RuntimeError("setup() has not called callback.will_need_rest()")

    def _add(self, data: bytes, diag_path: str) -> None:
        path = PurePosixPath(diag_path)
        if path.is_absolute() or ".." in path.parts or str(self._prefix / path) in self.files:
            raise ValueError(f"{diag_path} is no place of its own in the diag")
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("more than data_limit")
        self.files[str(self._prefix / path)] = data
