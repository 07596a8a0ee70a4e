"""`python -m tests.real_splunk.lever NAME JSON`: pulls a lever of the emulator in its container, prints the answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from tests.emulator.process import call

CONTROL = "http://127.0.0.1:8445"


def main() -> None:
    """Pull it; a refusal is an answer too."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")
    try:
        result = call(CONTROL, name, arguments)
    except ValueError as error:
        print(json.dumps({"error": str(error)}))
        return
    print(json.dumps({"result": list(result) if isinstance(result, Iterator) else result}))


if __name__ == "__main__":
    main()
