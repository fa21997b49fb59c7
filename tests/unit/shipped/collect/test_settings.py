"""What an admin configures: clouds, accounts, proxy, certificates and the parameters of inputs."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest

from mail_threats.accounts import account_from_stanza, proxy_from_stanza
from mail_threats.clouds import CLOUDS, endpoints
from mail_threats.errors import ConfigError
from mail_threats.inputs import parameters
from mail_threats.wire.credentials import ClientSecret
from mail_threats.wire.trust import bundle, certificates

TENANT = "3C9F2A58-7C1E-4B7D-9D55-6F0A1C2B3D4E"
CLIENT = "8F14E45F-CEEA-467A-9C33-0B8F2A1D7E60"
STANZA = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": "s3cret", "cloud": "worldwide"}

HOSTS = [
    ("worldwide", "login.microsoftonline.com", "manage.office.com", "graph.microsoft.com"),
    ("gcc", "login.microsoftonline.com", "manage-gcc.office.com", "graph.microsoft.com"),
    ("gcc_high", "login.microsoftonline.us", "manage.office365.us", "graph.microsoft.us"),
    ("dod", "login.microsoftonline.us", "manage.protection.apps.mil", "dod-graph.microsoft.us"),
]


@pytest.mark.parametrize(("cloud", "login", "management", "graph"), HOSTS)
def test_cloud_has_its_hosts(cloud: str, login: str, management: str, graph: str) -> None:
    assert endpoints(cloud) == (f"https://{login}", f"https://{management}", f"https://{graph}")


def test_cloud_without_a_documented_host_takes_the_admin_s() -> None:
    assert endpoints("china").management is None
    assert endpoints("china", management="https://manage.example.com/").management == "https://manage.example.com"


def test_custom_addresses_change_no_listed_cloud() -> None:
    assert endpoints("worldwide", login="https://login.example.com") == CLOUDS["worldwide"]


NOT_ADDRESSES = [
    "http://login.example.com",
    "login.example.com",
    "https://",
    "https://u:p@login.example.com",
    "ftp://x",
    "https://login.example.com?x=1",
    "https://login.example.com:port",
    "https://[",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_custom_address_has_to_be_plain_https(text: str) -> None:
    with pytest.raises(ConfigError, match="not an https address"):
        endpoints("custom", login=text)


def test_custom_cloud_needs_a_login_address() -> None:
    with pytest.raises(ConfigError, match="no login address"):
        endpoints("custom", graph="https://graph.example.com")


def test_unknown_cloud_is_named() -> None:
    with pytest.raises(ConfigError, match="'moon'"):
        endpoints("moon")


def test_account_is_read_from_its_stanza() -> None:
    account = account_from_stanza("contoso", {**STANZA, "client_secret": " s3cret ", "disabled": "0", "eai:acl": None})
    assert (account.tenant_id, account.client_id) == (TENANT.lower(), CLIENT)
    assert account.credential == ClientSecret("s3cret")
    assert account.endpoints == CLOUDS["worldwide"]


def test_day_on_which_the_secret_expires_is_what_the_admin_noted() -> None:
    assert account_from_stanza("contoso", STANZA).credential.expires is None
    assert account_from_stanza("contoso", {**STANZA, "secret_expires": "2027-01-31"}).credential.expires == 1801353600.0


INCOMPLETE = [
    pytest.param({"tenant_id": ""}, "tenant ID '' is not a GUID", id="no tenant"),
    pytest.param({"client_id": None}, "client ID '' is not a GUID", id="no client"),
    pytest.param({"client_id": "../../etc"}, "client ID '../../etc' is not a GUID", id="path for a client ID"),
    pytest.param({"client_secret": " "}, "no client secret", id="no secret"),
    pytest.param({"credential_kind": "password"}, "'password', which is not known", id="unknown way to sign in"),
    pytest.param({"secret_expires": "next year"}, "secret expires cannot be read", id="day that is none"),
    pytest.param({"tenant_id": "contoso.onmicrosoft.com"}, "not a GUID", id="domain for a tenant ID"),
]


@pytest.mark.parametrize(("change", "words"), INCOMPLETE)
def test_account_that_cannot_work_says_which_field(change: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        account_from_stanza("contoso", {**STANZA, **change})
    assert "contoso" in str(raised.value)
    assert "s3cret" not in str(raised.value)


PROXY = {"proxy_enabled": "1", "proxy_type": "http", "proxy_url": "proxy.example.com", "proxy_port": "3128"}


@pytest.mark.parametrize(
    "off", [{}, {"proxy_enabled": "0"}, {"proxy_enabled": ""}, {**PROXY, "proxy_enabled": "false"}]
)
def test_proxy_is_off_unless_enabled(off: dict[str, str]) -> None:
    assert proxy_from_stanza(off) is None


@pytest.mark.parametrize(
    "host", ["proxy.example.com", "proxy", "192.0.2.8", "2001:db8::8", "[2001:db8::8]", "my_proxy.local"]
)
def test_proxy_host_may_be_a_name_or_an_address(host: str) -> None:
    proxy = proxy_from_stanza({**PROXY, "proxy_url": host, "proxy_username": "ada", "proxy_password": "p"})
    assert proxy is not None
    assert (proxy.host, proxy.port, proxy.username) == (host.strip("[]"), 3128, "ada")
    assert "password" not in repr(proxy)


WRONG_PROXIES = [
    pytest.param({"proxy_url": "http://proxy.example.com"}, "proxy host", id="a scheme"),
    pytest.param({"proxy_url": "u:p@proxy"}, "proxy host", id="a password"),
    pytest.param({"proxy_url": ""}, "proxy host", id="no host"),
    pytest.param({"proxy_port": ""}, "proxy port", id="no port"),
    pytest.param({"proxy_port": "99999"}, "proxy port", id="port out of range"),
    pytest.param({"proxy_type": "socks5"}, "not supported", id="other kind"),
]


@pytest.mark.parametrize(("change", "words"), WRONG_PROXIES)
def test_proxy_that_cannot_work_says_which_field(change: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        proxy_from_stanza({**PROXY, **change})


PEM = Path(certifi.where()).read_text(encoding="utf-8")
ONE = PEM[PEM.index("-----BEGIN") : PEM.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")]

SPELLINGS = [
    pytest.param(ONE, id="as pasted"),
    pytest.param(ONE.replace("\n", " "), id="blanks for line breaks"),
    pytest.param(ONE.replace("\n", "\r\n"), id="line breaks of Windows"),
    pytest.param(f"Subject: x\n{ONE}\nsome words\n", id="with words around it"),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_certificate_is_understood_however_it_was_pasted(text: str) -> None:
    (found,) = certificates(text)
    assert ssl.PEM_cert_to_DER_cert(found) == ssl.PEM_cert_to_DER_cert(ONE)


@pytest.mark.parametrize("text", ["hello", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
                                  ONE[:200] + "\n-----END CERTIFICATE-----",
                                  "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])  # fmt: skip
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="CA certificate"):
        certificates(text)


def test_own_certificates_are_trusted_besides_the_public_ones(tmp_path: Path) -> None:
    assert bundle("", tmp_path) == certifi.where()
    path = Path(bundle(ONE, tmp_path))
    assert path.parent == tmp_path
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text().count("BEGIN CERTIFICATE") == PEM.count("BEGIN CERTIFICATE") + 1
    ssl.create_default_context(cafile=str(path))
    assert bundle(ONE, tmp_path) == str(path)
    bundle(ONE + "\n" + ONE, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_choices_come_in_the_listed_order_whatever_separates_them() -> None:
    assert parameters.choices({"x": "b|a , a"}, "x", ("a", "b", "c")) == ("a", "b")


@pytest.mark.parametrize(
    ("value", "words"), [("", "is empty"), (" , ", "is empty"), ("a,z", "holds z"), ("A", "holds A")]
)
def test_choice_that_is_none_is_refused(value: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parameters.choices({"x": value}, "x", ("a", "b"))


@pytest.mark.parametrize(("text", "most"), [("", 32), (" 7 ", 7), ("1", 1), ("64", 64)])
def test_concurrency_is_what_the_stanza_says_or_32(text: str, most: int) -> None:
    assert parameters.concurrency({"concurrency": text}) == most


@pytest.mark.parametrize("text", ["0", "65", "-1", "8.5", "many", "\u0663"])
def test_concurrency_that_is_none_is_refused_with_words(text: str) -> None:
    with pytest.raises(ConfigError, match="concurrency"):
        parameters.concurrency({"concurrency": text})


def test_start_time_defaults_to_the_age_given() -> None:
    assert parameters.start_time({}, 1000.0, 400.0) == 600.0
    assert parameters.start_time({"start_time": "1970-01-01T00:10:00Z"}, 1000.0, 400.0) == 600.0


@pytest.mark.parametrize("name", ["", "1st", "a b", "a/b", "../x", "a" * 101, "ä"])
def test_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        parameters.check_name(name)


@pytest.mark.parametrize("interval", ["60", "300", "86400", ""])
def test_interval_of_seconds_is_accepted(interval: str) -> None:
    parameters.check_interval({"interval": interval})


@pytest.mark.parametrize("interval", ["0", "59", "86401", "-1", "5m", "* * * * *", "1e3"])
def test_other_interval_is_refused(interval: str) -> None:
    with pytest.raises(ConfigError, match="interval"):
        parameters.check_interval({"interval": interval})
