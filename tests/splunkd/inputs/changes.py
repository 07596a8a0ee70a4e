"""Inputs made and changed through REST.

Rules (Splunk platform reference 1.1, 1.4; splunkd's messages as quoted in public issues, named where they stand):
arguments that neither scheme and spec nor splunkd know are refused; so is an edit that names `disabled`, which has
/enable and /disable; what the scheme requires must be there; then the script validates, and only what it accepts is
written to the app's local/inputs.conf; then the input restarts. The script sees the whole stanza as it would be,
scheme arguments and implicit parameters only.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from xml.etree import ElementTree

from tests.splunkd.inputs import invocation
from tests.splunkd.inputs.documents import render_items
from tests.splunkd.inputs.roster import Instance, Roster
from tests.splunkd.inputs.scheme import Scheme, describe_exit
from tests.splunkd.rest.exchange import Refused


class Changes:
    """Raises Refused with splunkd's status and text."""

    def __init__(self, instance: Instance, roster: Roster) -> None:
        self._instance = instance
        self._roster = roster

    def create(self, scheme: Scheme, app: str, name: str, wanted: Mapping[str, str]) -> None:
        if not name or any(mark in name for mark in "[]\n") or name == "_new":
            raise Refused(400, f"Invalid name for an input: {name!r}.")
        self._check_supported(scheme, wanted)
        self._check_required(
            [argument.name for argument in scheme.arguments.values() if argument.required_on_create], wanted
        )
        stanza = f"{scheme.name}://{name}"
        if self._roster.settings(stanza) is not None:
            raise Refused(409, f"An object with name={name} already exists")
        self._validate(scheme, name, {**self._instance.confs.inherited("inputs", scheme.name), **wanted})
        self._instance.confs.replace("inputs", app, stanza, dict(wanted))
        self._roster.refresh(stanza)

    def edit(self, scheme: Scheme, app: str, name: str, wanted: Mapping[str, str]) -> None:
        stanza, present = self._present(scheme, name)
        if "disabled" in wanted:
            raise Refused(400, 'Argument "disabled" is not supported by this handler.')
        self._check_supported(scheme, wanted)
        self._check_required(
            [argument.name for argument in scheme.arguments.values() if argument.required_on_edit], wanted
        )
        self._validate(scheme, name, {**present, **wanted})
        self._instance.confs.set("inputs", app, stanza, dict(wanted))
        self._roster.refresh(stanza)

    def switch(self, scheme: Scheme, app: str, name: str, disabled: bool) -> None:
        stanza, _ = self._present(scheme, name)
        self._instance.confs.set("inputs", app, stanza, {"disabled": "1" if disabled else "0"})
        self._roster.refresh(stanza)

    def delete(self, scheme: Scheme, app: str, name: str) -> None:
        stanza, _ = self._present(scheme, name)
        if not self._instance.confs.removable("inputs", stanza, app):
            raise Refused(400, f"Object id={name} cannot be deleted in config=inputs.")
        self._instance.confs.remove("inputs", app, stanza)
        self._roster.refresh(stanza)

    def _present(self, scheme: Scheme, name: str) -> tuple[str, dict[str, str]]:
        stanza = f"{scheme.name}://{name}"
        settings = self._roster.settings(stanza)
        if settings is None:
            raise Refused(404, f"Could not find object id={name}")
        return stanza, settings

    def _check_supported(self, scheme: Scheme, wanted: Mapping[str, str]) -> None:
        unknown = sorted(set(wanted) - scheme.supported())
        if unknown:
            # PaloAltoNetworks/Splunk_TA_paloalto issue 12.
            raise Refused(400, f'Argument "{unknown[0]}" is not supported by this handler.')

    def _check_required(self, required: list[str], wanted: Mapping[str, str]) -> None:
        missing = [argument for argument in required if argument != "name" and not wanted.get(argument)]
        if missing:
            # splunk/splunk-add-on-microsoft-azure issue 3.
            raise Refused(400, f"The following required arguments are missing: {', '.join(missing)}.")

    def _validate(self, scheme: Scheme, name: str, settings: Mapping[str, str]) -> None:
        if not scheme.use_external_validation:
            return
        instance = self._instance
        passed = {key: value for key, value in settings.items() if key in scheme.supported()}
        shown = name if instance.switches.validation_name == "bare" else f"{scheme.name}://{name}"
        session = instance.sessions.open_for_input(f"{scheme.name}://{name}")
        around = self._roster.surroundings(scheme.name, session.key)
        try:
            answer = invocation.run_validation(
                instance.python,
                instance.confs.app_home(scheme.app),
                passed,
                document=render_items(around, shown, passed),
                scheme=scheme.name,
                home=instance.home.root,
                env=instance.env,
                timeout=instance.switches.validation_s,
            )
        except subprocess.TimeoutExpired:
            # gjanders/SplunkVersionControl issue 17.
            raise Refused(400, _failed(scheme, "killed by signal 9: Killed")) from None
        finally:
            instance.sessions.revoke(session.key)
        instance.captures.keep(f"{scheme.name}.validation", answer)
        for line in answer.stderr.decode("utf-8", "backslashreplace").splitlines():
            told = f"<stderr> Argument validation for scheme={scheme.name}: {line}"
            instance.journal.write("ERROR", "ModularInputs", told)
        if answer.returncode != 0:
            raise Refused(400, _said(answer.stdout) or _failed(scheme, describe_exit(answer.returncode)))


def _failed(scheme: Scheme, how: str) -> str:
    return f"Argument validation for scheme={scheme.name}: script running failed ({how})."


def _said(stdout: bytes) -> str:
    """The message of an `<error>` document, nothing where it is none."""
    try:
        root = ElementTree.fromstring(stdout)
    except ElementTree.ParseError:
        return ""
    return (root.findtext("message") or "").strip() if root.tag == "error" else ""
