"""The endpoints behind the pages, one by one: what is saved, what is refused with which sentence, and for whom."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.page_calls import ACCOUNT, INPUT, SETTINGS, Caller, Said, good_account
from tests.integration.scene import REALM, Scene

pytestmark = pytest.mark.together

MASK = "******"
MAY_LIST = "list_inputs,list_settings"
LONG = "x" * 10_000


@pytest.fixture(scope="module")
def scene(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A tenant with two partitions, a splunkd, an admin, and a user who may only look."""
    folder = tmp_path_factory.mktemp("endpoints")
    keeper = f"{MAY_LIST},edit_storage_passwords,list_storage_passwords"
    users = (
        ("viewer", "viewer-password", MAY_LIST),
        ("nobody", "nobody-password", "search"),
        ("keeper", "keeper-password", keeper),
        ("scripter", "scripter-password", f"{MAY_LIST},edit_scripted"),
        ("feeder", "feeder-password", f"{MAY_LIST},edit_modinput_falcon_event_streams"),
    )
    with Scene(folder, package, users=users, partitions=2, preload=5, lock=0.5) as made:
        yield made


@pytest.fixture(scope="module")
def admin(scene: Scene) -> Caller:
    return Caller(scene)


def refused(said: Said, status: int, *words: str) -> None:
    """It was refused, and the sentence has these words."""
    assert said.status == status, said
    for word in words:
        assert word in said.sentence


def stored_secret(scene: Scene, name: str) -> str | None:
    """An account's secret in storage/passwords, as splunkd gives it to an admin; None where its mark is gone, too."""
    found = scene.splunkd.request("GET", "/servicesNS/nobody/TA_falcon_event_streams/storage/passwords", count=0)
    contents = (entry["content"] for entry in found.body["entry"])
    kept = {each["username"]: str(each["clear_password"]) for each in contents if each["realm"] == REALM.format(name)}
    assert kept.keys() in (set(), {"client_secret", "client_secret_destination"})
    return kept.get("client_secret")


