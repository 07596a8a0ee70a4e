"""The vendor's add-on as far as a take-over meets it: an app folder with the scheme, the confs' names, and a reader.

Written from the facts in `falcon_streams/takeover/vendor.py`, which are from its public copies. Its scripts run in the
environment `vendor`, so that the real solnlib and splunktaucclib write what is stored. `local/falcon.json` tells the
reader where the emulator is.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tools import environments

APP = "TA-crowdstrike-falcon-event-streams"
SCHEME = "crowdstrike_event_streams"
ROOT = "TA_crowdstrike_falcon_event_streams"
ACCOUNT_CONF, SETTINGS_CONF = f"{ROOT}_account".lower(), f"{ROOT}_settings".lower()
_SCRIPTS = Path(__file__).parent / "vendor_bin"
_ARGUMENTS = ("cloud_environment", "account", "app_id", "event_types", "initial_start")
_CONFIG = {
    "meta": {"name": APP, "restRoot": ROOT, "version": "3.0.0"},
    "pages": {
        "configuration": {
            "tabs": [
                {"name": "account", "title": "FDR Accounts", "table": {}, "entity": []},
                {"name": "proxy", "title": "Proxy", "entity": []},
                {"name": "logging", "title": "Logging", "entity": []},
            ]
        }
    },
}


def make(folder: Path) -> Path:
    """The app, in a folder of its name below this one."""
    app = folder / APP
    texts = {
        "default/app.conf": f"[launcher]\nversion = 3.0.0\n\n[package]\nid = {APP}\n",
        "default/inputs.conf": f"[{SCHEME}]\ninterval = 60\nstart_by_shell = false\npython.version = python3\n",
        "metadata/default.meta": "[]\naccess = read : [ * ], write : [ admin, sc_admin ]\nexport = system\n",
        f"default/{SETTINGS_CONF}.conf": "[proxy]\n\n[logging]\n",
        "README/inputs.conf.spec": f"[{SCHEME}://<name>]\n" + "".join(f"{each} = <string>\n" for each in _ARGUMENTS),
        "appserver/static/js/build/globalConfig.json": json.dumps(_CONFIG),
        "bin/vendor_python": str(environments.for_tool("vendor")),
    }
    for name, text in texts.items():
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for script in _SCRIPTS.glob("*.py"):
        shutil.copy(script, app / "bin")
    return app
