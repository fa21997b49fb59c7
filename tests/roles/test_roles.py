"""What the app's two roles may do, and what nobody else may: over the management port and in searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.splunk.spl.errors import SplError
from lab.splunk.stand_in import StandIn

APP = "m365_mail_threats"
USERS = {"ann": "user", "pat": "power", "uma": "mail_threats_user", "mia": "mail_threats_admin", "sam": "admin"}
Call = Callable[..., int]


@pytest.fixture(scope="module")
def splunk(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path_factory.mktemp("roles") / "splunk")
    stand_in.install(package)
    for user, role in USERS.items():
        stand_in.processes.access.add_user(user, None, [role])
    stand_in.start()
    yield stand_in
    stand_in.close()


@pytest.fixture
def call(splunk: StandIn, tmp_path: Path) -> Iterator[Call]:
    """call(user, method, path, ...): the status of the answer."""
    authority = tmp_path / "ca.pem"
    authority.write_text(splunk.processes.port.ca_pem)
    with requests.Session() as web:
        web.trust_env = False

        def send(user: str, method: str, path: str, **options: Any) -> int:
            headers = {"Authorization": f"Splunk {splunk.processes.access.key_for(user)}"}
            url = f"{splunk.rest_uri}/servicesNS/nobody/{APP}/{path}"
            return web.request(method, url, headers=headers, verify=str(authority), timeout=30, **options).status_code

        yield send


def ends_with_an_error(splunk: StandIn, user: str, spl: str) -> bool:
    try:
        result = splunk.search(spl, earliest="", latest="", app=APP, user=user)
    except SplError:
        return True
    return any(message.level == "ERROR" for message in result.messages)


@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("pat", 403), ("uma", 200), ("mia", 200), ("sam", 200)])
def test_who_reads_the_allowlist(call: Call, splunk: StandIn, user: str, status: int) -> None:
    assert call(user, "GET", "storage/collections/data/mail_threats_allowlist") == status
    assert ends_with_an_error(splunk, user, "| inputlookup mail_threats_allowlist") == (status == 403)


@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("pat", 403), ("uma", 403), ("mia", 201), ("sam", 201)])
def test_who_changes_the_allowlist(call: Call, splunk: StandIn, user: str, status: int) -> None:
    assert call(user, "POST", "storage/collections/data/mail_threats_allowlist", json={"account": user}) == status
    write = '| makeresults | eval account="x" | outputlookup append=true mail_threats_allowlist'
    assert ends_with_an_error(splunk, user, write) == (status == 403)


@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("pat", 403), ("uma", 403), ("mia", 200), ("sam", 200)])
def test_who_changes_macros_and_enables_rules(call: Call, user: str, status: int) -> None:
    form = {"definition": "index=entra"}
    assert call(user, "POST", "configs/conf-macros/mail_threats_index_signins", data=form) == status
    rule = "configs/conf-savedsearches/Mail Threats - Mail Forwarding - Rule"
    assert call(user, "POST", rule, data={"disabled": "0"}) == status


@pytest.mark.parametrize(("user", "status"), [("ann", 403), ("pat", 403), ("uma", 403), ("mia", 201), ("sam", 201)])
def test_who_saves_secrets(call: Call, user: str, status: int) -> None:
    assert call(user, "POST", "storage/passwords", data={"name": user, "realm": "r", "password": "p"}) == status


@pytest.mark.parametrize(("user", "refused"), [("ann", True), ("uma", True), ("mia", False), ("nobody", False)])
def test_who_opens_a_rule_by_hand(splunk: StandIn, user: str, refused: bool) -> None:
    """A rule names collections that it writes to, though it writes in scheduled runs only."""
    assert ends_with_an_error(splunk, user, '| savedsearch "Mail Threats - Mail Forwarding - Rule"') == refused


@pytest.mark.parametrize("role", ["mail_threats_user", "mail_threats_admin"])
def test_neither_role_may_do_everything(splunk: StandIn, role: str) -> None:
    access = splunk.processes.access
    user = next(name for name, given in USERS.items() if given == role)
    assert "admin_all_objects" not in access.capabilities(user)
