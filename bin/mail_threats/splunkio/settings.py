"""The admin's settings, read from splunkd with the session key of this run; secrets come from storage/passwords, as UCC
stores them."""

from __future__ import annotations

from solnlib import conf_manager
from solnlib.credentials import CredentialNotExistException
from solnlib.soln_exceptions import ConfManagerException, ConfStanzaNotExistException
from splunklib.binding import AuthenticationError, HTTPError

from mail_threats.accounts import Account, Proxy, account_from_stanza, proxy_from_stanza
from mail_threats.errors import ConfigError
from mail_threats.splunkio.invocation import Splunkd
from mail_threats.splunkio.logs import APP

_ACCOUNTS = f"{APP}_account"
_SETTINGS = f"{APP}_settings"


class Settings:
    """Reads accounts, the proxy and the log level. Raises: ConfigError with words."""

    def __init__(self, splunkd: Splunkd) -> None:
        self._splunkd = splunkd
        self._confs: dict[str, conf_manager.ConfFile] = {}

    def account(self, name: str) -> Account:
        """The account of that name, its secret decrypted."""
        if not name:
            raise ConfigError("The input names no account.", advice="Edit the input and choose an account.")
        stanza = self._stanza(_ACCOUNTS, name)
        if stanza is None:
            raise ConfigError(
                f"The account {name!r} does not exist.",
                advice="Create it on the Configuration page, or choose another one on the input.",
            )
        return account_from_stanza(name, stanza)

    def proxy(self) -> Proxy | None:
        """The proxy for all traffic to Microsoft; None when it is off."""
        return proxy_from_stanza(self._stanza(_SETTINGS, "proxy") or {})

    def log_level(self) -> str:
        """The name of the log level; INFO when none is set."""
        return str((self._stanza(_SETTINGS, "logging") or {}).get("loglevel") or "INFO")

    def _stanza(self, conf: str, name: str) -> dict[str, str | None] | None:
        try:
            stanza: dict[str, str | None] = self._conf(conf).get(name)
            return stanza
        except (ConfManagerException, ConfStanzaNotExistException):
            return None
        except (CredentialNotExistException, KeyError):
            raise ConfigError(
                f"The secret of [{name}] in {conf}.conf is not in storage/passwords.",
                advice="Open it on the Configuration page, enter the secret again and save.",
            ) from None
        except (HTTPError, AuthenticationError) as fault:
            status = getattr(fault, "status", 401)
            raise ConfigError(
                f"splunkd refused to show [{name}] of {conf}.conf (HTTP {status}).",
                advice="The input needs the capability list_storage_passwords, and read access to the app.",
            ) from None
        except OSError as fault:
            raise ConfigError(
                f"splunkd did not answer at {self._splunkd.host}:{self._splunkd.port} ({type(fault).__name__}).",
                advice="If splunkd is starting, the next run will succeed.",
            ) from None

    def _conf(self, name: str) -> conf_manager.ConfFile:
        if name not in self._confs:
            confs = conf_manager.ConfManager(
                self._splunkd.session_key,
                APP,
                scheme=self._splunkd.scheme,
                host=self._splunkd.host,
                port=self._splunkd.port,
                realm=f"__REST_CREDENTIAL__#{APP}#configs/conf-{name}",
                # One connection to splunkd for all questions, where solnlib would open one for each.
                pool_connections=1,
            )
            self._confs[name] = confs.get_conf(name)
        return self._confs[name]