def resident_kib(scene: Scene) -> int:
    """The most memory that the process of the pages ever had."""
    status = Path(f"/proc/{scene.splunkd.script_pid('falcon_event_streams_input')}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_an_account_is_tried_saved_shown_without_its_secret_edited_and_removed(scene: Scene, admin: Caller) -> None:
    made = admin.post(ACCOUNT, name="whole", **good_account(scene))
    assert made.status == 201, made
    assert made.entries["whole"]["client_secret"] == MASK
    assert stored_secret(scene, "whole") == scene.falcon.client_secret

    shown = admin.get(f"{ACCOUNT}/whole").entries["whole"]
    assert (shown["cloud"], shown["client_secret"]) == ("custom", MASK)
    assert "whole" in admin.get(ACCOUNT).entries

    edited = admin.post(f"{ACCOUNT}/whole", client_secret="********", proxy="default")
    assert edited.status == 200, edited
    assert stored_secret(scene, "whole") == scene.falcon.client_secret

    assert admin.delete(f"{ACCOUNT}/whole").status == 200
    assert stored_secret(scene, "whole") is None
    refused(admin.get(f"{ACCOUNT}/whole"), 404, "no account")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_secret": "wrong" * 8}, ("refused the account's client_id and secret", "IP allow-list")),
        ({"ca_bundle": ""}, ("TLS verification failed", "ca_bundle")),
        ({"base_url": "https://nowhere.invalid"}, ("could not be resolved", "DNS")),
        ({"base_url": "https://127.0.0.1:1"}, ("connection was refused", "host and port")),
        ({"client_secret": ""}, ("client_secret is required",)),
        ({"client_secret": MASK}, ("client_secret is required",)),
        ({"cloud": "mars"}, ("[bad] cloud = mars", "us-1")),
        ({"cloud": ""}, ("[bad] cloud is required",)),
        ({"base_url": ""}, ("[bad] base_url is required where cloud = custom",)),
        ({"base_url": "http://falcon.example"}, ("[bad] base_url", "is not https://")),
        ({"client_id": "short"}, ("[bad] client_id", "32 hexadecimal")),
        ({"member_cid": "zz"}, ("[bad] member_cid",)),
        ({"ca_bundle": "relative.pem"}, ("[bad] ca_bundle", "absolute")),
        ({"ca_bundle": "/nowhere/ca.pem"}, ("[bad] ca_bundle", "cannot be read")),
        ({"allowed_domains": "a b"}, ("[bad] allowed_domains",)),
        ({"proxy": "missing"}, ("proxy = missing does not exist",)),
        ({"proxy": "a/b"}, ("[bad] proxy",)),
        ({"verify": "false"}, ("[bad] verify is not a setting of an account",)),
        ({"member_cid": LONG}, ("[bad] member_cid",)),
        ({"client_id": LONG}, ("[bad] client_id",)),
    ],
    ids=str,
)
def test_a_wrong_account_is_refused_by_a_sentence_and_nothing_is_saved(
    scene: Scene, admin: Caller, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    refused(admin.post(ACCOUNT, name="bad", **good_account(scene, **changes)), 400, *words)

    assert "bad" not in admin.get(ACCOUNT).entries
    assert stored_secret(scene, "bad") is None


@pytest.mark.parametrize(
    "name",
    ["", "../up", "a\nb", "a:b", "a|b", "a b", "ä", "x" * 65, "[x]", "default", LONG, "%2e%2e", "a/b", "\x00"],
    ids=repr,
)
def test_names_that_could_be_paths_realms_or_stanzas_are_refused(scene: Scene, admin: Caller, name: str) -> None:
    before = admin.get(ACCOUNT).entries
    said = admin.post(ACCOUNT, name=name, **good_account(scene, save_without_test="1"))

    assert said.status == 400, said
    assert len(said.sentence) < 300
    assert admin.get(ACCOUNT).entries == before


@pytest.mark.parametrize("name", ["", "../up", "a\nb", "a:b", "a|b", "a b", "ä", "x" * 65, LONG, "a/b"], ids=repr)
def test_such_names_are_refused_for_inputs_too(admin: Caller, name: str) -> None:
    refused(admin.post(INPUT, name=name, account="prod", app_id="tricky"), 400)
    assert admin.get(INPUT).entries == {}


def test_no_line_end_gets_into_a_conf(scene: Scene, admin: Caller) -> None:
    form = good_account(scene, allowed_domains=" a.example ,\n b.example\r\n", member_cid="\n" + "a" * 32 + "\n")
    assert admin.post(ACCOUNT, name="blanks", save_without_test="1", **form).status == 201
    shown = admin.get(f"{ACCOUNT}/blanks").entries["blanks"]
    assert (shown["allowed_domains"], shown["member_cid"]) == ("a.example,b.example", "a" * 32)
    assert admin.post(f"{SETTINGS}/proxy", enabled="0", no_proxy="a.example,\nb.example").status == 200
    assert admin.get(f"{SETTINGS}/proxy").entries["proxy"]["no_proxy"] == "a.example,b.example"
    admin.post(f"{SETTINGS}/proxy", no_proxy="")
    admin.delete(f"{ACCOUNT}/blanks")


def test_what_all_accounts_inherit_is_no_account(scene: Scene, admin: Caller) -> None:
    """Else a proxy and a CA of somebody's would stand beside secrets that were not entered for them."""
    scene.splunkd.create_conf_stanza("falcon_event_streams_account", "default", ca_bundle="/x.pem")
    try:
        for said in (
            admin.get(f"{ACCOUNT}/default"),
            admin.post(f"{ACCOUNT}/default", **good_account(scene, save_without_test="1")),
            admin.delete(f"{ACCOUNT}/default"),
        ):
            refused(said, 404)
        assert "default" not in admin.get(ACCOUNT).entries
    finally:
        scene.splunkd.delete(
            "/servicesNS/nobody/TA_falcon_event_streams/configs/conf-falcon_event_streams_account/default"
        )


def test_a_password_that_is_left_over_is_not_adopted_by_a_new_proxy(scene: Scene, admin: Caller) -> None:
    scene.splunkd.create_password("TA_falcon_event_streams#proxy#orph", "password", "corp-proxy-pw")
    assert admin.post(SETTINGS, name="proxy:orph", enabled="1", host="evil.example", port="1").status == 201
    refused(admin.post(f"{SETTINGS}/proxy%3Aorph", username="corpuser"), 400, "password is required")
    assert admin.delete(f"{SETTINGS}/proxy%3Aorph").status == 200


def test_a_bundle_that_is_no_file_holds_nobody_up(scene: Scene, admin: Caller, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/stdin", "//host/share"):
        refused(admin.post(ACCOUNT, name="odd", **good_account(scene, ca_bundle=path)), 400, "[odd] ca_bundle")


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        (f"{SETTINGS}/proxy", {"username": "dom\\", "password": "x"}, "ends with a backslash"),
        (INPUT, {"name": "x", "account": "prod", "app_id": "x1", "foo": " "}, "is not a setting"),
        (INPUT, {"name": "x", "account": "prod", "app_id": "x1", "headers": ""}, "is not a setting"),
        (SETTINGS, {"name": "proxy:none", "enabled": "0"}, "no name of a proxy"),
    ],
)
def test_what_a_conf_or_a_choice_would_misread_is_refused(
    admin: Caller, path: str, form: dict[str, str], words: str
) -> None:
    refused(admin.post(path, **form), 400, words)


