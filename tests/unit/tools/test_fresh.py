"""What `make fresh` decides without being root: which visits, which settings, which commands."""

from __future__ import annotations

from pathlib import Path

from tests.fresh import __main__ as fresh
from tests.fresh import roots


def test_apt_sources_of_both_formats_give_the_mirror() -> None:
    assert roots.mirror("# http://no\ndeb [signed-by=/k] http://one/debian trixie main\n") == "http://one/debian"
    assert roots.mirror("Types: deb\nURIs: http://two/debian\n") == "http://two/debian"
    assert roots.mirror("# nothing") is None


def test_a_visit_gets_what_the_network_needs_and_no_locale() -> None:
    given = {"PIP_CERT": "a", "https_proxy": "b", "SSL_CERT_FILE": "c", "LANG": "d", "PIP_FIND_LINKS": "e", "HOME": "f"}
    assert roots.passed(given) == {"PIP_CERT": "a", "https_proxy": "b", "SSL_CERT_FILE": "c"}


def test_every_visit_without_network_follows_one_with_it() -> None:
    visits = fresh.plan()
    for place, visit in enumerate(visits):
        before = {(each.distribution, each.folder) for each in visits[:place] if each.online}
        assert visit.online or (visit.distribution, visit.folder) in before
    assert {(each.distribution, each.user) for each in visits if each.target == "demo"} == {
        (distribution, user) for distribution in fresh.DISTRIBUTIONS for user in ("root", "user")
    }
    assert [each.distribution for each in visits if each.target == "test"] == list(fresh.DISTRIBUTIONS)
    assert len({each.file for each in visits}) == len(visits)


def test_only_a_visit_without_network_loses_it_and_another_user_is_no_root() -> None:
    online = roots.visit_command(Path("/r"), "root", "/opt/a b", "demo", online=True)
    offline = roots.visit_command(Path("/r"), "user", "/opt/a b", "demo", online=False)
    assert "--net" not in online and "setpriv" not in online[-1]
    assert "--net" in offline and "--reuid=user" in offline[-1] and offline[-1].startswith("ip link set lo up")
