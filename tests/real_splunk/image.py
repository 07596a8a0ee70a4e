"""`make real-splunk-image`: plays the kit's Dockerfile in a new bare Debian and lets its emulator answer there.

It needs Debian's debootstrap, root and a network; where one is missing it says so in a sentence.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Optional

import yaml

from tests.real_splunk.dockerfile import FILE, Image, steps
from tools.package import ROOT

_COMPOSE = Path(__file__).with_name("compose.yaml")
_SUITE = re.compile(r"debian:(\w+)-slim")
_SECONDS = 60


def missing() -> Optional[str]:
    """What this machine lacks, in one sentence; None where nothing."""
    if os.geteuid() != 0:
        return "a root folder is entered by root only: run make real-splunk-image as root"
    if shutil.which("debootstrap") is None:
        return "no debootstrap here; install it with: apt-get install -y debootstrap"
    return None


def new_root(suite: str, folder: Path) -> None:
    """A minimal Debian that trusts, and reaches, what this machine does. Raises CalledProcessError."""
    command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, str(folder), *mirror()]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.copyfile("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    for name in ("etc/hosts", "etc/pip.conf"):
        if Path("/", name).exists():
            shutil.copyfile(Path("/", name), folder / name)
    shutil.copytree("/usr/local/share/ca-certificates", folder / "usr/local/share/ca-certificates", dirs_exist_ok=True)
    shutil.copytree("/etc/apt/apt.conf.d", folder / "etc/apt/apt.conf.d", dirs_exist_ok=True)
    subprocess.run(["chroot", str(folder), "update-ca-certificates"], check=True, stdout=subprocess.DEVNULL)


def mirror() -> list[str]:
    """The first Debian mirror of this machine's apt, none for debootstrap's own."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    found = re.search(r"^URIs: (\S+)", sources.read_text(), re.MULTILINE) if sources.exists() else None
    return [found.group(1)] if found else []


def answers(image: Image) -> bool:
    """Whether the emulator starts as compose starts it, and a lever answers."""
    service = yaml.safe_load(_COMPOSE.read_text(encoding="utf-8"))["services"]["falcon"]
    running = subprocess.Popen(image.command(*image.entrypoint, *service["command"]))
    check = image.command(*service["healthcheck"]["test"][1:])
    try:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            done = subprocess.run(check, capture_output=True, text=True)
            if done.returncode == 0:
                address = json.loads(subprocess.check_output(image.command("cat", "/ca/address.json")))
                print(f"-- it answers: now {json.loads(done.stdout)['result']}, api {address['api']}")
                return str(address["ca_file"]) == "/ca/ca.pem"
            time.sleep(0.5)
        print(done.stderr)
        return False
    finally:
        running.terminate()
        running.wait()


def prove(folder: Path) -> bool:
    """Build it in this new folder and start it. Ends with a sentence where something is missing or fails."""
    lack = missing()
    if lack is not None:
        raise SystemExit(lack)
    given = steps(FILE.read_text(encoding="utf-8"))
    match = _SUITE.search(given[0].text)
    assert match is not None
    try:
        new_root(match.group(1), folder)
        image = Image(folder, ROOT)
        image.build(given)
        return answers(image)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error.cmd[0]} failed with status {error.returncode}; its own lines are above") from None
