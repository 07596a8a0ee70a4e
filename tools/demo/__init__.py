"""`make demo`: the main job, live. Falcon's emulator, splunkd's stand-in, the built package between them.

Rules: the demo makes the same REST calls as a page does for an admin, and nothing on it is made up: it shows what
stands in the index and in the input's state file. `story` decides what happens when, `stage` does it, `look` is what
can be seen, `tally` counts what has arrived, `view` shows it in a terminal or as plain lines, `sample` is one event as
a search sees it, `verdict` holds the index against Falcon's ledger and decides the exit status.
"""