def test_a_line_end_within_a_value_becomes_a_blank(scene: Scene, admin: Caller) -> None:
    form = {"account": "prod", "app_id": "lines1", "start_from": "0=1,\n1=5", "disabled": "1"}
    assert admin.post(INPUT, name="lines", **form).entries["lines"]["start_from"] == "0=1, 1=5"
    admin.delete(f"{INPUT}/lines")


def test_a_tenant_without_event_streams_is_told_so(scene: Scene, admin: Caller) -> None:
    scene.falcon.add_faults([{"on": "discover", "merge": {"resources": None}}])
    refused(admin.post(ACCOUNT, name="empty", **good_account(scene)), 400, "Have event streams enabled")


def test_a_missing_scope_is_named(scene: Scene, admin: Caller) -> None:
    scene.falcon.add_faults([{"on": "discover", "answer": {"status": 403}}])
    try:
        refused(admin.post(ACCOUNT, name="scopeless", **good_account(scene)), 400, "Event streams: Read")
    finally:
        scene.falcon.clear_faults()


@pytest.fixture
def lab(scene: Scene, admin: Caller) -> Iterator[dict[str, str]]:
    """The form of an account in us-1, behind the emulator's proxy, which answers as the real hosts do."""
    host, _, port = scene.falcon.address()["proxy"].rpartition("/")[2].partition(":")
    assert admin.post(SETTINGS, name="proxy:lab", enabled="1", host=host, port=port).status == 201
    yield good_account(scene, cloud="us-1", base_url="", proxy="lab")
    scene.falcon.clear_faults()
    scene.falcon.set_option("home_cloud", "")
    scene.falcon.set_option("wrong_cloud", "redirect")
    assert admin.delete(f"{SETTINGS}/proxy%3Alab").status == 200


@pytest.mark.parametrize("wrong_cloud", ["redirect", "grant"])
def test_the_tenants_own_cloud_is_offered(scene: Scene, admin: Caller, lab: dict[str, str], wrong_cloud: str) -> None:
    scene.falcon.set_option("wrong_cloud", wrong_cloud)
    scene.falcon.set_option("home_cloud", "us-2")
    refused(admin.post(ACCOUNT, name="moved", **lab), 400, "lives in us-2. Choose cloud = us-2")
    assert admin.post(ACCOUNT, name="moved", **{**lab, "cloud": "us-2"}).status == 201
    assert admin.delete(f"{ACCOUNT}/moved").status == 200


def test_a_proxy_that_refuses_is_named_as_the_hop(scene: Scene, admin: Caller, lab: dict[str, str]) -> None:
    scene.falcon.add_faults([{"on": "proxy", "times": 9, "answer": {"status": 407}}])
    refused(
        admin.post(ACCOUNT, name="blocked", **lab),
        400,
        "(stanza [proxy:lab]) wants a login (407)",
        "user name and password",
    )


