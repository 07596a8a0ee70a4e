"""Asks the advisory data of the package index about the libraries that ship (`make audit`).

Rules: a library that nobody could say anything about is a failure, never a pass. An advisory that stays open is named
here, and docs/security.md says why it does not reach us and when that was looked at.
"""

from __future__ import annotations

import subprocess

from tools import environments, vendor

# The last requests and urllib3 that run on Python 3.9 have these (decision record 0003).
ACCEPTED = ("CVE-2026-25645", "CVE-2026-44431", "CVE-2026-44432")


def main() -> None:
    """Ask, and fail where there is an advisory that is not accepted, or no answer."""
    command = [str(environments.for_tool("audit").with_name("pip-audit")), "--strict", "--progress-spinner", "off"]
    command += ["--no-deps", "--disable-pip", "--requirement", str(vendor.REQUIREMENTS)]
    for advisory in ACCEPTED:
        command += ["--ignore-vuln", advisory]
    code = subprocess.run(command, cwd=environments.ROOT).returncode
    if code != 0:
        raise SystemExit("an advisory is open, or the advisory data could not be had: see above")
    print(f"nothing open but what docs/security.md accepts: {', '.join(ACCEPTED)}")


if __name__ == "__main__":
    main()
