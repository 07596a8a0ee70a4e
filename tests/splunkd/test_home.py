"""SPLUNK_HOME and the apps in it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests.splunkd.home import Home, unpack
from tests.splunkd.toy import write_app


def _pack(target: Path, members: dict[str, bytes], links: tuple[str, ...] = ()) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name in links:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
    return target


def test_a_package_is_unpacked_in_etc_apps(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")

    app = home.install(_pack(tmp_path / "x.tgz", {"TA_x/default/app.conf": b"[ui]\n", "TA_x/bin/x.py": b""}))

    assert app == "TA_x"
    assert (home.apps / "TA_x" / "default" / "app.conf").read_bytes() == b"[ui]\n"


def test_what_was_unpacked_once_for_many_homes_is_copied_with_its_bytecode_and_stays_as_it_is(tmp_path: Path) -> None:
    package = _pack(tmp_path / "x.tgz", {"TA_x/bin/x.py": b""})
    app = tmp_path / "x.unpacked" / unpack(package, tmp_path / "x.unpacked")
    (app / "bin" / "x.pyc").write_bytes(b"compiled")
    home = Home(tmp_path / "home")

    assert home.install(package) == home.install(package) == "TA_x"
    (home.apps / "TA_x" / "bin" / "x.py").write_bytes(b"changed")
    assert (home.apps / "TA_x" / "bin" / "x.pyc").read_bytes() == b"compiled"
    assert (app / "bin" / "x.py").read_bytes() == b""


def test_a_folder_is_an_app_under_the_id_it_says(tmp_path: Path) -> None:
    folder = write_app(tmp_path / "source")
    (folder / "tests").mkdir()
    (folder / "local").mkdir()
    (folder / ".git").mkdir()
    home = Home(tmp_path / "home")

    app = home.install(folder.rename(folder.with_name("checkout")))

    assert app == "TA_toy"
    assert {"bin", "default", "README"} == {path.name for path in (home.apps / app).iterdir()}


@pytest.mark.parametrize(
    ("members", "links"),
    [
        ({"TA_x/a": b"", "TA_y/b": b""}, ()),
        ({"TA_x/../../../b": b""}, ()),
        ({"TA_x/a": b""}, ("TA_x/link",)),
        ({"./TA_x/a": b""}, ()),
    ],
)
def test_a_package_that_is_not_one_app_is_refused(
    tmp_path: Path, members: dict[str, bytes], links: tuple[str, ...]
) -> None:
    home = Home(tmp_path / "home")

    with pytest.raises(ValueError, match=r"x\.tgz"):
        home.install(_pack(tmp_path / "x.tgz", members, links))

    assert list(home.apps.iterdir()) == []


def test_a_second_start_keeps_what_is_local_and_is_never_the_same_second(tmp_path: Path) -> None:
    package = _pack(tmp_path / "x.tgz", {"TA_x/default/app.conf": b""})
    first = Home(tmp_path / "home")
    first.install(package)
    (first.apps / "TA_x" / "local").mkdir()
    (first.checkpoint_dir("x") / "position").write_text("7")
    kept = (first.guid(), first.secret())
    started = first.start_time()

    second = Home(tmp_path / "home")
    second.install(package)

    assert (second.apps / "TA_x" / "local").exists()
    assert (second.checkpoint_dir("x") / "position").read_text() == "7"
    assert kept == (second.guid(), second.secret())
    assert started < second.start_time()