def test_a_server_that_never_answers_ends_the_connection_test_after_ten_seconds(scene: Scene, admin: Caller) -> None:
    scene.falcon.add_faults([{"on": "token", "do": "hang", "seconds": 30}])
    try:
        said = admin.post(ACCOUNT, name="hung", **good_account(scene))
        refused(said, 400, "Not saved: ", "no answer within 10 s. Check the network, or set a proxy")
    finally:
        scene.falcon.clear_faults()


def test_the_connection_test_can_be_left_out(scene: Scene, admin: Caller) -> None:
    form = good_account(scene, base_url="https://127.0.0.1:1", save_without_test="1")
    assert admin.post(ACCOUNT, name="untested", **form).status == 201
    assert "save_without_test" not in admin.get(f"{ACCOUNT}/untested").entries["untested"]
    assert admin.delete(f"{ACCOUNT}/untested").status == 200


def test_a_connection_test_opens_no_feed_and_leaves_the_app_ids_of_inputs_alone(scene: Scene, admin: Caller) -> None:
    before = len(scene.falcon.requests())
    assert admin.post(ACCOUNT, name="tested", **good_account(scene)).status == 201
    asked = scene.falcon.requests()[before:]
    admin.delete(f"{ACCOUNT}/tested")

    paths = [request["path"] for request in asked]
    assert paths == ["/oauth2/token", "/sensors/entities/datafeed/v2", "/oauth2/revoke"]
    assert asked[1]["query"]["appId"].startswith("trial")


def test_the_same_account_twice_is_a_conflict_and_the_first_one_stays(scene: Scene, admin: Caller) -> None:
    assert admin.post(ACCOUNT, name="twice", **good_account(scene)).status == 201
    refused(
        admin.post(ACCOUNT, name="twice", **good_account(scene, client_secret="other" * 8, save_without_test="1")),
        409,
        "exists already",
    )
    assert stored_secret(scene, "twice") == scene.falcon.client_secret
    admin.delete(f"{ACCOUNT}/twice")


