"""What the doctor can say: each sentence once, with its verdict, and a finding that says it of something.

Rules: a problem's sentence says what happened and what to do. A check that could not be made has its reason. What
another module says in a sentence of its own is passed on. No sentence holds a secret: facts are names, statuses, hosts,
and numbers. A test provokes each (`tests/integration/test_doctor_sentences.py`).
"""

from __future__ import annotations

from enum import Enum
from typing import Dict, NamedTuple, Sequence

from falcon_streams.core.text import tidy

OK, PROBLEM, NOT_CHECKED = "ok", "problem", "not checked"
_MOST_NAMES = 20


class Said(Enum):
    """The sentences."""

    PYTHON = OK, "Python {python}, {openssl}."
    OPENSSL_OLD = PROBLEM, "The add-on cannot run here: {sentence}."
    PACKAGE = OK, "All {count} files are those of the build of version {version}."
    PACKAGE_DIFFERS = (
        PROBLEM,
        "Install the package again, with the same version: {count} of its files are not those of its build "
        "({names}). Keep what you change in local/, not in default/.",
    )
    PACKAGE_UNBUILT = NOT_CHECKED, "There is no {manifest}: this is a checkout, not a built package."

    SPLUNKD = OK, "splunkd answers {user} on {kind}."
    SPLUNKD_SILENT = PROBLEM, "Start Splunk, and log in again: {sentence}."
    SPLUNKD_LEFT_OUT = NOT_CHECKED, "splunkd was not asked: {reason}."
    SETTINGS = OK, "The add-on's settings are in order."
    SETTINGS_WRONG = PROBLEM, "Correct the settings: {sentence}."
    INPUTS = OK, "Enabled: {enabled}. Disabled: {disabled}."
    NO_INPUT = PROBLEM, "Create an input on the Inputs page, or enable one: no input is enabled."
    QUEUES = OK, "None of splunkd's {count} queues is full."
    QUEUE_FULL = (
        PROBLEM,
        "Find out why splunkd's queues are blocked, an indexer that cannot be reached or a full disk: {names}. "
        "Until then splunkd takes no events, and none is lost.",
    )
    QUEUES_UNTOLD = NOT_CHECKED, "This instance does not tell of its queues, as on Splunk Cloud."

    ACCOUNT = OK, "The secret is stored, and was entered for {host}."
    ACCOUNT_WRONG = PROBLEM, "Correct the account: {sentence}."
    DNS = OK, "{host} is {addresses}."
    DNS_FAILED = PROBLEM, "Check DNS, or set a proxy for this account: the name {host} could not be resolved."
    CONNECTED = OK, "{hop} takes connections."
    CONNECT_FAILED = PROBLEM, "Open the firewall, or correct the address: {hop} takes no connection ({reason})."
    TLS = OK, "{protocol}. Certificates: {chain}."
    TLS_FAILED = PROBLEM, "There is no TLS to {sentence}."
    CLOCK = OK, "This machine's clock and Falcon's differ by {skew} s."
    CLOCK_OFF = PROBLEM, "Let NTP set this machine's clock: it is {skew} s {way} Falcon's."
    CLOCK_UNTOLD = NOT_CHECKED, "No answer of Falcon's had a date."
    TOKEN = OK, "Falcon gives a token for {cloud}."
    TOKEN_REFUSED = PROBLEM, "Falcon gives no token. {sentence}."
    STREAMS = OK, "The API client has the scope. Falcon offers the partitions {names}."
    STREAMS_REFUSED = PROBLEM, "Falcon offers no streams. {sentence}."
    FEED_HOSTS = OK, "{hosts}."
    FEED_HOST_FAILED = PROBLEM, "Open the hosts of the feeds too. There is no TLS to {sentence}."

    INPUT = OK, "The input's settings are in order."
    INPUT_WRONG = PROBLEM, "Correct the input: {sentence}."
    INPUT_DISABLED = NOT_CHECKED, "The input is disabled. Enable it on the Inputs page."
    PARTITIONS = OK, "Wanted: {wanted}. Offered: {offered}."
    PARTITIONS_MISSING = (
        PROBLEM,
        "Correct the setting partitions: it names {missing}, and Falcon offers {offered}. If Falcon has given them "
        "up, there is nothing to do.",
    )
    APP_ID_IN_USE = OK, "This input reads with app ID {app_id}."
    APP_ID_STANDBY = OK, "Another forwarder reads with app ID {app_id}, and this one stands by."
    APP_ID_STARTING = (
        NOT_CHECKED,
        "Check again in a minute: this input is starting, and may be the reader of app ID {app_id}.",
    )
    APP_ID_FREE = OK, "Nobody reads with app ID {app_id}."
    APP_ID_TAKEN = (
        PROBLEM,
        "End the other reader of app ID {app_id}, or choose an app ID that nobody else uses. If an input of this "
        "app ID has just ended, wait six minutes.",
    )
    APP_ID_UNTOLD = PROBLEM, "Falcon does not say whether the app ID is free. {sentence}."
    INDEX = OK, "Index {index} exists here."
    INDEX_DEFAULT = OK, "Events go to splunkd's default index."
    INDEX_FORWARDED = NOT_CHECKED, "{sentence}."
    INDEX_MISSING = PROBLEM, "Events would be lost: {sentence}."
    FOLDER = OK, "{folder} can be written, and {free} MB are free."
    FOLDER_CLOSED = PROBLEM, "Let Splunk's user write {folder}, where checkpoints and states are."
    FOLDER_FULL = PROBLEM, "Make room on the disk of {folder}: {free} MB are free."
    RECORD_DAMAGED = (
        PROBLEM,
        "Put a good copy in the place of {path}, without .damaged in its name, or remove it to begin anew by "
        "start_from: a checkpoint could not be read.",
    )
    KV_STORE = OK, "The KV store answers, with {count} documents of this input."
    KV_STORE_FAILED = PROBLEM, "Checkpoints cannot be kept: {sentence}."
    LOCK_FREE = OK, "No process on this machine holds the input's lock."
    LOCK_HELD = OK, "{holder}."
    LOCK_ORPHANED = PROBLEM, "End process {pid}: it holds the input's lock, and the splunkd that started it has gone."
    PROCESS = OK, "Version {version} is {state}, up {uptime}, {rss} MB, last heard of {age} s ago."
    PROCESS_STANDBY = OK, "It stands by: {trouble}."
    PROCESS_NEVER = PROBLEM, "Search splunkd.log for falcon_event_streams: the input has never shown a state."
    PROCESS_SILENT = (
        PROBLEM,
        "Search splunkd.log for falcon_event_streams: the input was last heard of {age} s ago. splunkd starts it "
        "again after its interval.",
    )
    PROCESS_TROUBLE = PROBLEM, "The input says: {trouble}."
    PROCESS_OLD = PROBLEM, "Restart Splunk: version {running} runs, and version {installed} is installed."
    SEEN = OK, "Seen in the index: {partitions}."
    NOTHING_READ = OK, "The index has no event of the last {hours} hours, and the input has read none."
    NOT_SEEN = (
        PROBLEM,
        "Look at the indexers, and at the input's index and sourcetype: the input has read {events} events, and "
        "the index shows none of the last {hours} hours.",
    )
    SEARCH_ELSEWHERE = NOT_CHECKED, "This instance forwards its events: search for them on a search head."
    ALONE = OK, "The KV store shows no other input that reads the same streams."
    TWICE = PROBLEM, "Disable one of the two: {other} reads the same streams, so that every event comes twice."
    OTHERS_UNKNOWN = NOT_CHECKED, "The input keeps its checkpoints in files, which no other instance sees."

    AFTER = NOT_CHECKED, "See to this first: {check}."
    NOT_ALLOWED = NOT_CHECKED, "You may not read this: ask a Splunk admin for the right to {what}."
    UNANSWERED = NOT_CHECKED, "There was no answer: {sentence}."
    LATE = NOT_CHECKED, "There was no answer within {seconds} s."
    TIME_UP = NOT_CHECKED, "The time was up: run falcon_event_streams_doctor.py, which takes more of it than the page."
    FAILED = NOT_CHECKED, "Report this with the doctor's output: the check has failed ({kind} at {place})."

    def __init__(self, verdict: str, text: str) -> None:
        self.verdict = verdict
        self.text = text

    def about(self, **facts: object) -> Outcome:
        """This sentence with its facts. A sentence that is passed on may end with a full stop or not."""
        told = {name: str(fact).rstrip(".") for name, fact in facts.items()}
        return Outcome(self, self.text.format(**told))


class Outcome(NamedTuple):
    """What a check came to."""

    said: Said
    sentence: str


class Finding(NamedTuple):
    """An outcome, with the check and what it was about: an account, an input, or nothing."""

    check: str
    about: str
    said: Said
    sentence: str

    @property
    def verdict(self) -> str:
        """`ok`, `problem`, or `not checked`."""
        return self.said.verdict

    def told(self) -> Dict[str, object]:
        """The finding as the report has it (`report.schema.json`)."""
        return {
            "check": self.check,
            "about": self.about,
            "result": self.verdict,
            "said": self.said.name.lower(),
            "sentence": self.sentence,
        }


def shortened(names: Sequence[str]) -> str:
    """Names for a sentence: printable, and not too many."""
    shown = ", ".join(tidy(name) for name in names[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else "") or "none"
