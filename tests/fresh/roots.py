"""A fresh machine: a minimal Debian in a folder, made by debootstrap and entered by chroot.

Rules: the root has python3, make and git, and nothing else of what we use. What this machine knows about its network
(resolver, pip's settings, certificates, apt's sources) is copied in; no host is named here. A root is made once for a
distribution and kept below build/fresh; each visit gets a copy of the checkout.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from tools import environments, program

HOLDS = ("python3", "make", "git", "ca-certificates")
_COPIED = ("etc/resolv.conf", "etc/pip.conf", "etc/hosts", "usr/local/share/ca-certificates")
# What of pip's settings and of the trusted certificates environment variables carry.
_PASSED = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|DEFAULT_TIMEOUT)|[A-Za-z]+_(proxy|PROXY)|.*_CA_BUNDLE|SSL_CERT_.*"
)
_STAMP = "etc/fresh-root"


def mirror(sources: str) -> Optional[str]:
    """The first address in apt's sources, in either of their two formats; None where there is none."""
    found = re.search(r"^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(https?://\S+)", sources, re.MULTILINE)
    return found.group(1) if found else None


def own_sources() -> str:
    """What this machine's apt reads."""
    folder = Path("/etc/apt/sources.list.d")
    paths = [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.sources")), *sorted(folder.glob("*.list"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def passed(variables: Mapping[str, str]) -> Dict[str, str]:
    """Of environment variables, those that a visit gets."""
    return {name: value for name, value in variables.items() if _PASSED.fullmatch(name)}


def make(distribution: str, folder: Path) -> Path:
    """The root of a distribution; made where it is not there yet. Raises SystemExit where that cannot be done."""
    root = folder / distribution
    if not (root / _STAMP).exists():
        if shutil.which("debootstrap") is None and not program.install("debootstrap"):
            raise SystemExit(f"no debootstrap here; install it with: {program.by_apt('debootstrap')}")
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(HOLDS)}", distribution, str(root)]
        address = mirror(own_sources())
        program.run([*command, address] if address else command, f"make a root of {distribution}")
        _introduce(root)
        (root / _STAMP).write_text(distribution)
    return root


def _introduce(root: Path) -> None:
    """Tell a root what this machine knows about its network, and give it a user."""
    for name in _COPIED:
        source, target = Path("/") / name, root / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
    for command in (["update-ca-certificates"], ["useradd", "--create-home", "user"]):
        program.run(["chroot", str(root), *command], f"run {command[0]} in {root.name}")


def copy_checkout(root: Path, user: str, folder: str) -> None:
    """Put what git tracks, and what is new and not ignored, into a folder of the root, with a .git of its own."""
    target = root / folder.lstrip("/")
    shutil.rmtree(target, ignore_errors=True)
    listed = program.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], "list the checkout", environments.ROOT
    )
    for name in filter(None, listed.split("\0")):
        if (environments.ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(environments.ROOT / name, target / name)
    script = "git init -q . && git add -A"
    program.run(["chroot", str(root), "sh", "-c", f"cd {shlex.quote(folder)} && {script}"], "make the clone")
    program.run(["chroot", str(root), "chown", "-R", f"{user}:", folder], "give the clone to its user")


def visit_command(root: Path, user: str, folder: str, target: str, online: bool) -> List[str]:
    """The command that runs a make target in a root as a user. Its processes and mounts end with it."""
    become = "" if user == "root" else f"exec setpriv --reuid={user} --regid={user} --init-groups "
    home = "/root" if user == "root" else f"/home/{user}"
    inside = f"cd {shlex.quote(folder)} && HOME={home} && export HOME && {become}make {target}"
    steps = [
        "mount -t proc proc {0}/proc",
        "mount -t tmpfs -o mode=755 dev {0}/dev",
        *(f"touch {{0}}/dev/{each} && mount --bind /dev/{each} {{0}}/dev/{each}" for each in _DEVICES),
        "mkdir {0}/dev/shm && mount -t tmpfs shm {0}/dev/shm",
        "ln -s /proc/self/fd {0}/dev/fd",
    ]
    if not online:
        steps.insert(0, "ip link set lo up")
    script = " && ".join(steps).format(shlex.quote(str(root)))
    script += f" && exec chroot {shlex.quote(str(root))} sh -c {shlex.quote(inside)}"
    spaces = ["--mount", "--pid", "--fork", "--kill-child"] + ([] if online else ["--net"])
    return ["unshare", *spaces, "sh", "-c", script]


_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def visit(root: Path, user: str, folder: str, target: str, online: bool, transcript: Path) -> int:
    """Run a make target in a root; its exit status. What it prints goes to the transcript."""
    # nothing of the environment here but how to reach the network; no locale, as on a new machine
    variables = {**passed(os.environ), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with transcript.open("w", encoding="utf-8") as file:
        command = visit_command(root, user, folder, target, online)
        return subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file).returncode