def test_of_two_writers_at_once_one_wins_whole(scene: Scene, admin: Caller) -> None:
    secrets = {"a": "a" * 40, "b": "b" * 40}
    forms = {
        key: good_account(scene, client_secret=secret, member_cid=key * 32, save_without_test="1")
        for key, secret in secrets.items()
    }
    said: dict[str, Said] = {}

    def write(key: str) -> None:
        said[key] = Caller(scene).post(ACCOUNT, name="race", **forms[key])

    threads = [threading.Thread(target=write, args=(key,)) for key in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = (key for key in secrets if said[key].status == 201)
    (loser,) = (key for key in secrets if said[key].status == 409)
    assert winner != loser
    assert stored_secret(scene, "race") == secrets[winner]
    assert admin.get(f"{ACCOUNT}/race").entries["race"]["member_cid"] == winner * 32
    admin.delete(f"{ACCOUNT}/race")


@pytest.mark.parametrize("field", ["base_url", "proxy", "ca_bundle", "allowed_domains", "cloud"])
def test_a_stored_secret_is_not_sent_where_it_was_not_entered_for(scene: Scene, admin: Caller, field: str) -> None:
    assert admin.post(ACCOUNT, name="kept", **good_account(scene)).status == 201
    changed = {
        "base_url": {"base_url": "https://evil.example"},
        "proxy": {"proxy": "none"},
        "ca_bundle": {"ca_bundle": ""},
        "allowed_domains": {"allowed_domains": "evil.example"},
        "cloud": {"cloud": "us-1", "base_url": ""},
    }[field]
    before = len(scene.falcon.requests())
    for secret in ("", MASK):
        refused(admin.post(f"{ACCOUNT}/kept", client_secret=secret, **changed), 400, "entered again", field)
    assert len(scene.falcon.requests()) == before
    admin.delete(f"{ACCOUNT}/kept")


def test_a_failure_half_way_leaves_nothing_half_saved(scene: Scene, admin: Caller) -> None:
    assert admin.post(ACCOUNT, name="halfway", **good_account(scene)).status == 201
    # the conf cannot be written: its stanza's edit is answered 503 after the secret has been stored
    scene.splunkd.switch(rest_status=503, rest_path="conf-falcon_event_streams_account/halfway", rest_method="POST")
    try:
        form = good_account(scene, client_secret="n" * 40, save_without_test="1")
        said = admin.post(f"{ACCOUNT}/halfway", **form)
    finally:
        scene.splunkd.switch(rest_status=0, rest_path="", rest_method="")

    assert said.status == 503
    assert stored_secret(scene, "halfway") == scene.falcon.client_secret
    admin.delete(f"{ACCOUNT}/halfway")


# -- settings ----------------------------------------------------------------------------------------------------------


def test_the_log_level_is_read_and_written(admin: Caller) -> None:
    assert admin.get(f"{SETTINGS}/logging").entries["logging"]["level"] == "INFO"
    assert admin.post(f"{SETTINGS}/logging", level="DEBUG").status == 200
    assert admin.get(f"{SETTINGS}/logging").entries["logging"]["level"] == "DEBUG"
    refused(admin.post(f"{SETTINGS}/logging", level="LOUD"), 400, "[logging] level = LOUD", "INFO")
    assert admin.post(f"{SETTINGS}/logging", level="INFO").status == 200


def test_the_token_of_shared_checkpoints_goes_only_where_it_was_entered_for(scene: Scene, admin: Caller) -> None:
    form, realm = {"management_uri": "https://sh.example:8089"}, "TA_falcon_event_streams#checkpoint"
    refused(admin.post(f"{SETTINGS}/checkpoint", **form), 400, "[checkpoint] token is required")
    refused(admin.post(f"{SETTINGS}/checkpoint", management_uri="http://sh", token="t"), 400, "is not https://")
    assert admin.post(f"{SETTINGS}/checkpoint", token="t@:/ß", **form).status == 200
    assert admin.get(f"{SETTINGS}/checkpoint").entries["checkpoint"]["token"] == MASK
    assert admin.post(f"{SETTINGS}/checkpoint", **form, token=MASK).status == 200
    refused(admin.post(f"{SETTINGS}/checkpoint", **form, ca_bundle="/x/ca.pem"), 400, "entered again", "ca_bundle")
    refused(admin.post(f"{SETTINGS}/checkpoint", management_uri="https://evil.example"), 400, "entered again")
    passwords = f"/servicesNS/nobody/{scene.splunkd.app}/storage/passwords"
    found = {each["content"]["realm"]: each["content"] for each in scene.splunkd.get(passwords, count=0)["entry"]}
    assert found[realm]["clear_password"] == "t@:/ß"
    assert admin.post(f"{SETTINGS}/checkpoint", management_uri="").status == 200
    assert realm not in {each["content"]["realm"] for each in scene.splunkd.get(passwords, count=0)["entry"]}
    refused(admin.delete(f"{SETTINGS}/checkpoint"), 400, "always there")


def test_a_proxy_keeps_its_password_to_itself_and_for_itself(scene: Scene, admin: Caller) -> None:
    form = {"enabled": "0", "type": "http", "host": "proxy.example", "port": "3128", "username": "u"}
    refused(admin.post(f"{SETTINGS}/proxy", **form), 400, "[proxy] password is required")
    assert admin.post(f"{SETTINGS}/proxy", password="p@:/ß", **form).status == 200
    assert admin.get(f"{SETTINGS}/proxy").entries["proxy"]["password"] == MASK
    assert admin.post(f"{SETTINGS}/proxy", **{**form, "password": MASK, "no_proxy": ".example"}).status == 200
    refused(admin.post(f"{SETTINGS}/proxy", **{**form, "host": "other.example"}), 400, "entered again", "host")
    assert admin.post(f"{SETTINGS}/proxy", **{**form, "username": "", "no_proxy": ""}).status == 200
    assert admin.get(f"{SETTINGS}/proxy").entries["proxy"]["password"] == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"enabled": "perhaps"}, ("[proxy] enabled",)),
        ({"type": "socks5"}, ("[proxy] type = socks5",)),
        ({"host": "http://proxy"}, ("[proxy] host",)),
        ({"port": "70000"}, ("[proxy] port = 70000",)),
        ({"port": ""}, ("[proxy] port is required",)),
        ({"host": LONG}, ("[proxy] host",)),
        ({"no_proxy": "*"}, ("[proxy] no_proxy",)),
        ({"verify": "0"}, ("[proxy] verify is not a setting",)),
        ({"password": "alone"}, ("[proxy] username is required",)),
    ],
    ids=str,
)
def test_a_wrong_proxy_is_refused_by_a_sentence(admin: Caller, changes: dict[str, str], words: tuple[str, ...]) -> None:
    form = {"enabled": "1", "type": "http", "host": "proxy.example", "port": "3128", **changes}
    before = admin.get(f"{SETTINGS}/proxy").entries

    refused(admin.post(f"{SETTINGS}/proxy", **form), 400, *words)
    assert admin.get(f"{SETTINGS}/proxy").entries == before


