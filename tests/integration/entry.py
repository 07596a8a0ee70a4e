"""The package with another entry: the installed script, handing `app.run` a clock of tests/fakes (decision 14).

Rules: nothing else of the package is touched. What splunkd asks for besides a run (`--scheme`, a validation) is
answered as ever.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.package import unpack

_CLOCK = Path(__file__).parents[1] / "fakes" / "clock.py"
_ENTRY = """import os, sys
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(here), "lib"))
from falcon_streams import app
from falcon_streams.run.process import leave
import clock_of_tests as clocks
if len(sys.argv) > 1:
    leave(app.main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
leave(app.run(sys.stdin.buffer, sys.stdout.buffer, clocks.{clock}))
"""


def install(package: Path, folder: Path, clock: str) -> Path:
    """The package as a folder, its entry on a clock of tests/fakes, said as it is made: `ScaledClock(60.0)`."""
    app = unpack(package, folder / "app")
    shutil.copyfile(_CLOCK, app / "bin" / "clock_of_tests.py")
    (app / "bin" / "falcon_event_streams.py").write_text(_ENTRY.format(clock=clock), encoding="utf-8")
    return app
