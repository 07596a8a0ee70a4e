"""What `splunk diag` takes along of this add-on (app.conf, `[diag] extension_script`).

Rules: the interface is that of Splunk's developer guide, which app.conf.spec names (dev.splunk.com/view/SP-CAAAE8H):
`collect_diag_info` gets everything by keyword, and `diag.add_string` stores a text below `app_ext/<app>/`. There is no
`setup`: the doctor asks splunkd nothing here, so that no diag waits for a login. Other apps' extensions run in the same
process, so the path is put back.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_APP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def collect_diag_info(diag: Any, **others: Any) -> None:
    """Add what the bundle has."""
    former = list(sys.path)
    sys.path[:0] = [os.path.join(_APP, "bin"), os.path.join(_APP, "lib")]
    try:
        from falcon_streams.doctor.composition import make_bundle

        for name, text in make_bundle().pieces():
            diag.add_string(text, name)
    finally:
        sys.path[:] = former