def test_named_proxies_are_made_used_and_removed_and_the_fixed_stanzas_stay(scene: Scene, admin: Caller) -> None:
    assert admin.post(SETTINGS, name="proxy:corp", enabled="1", host="p.example", port="3128").status == 201
    refused(admin.post(SETTINGS, name="proxy:corp", enabled="0"), 409, "exists already")
    refused(admin.post(SETTINGS, name="proxy:../x", enabled="0"), 400, "no name of a proxy")
    refused(admin.post(SETTINGS, name="anything", enabled="0"), 400, "no name of a proxy")
    form = good_account(scene, proxy="corp", save_without_test="1")
    assert admin.post(ACCOUNT, name="proxied", **form).status == 201
    refused(admin.delete(f"{SETTINGS}/proxy%3Acorp"), 409, "used by account proxied")
    admin.delete(f"{ACCOUNT}/proxied")
    assert admin.delete(f"{SETTINGS}/proxy%3Acorp").status == 200
    refused(admin.delete(f"{SETTINGS}/proxy"), 400, "always there")
    refused(admin.get(f"{SETTINGS}/nothing"), 404)
    assert set(admin.get(SETTINGS).entries) == {"checkpoint", "logging", "proxy"}


# -- inputs ------------------------------------------------------------------------------------------------------------


