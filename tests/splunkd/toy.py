"""A toy add-on, written to a folder by a test: one scheme, `toy`, whose run does what the test says in Python.

The body of a run sees `params` (the stanza's parameters), `document` (the whole `<input>`), `stop` (a threading.Event
set by SIGTERM), `write(text)` to stdout and `event(data, time=..., source=...)` for one whole event of the stream.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

_SCRIPT = '''
import os, signal, sys, threading, time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

if sys.argv[1:] == ["--scheme"]:
    sys.stdout.write("""{scheme}""")
    sys.exit(0)
document = sys.stdin.buffer.read()
root = ElementTree.fromstring(document)
params = {{param.get("name"): param.text or "" for param in root.iter("param")}}
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop.set).start())

def write(text):
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()

def event(data, **elements):
    told = "".join("<%s>%s</%s>" % (name, value, name) for name, value in elements.items())
    write('<event unbroken="1">%s<data>%s</data><done/></event>' % (told, escape(data)))

if sys.argv[1:] == ["--validate-arguments"]:
{validation}
    sys.exit(0)
{body}
'''

SCHEME = (
    "<scheme><title>Toy</title><description>A toy</description><use_external_validation>true</use_external_validation>"
    "<use_single_instance>false</use_single_instance><streaming_mode>xml</streaming_mode><endpoint><args>"
    '<arg name="count"><title>Count</title><required_on_create>true</required_on_create></arg>'
    '<arg name="word"><required_on_create>false</required_on_create></arg></args></endpoint></scheme>'
)

INPUTS = """
[toy]
interval = 60
start_by_shell = false
sourcetype = toy:event
python.version = python3
"""

VALIDATION = """
if not params.get("count", "").isdigit():
    print("<error><message>count is no number: %s</message></error>" % params.get("count"))
    sys.exit(1)
"""

COUNTING = """
write("<stream>")
for number in range(int(params["count"])):
    event(str(number), time=1700000000 + number)
stop.wait()
write("</stream>")
"""


def write_app(
    folder: Path,
    body: str = COUNTING,
    *,
    app: str = "TA_toy",
    scheme: str = SCHEME,
    validation: str = VALIDATION,
    confs: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    spec: str = "[toy://<name>]\ncount = <integer>\nword = <string>\n",
) -> Path:
    """The app's folder. `confs` are files of default/, named without `.conf`; `files` any others, by their path."""
    root = folder / app
    script = _SCRIPT.format(
        scheme=scheme, validation=textwrap.indent(textwrap.dedent(validation), "    "), body=textwrap.dedent(body)
    )
    files = {
        "bin/toy.py": script,
        "README/inputs.conf.spec": spec,
        "default/app.conf": f"[package]\nid = {app}\n[launcher]\nversion = 1.2.3\n",
        "default/inputs.conf": INPUTS,
        **{f"default/{name}.conf": text for name, text in (confs or {}).items()},
        **(files or {}),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


# Two bodies for it: one that fills the pipe at once, one that ticks until it is stopped.
FLOOD = """
write("<stream>")
for number in range(int(params["count"])):
    event(str(number) + "x" * 1000)
    open(os.environ["SPLUNK_HOME"] + "/written", "w").write(str(number + 1))
stop.wait()
write("</stream>")
"""

TICKING = """
write("<stream>")
number = 0
while not stop.wait(0.02):
    event(str(number))
    number += 1
event("after")
write("</stream>")
"""
