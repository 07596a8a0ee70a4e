"""Where the rows of the machine are played: as an unprivileged user, on a disk of a megabyte, with a hosts file of its
own.

Rules: a place is the command that runs the stand-in, and what it starts, without a fork; all ends with it. Root plays
them as `nobody`, who keeps one capability: to read and search what root may, because the interpreter may lie in root's
home. Mounts are made in a mount namespace of the row's own.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

NOBODY = 65534
_READS = "-all,+dac_read_search"


def unprivileged(folder: Path) -> list[str]:
    """As nobody, where we are root; else as we are."""
    if user():
        folder.chmod(0o755)  # access(2), by which the input looks for its CA bundle, knows no capability
        (folder / "home").mkdir()
        os.chown(folder / "home", NOBODY, NOBODY)
    return user()


def user() -> list[str]:
    """What runs a command as the user of these rows."""
    if os.geteuid() != 0:
        return []
    capabilities = [f"--{kind}={_READS}" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *capabilities]


def on_a_small_disk(folder: Path) -> list[str]:
    """So, and what splunkd keeps for modular inputs lies on a tmpfs of 1 MiB."""
    as_user = unprivileged(folder)
    disk = disk_of(folder / "home")
    for path in [*reversed(list(disk.parents)[:3]), disk]:
        path.mkdir(parents=True, exist_ok=True)
        if as_user:
            os.chown(path, NOBODY, NOBODY)
    owner = f",uid={NOBODY}" if as_user else ""
    return [*_namespace(), f'mount -t tmpfs -o size=1m,mode=700{owner} none "$0" && exec "$@"', str(disk), *as_user]


def with_a_hosts_file(folder: Path) -> list[str]:
    """So, and names are looked up in a hosts file of the row's own, and in no DNS that answers."""
    as_user = unprivileged(folder)
    resolve(folder / "home")
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")
    mounts = f'mount --bind "$0" /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec "$@"'
    return [*_namespace(), mounts, str(folder / "hosts"), *as_user]


def disk_of(home: Path) -> Path:
    """Where the small disk is mounted."""
    return home / "var" / "lib" / "splunk" / "modinputs"


def resolve(home: Path, *names: str) -> None:
    """Let that hosts file know these names, besides localhost; the others are not found from now on."""
    # written over, not replaced: it is this very file that is mounted
    (home.parent / "hosts").write_text(" ".join(("127.0.0.1 localhost", *names)) + "\n")


def no_mounts() -> str:
    """Why no mount can be made here, empty where it can."""
    try:
        tried = subprocess.run(
            [*_namespace(), "mount -t tmpfs none /mnt"], capture_output=True, timeout=10, check=False
        )
    except OSError as error:
        return f"it needs a mount namespace: {error}"
    return "" if tried.returncode == 0 else f"it needs a mount namespace: {tried.stderr.decode().strip()}"


def _namespace() -> list[str]:
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *own_user, "--mount", "sh", "-c"]
