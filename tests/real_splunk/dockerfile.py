"""The kit's Dockerfile, read as docker reads it and played in the root of a bare Debian, where no docker is.

Rules: the instructions that the file uses are known, any other is refused; RUN and ENTRYPOINT go through chroot, COPY
takes from the checkout, ENV, WORKDIR and USER hold from there on.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("Dockerfile")
KNOWN = {"FROM", "ENV", "WORKDIR", "RUN", "COPY", "USER", "ENTRYPOINT"}


class Step(NamedTuple):
    """One instruction."""

    name: str
    text: str


def steps(text: str) -> list[Step]:
    """The instructions of a Dockerfile, lines joined. Raises ValueError for one that is not known."""
    joined = text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    found = [Step(*line.split(None, 1)) for line in lines]
    strange = [step.name for step in found if step.name not in KNOWN]
    if strange:
        raise ValueError(f"{', '.join(strange)}: an instruction that is not known here")
    return found


class Image:
    """A root folder that becomes what the Dockerfile describes."""

    def __init__(self, root: Path, context: Path) -> None:
        self._root, self._context = root, context
        self._environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        self._folder, self._user = "/", "root"
        self.entrypoint: list[str] = []

    def build(self, given: Sequence[Step]) -> None:
        """Play the instructions. Raises CalledProcessError where a RUN fails."""
        for step in given:
            print(f"-- {step.name} {step.text}", flush=True)
            if step.name == "ENV":
                self._environment.append(step.text)
            elif step.name == "WORKDIR":
                self._folder = step.text
                self._inside(step.text).mkdir(parents=True, exist_ok=True)
            elif step.name == "USER":
                self._user = step.text
            elif step.name == "RUN":
                subprocess.run(self.command("/bin/sh", "-c", step.text), check=True)
            elif step.name == "COPY":
                self._copy(*step.text.split())
            elif step.name == "ENTRYPOINT":
                self.entrypoint = json.loads(step.text)

    def command(self, *words: str) -> list[str]:
        """A command in the image, as its user in its folder."""
        entered = f'cd {self._folder} && exec "$@"'
        chroot = ["chroot", f"--userspec={self._user}", str(self._root)]
        return [*chroot, "/usr/bin/env", "-i", *self._environment, "/bin/sh", "-c", entered, "sh", *words]

    def _copy(self, *names: str) -> None:
        *sources, target = names
        for name in sources:
            source, place = self._context / name, self._inside(target)
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
                continue
            path = place / source.name if target.endswith("/") else place
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)

    def _inside(self, name: str) -> Path:
        return self._root / Path(self._folder, name).relative_to("/")