def test_an_input_is_made_seen_running_switched_edited_and_removed(scene: Scene, admin: Caller) -> None:
    form = {"account": "prod", "app_id": "fromPage", "index": "main", "interval": "1", "event_types": ""}
    made = admin.post(INPUT, name="page", **form)
    assert made.status == 201, made

    def state() -> dict[str, object]:
        return admin.get(f"{INPUT}/page").entries["page"]

    shown = {"state": "running", "events": "10", "offsets": "0: 4, 1: 4", "trouble": "none"}
    scene.wait(lambda: shown.items() <= state().items(), what="10 events shown")

    assert admin.post(f"{INPUT}/page", disabled="true").entries["page"]["state"] == "disabled"
    assert scene.splunkd.input_pid("page") is None
    assert admin.post(f"{INPUT}/page", disabled="false").status == 200
    scene.wait(lambda: state()["state"] == "running", what="running again")
    assert admin.post(f"{INPUT}/page", event_types="AuthActivityAuditEvent").status == 200
    assert state()["event_types"] == "AuthActivityAuditEvent"
    assert admin.post(f"{INPUT}/page", event_types="").status == 200
    assert not state().get("event_types")
    refused(admin.delete(f"{ACCOUNT}/prod"), 409, "used by input page")
    assert admin.delete(f"{INPUT}/page").status == 200
    refused(admin.get(f"{INPUT}/page"), 404)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account": ""}, ("account is required",)),
        ({"account": "ghost"}, ("account = ghost does not exist",)),
        ({"app_id": ""}, ("app_id is required",)),
        ({"app_id": "not valid"}, ("app_id = not valid",)),
        ({"start_from": "yesterday"}, ("start_from = yesterday",)),
        ({"partitions": "a b"}, ("partitions",)),
        ({"format": "xml"}, ("format = xml",)),
        ({"checkpoint_store": "redis"}, ("checkpoint_store = redis",)),
        ({"replay_seconds": "-1"}, ("replay_seconds = -1",)),
        ({"idle_timeout": "5"}, ("idle_timeout = 5",)),
        ({"interval": "0"}, ("interval = 0",)),
        ({"index": "_internal"}, ("index = _internal",)),
        ({"event_types": LONG}, ("event_types",)),
        ({"client_secret": "oops"}, ("client_secret is not a setting of this input",)),
    ],
    ids=str,
)
def test_a_wrong_input_is_refused_by_a_sentence_and_not_made(
    admin: Caller, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    form = {"account": "prod", "app_id": "wrongOne", "index": "main", **changes}
    said = admin.post(INPUT, name="wrong", **form)

    refused(said, 400, *words)
    assert "oops" not in said.sentence
    assert "wrong" not in admin.get(INPUT).entries


def test_the_validation_of_splunkd_is_the_judge_and_its_sentence_comes_through(admin: Caller) -> None:
    assert admin.post(INPUT, name="first", account="prod", app_id="shared1", disabled="1").status == 201
    refused(admin.post(INPUT, name="second", account="prod", app_id="shared1"), 400, "used by input first")
    refused(admin.post(INPUT, name="first", account="prod", app_id="other1"), 409, "exists already")
    admin.delete(f"{INPUT}/first")


def test_a_cleared_index_or_interval_is_the_default_again(admin: Caller) -> None:
    form = {"account": "prod", "app_id": "cleared1", "index": "main", "interval": "300", "disabled": "1"}
    assert admin.post(INPUT, name="cleared", **form).status == 201
    try:
        assert admin.post(f"{INPUT}/cleared", index="", interval=" ").status == 200
        shown = admin.get(f"{INPUT}/cleared").entries["cleared"]
        assert (shown["index"], shown["interval"]) == ("default", "60")
    finally:
        admin.delete(f"{INPUT}/cleared")


def test_an_input_that_could_not_be_made_switched_off_is_not_made(scene: Scene, admin: Caller) -> None:
    scene.splunkd.switch(rest_status=503, rest_path="/quiet/disable", rest_method="POST")
    try:
        said = admin.post(INPUT, name="quiet", account="prod", app_id="quiet1", disabled="1")
    finally:
        scene.splunkd.switch(rest_status=0, rest_path="", rest_method="")

    assert said.status == 503
    refused(admin.get(f"{INPUT}/quiet"), 404)


def test_an_input_in_trouble_shows_its_sentence(scene: Scene, admin: Caller) -> None:
    form = good_account(scene, client_secret="wrong" * 8, save_without_test="1")
    assert admin.post(ACCOUNT, name="broken", **form).status == 201
    assert admin.post(INPUT, name="troubled", account="broken", app_id="troubled", interval="1").status == 201
    try:
        scene.wait(lambda: admin.get(f"{INPUT}/troubled").entries["troubled"]["state"] == "error", what="error")
        assert "refused the account's client_id" in admin.get(f"{INPUT}/troubled").entries["troubled"]["trouble"]
    finally:
        admin.delete(f"{INPUT}/troubled")
        admin.delete(f"{ACCOUNT}/broken")


# -- who may -----------------------------------------------------------------------------------------------------------


def test_who_may_not_touch_secrets_gets_403_before_any_packet_leaves(scene: Scene) -> None:
    viewer = Caller(scene, "viewer", "viewer-password")
    before = len(scene.falcon.requests())

    refused(viewer.post(ACCOUNT, name="mine", **good_account(scene)), 403)
    refused(viewer.post(f"{ACCOUNT}/prod", client_secret="x" * 40), 403)
    refused(viewer.delete(f"{ACCOUNT}/prod"), 403)
    refused(viewer.post(f"{SETTINGS}/proxy", enabled="0"), 403)
    assert len(scene.falcon.requests()) == before


def test_who_may_not_write_the_app_gets_403_before_any_packet_leaves(scene: Scene) -> None:
    keeper = Caller(scene, "keeper", "keeper-password")
    before = len(scene.falcon.requests())

    refused(keeper.post(ACCOUNT, name="mine", **good_account(scene)), 403, "write permission on this app")
    refused(keeper.post(f"{ACCOUNT}/prod", **good_account(scene)), 403, "write permission on this app")
    assert len(scene.falcon.requests()) == before


def test_whether_a_file_exists_is_told_to_nobody_who_may_not_save(scene: Scene) -> None:
    keeper = Caller(scene, "keeper", "keeper-password")
    there, not_there = (
        keeper.post(ACCOUNT, name="mine", **good_account(scene, ca_bundle=path))
        for path in (scene.falcon.address()["ca_file"], "/nowhere/ca.pem")
    )

    assert there == not_there
    refused(there, 403, "write permission on this app")


def test_who_may_not_edit_inputs_gets_403(scene: Scene) -> None:
    viewer = Caller(scene, "viewer", "viewer-password")

    assert viewer.get(INPUT).status == 200
    refused(viewer.post(INPUT, name="mine", account="prod", app_id="mine"), 403)
    refused(viewer.delete(f"{INPUT}/main"), 403)


def test_who_has_the_capability_for_these_inputs_alone_may_use_the_page(scene: Scene) -> None:
    feeder = Caller(scene, "feeder", "feeder-password")

    assert feeder.post(INPUT, name="fed", account="prod", app_id="fed1", disabled="1").status == 201
    assert feeder.post(f"{INPUT}/fed", start_from="newest").entries["fed"]["start_from"] == "newest"
    assert feeder.delete(f"{INPUT}/fed").status == 200
    refused(feeder.post(f"{SETTINGS}/proxy", enabled="0"), 403)


def test_a_list_of_600_000_items_reaches_nobody(scene: Scene, admin: Caller) -> None:
    admin.get(INPUT)  # the process of the pages runs
    before = resident_kib(scene)
    refused(Caller(scene, "viewer", "viewer-password").post(INPUT, name="huge", event_types="?," * 600_000), 403)
    refused(admin.post(INPUT, name="huge", event_types="?," * 600_000), 413, "maximum is 262144")

    assert resident_kib(scene) - before < 10_000
    assert "huge" not in admin.get(INPUT).entries


def test_who_may_edit_scripts_gets_as_far_with_inputs_as_splunkd_lets_them(scene: Scene) -> None:
    scripter = Caller(scene, "scripter", "scripter-password")

    refused(scripter.post(INPUT, name="mine", account="prod"), 400, "app_id is required")
    refused(scripter.post(INPUT, name="mine", account="prod", app_id="mine"), 403, "edit_modinput")
    refused(scripter.post(f"{SETTINGS}/proxy", enabled="0"), 403)


def test_only_settings_of_an_input_are_shown(scene: Scene, admin: Caller) -> None:
    assert admin.post(INPUT, name="bare", account="prod", app_id="bare1", disabled="1").status == 201
    scene.splunkd.edit_conf_stanza("inputs", "falcon_event_streams://bare", note="a note of somebody's")
    shown = admin.get(f"{INPUT}/bare").entries["bare"]

    assert shown["app_id"] == "bare1"
    assert "note" not in shown
    admin.delete(f"{INPUT}/bare")


def test_states_are_shown_only_to_those_who_may_list_inputs(scene: Scene) -> None:
    refused(Caller(scene, "nobody", "nobody-password").get(INPUT), 403)


def test_an_unknown_session_is_answered_401(scene: Scene) -> None:
    with pytest.raises(Exception, match="401"):
        Caller(scene, "nobody", "wrong").get(ACCOUNT)


def test_no_answer_holds_a_secret(scene: Scene, admin: Caller) -> None:
    for path in (ACCOUNT, f"{ACCOUNT}/prod", SETTINGS, INPUT):
        assert scene.falcon.client_secret not in str(admin.get(path))
