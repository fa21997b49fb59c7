"""Which certificates a connection accepts: the public ones that ship with the app, and what an admin pasted into the
account."""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
from pathlib import Path

import certifi

from mail_threats.errors import ConfigError
from mail_threats.wire.pem import blocks, certificate_text


def certificates(text: str) -> list[str]:
    """The PEM certificates in `text`, well formed even when a form or a conf file has turned line breaks into spaces.

    Raises: ConfigError when there is none, or one that cannot be read.
    """
    found = [certificate_text(block.content) for block in blocks(text) if block.label == "CERTIFICATE"]
    advice = "Paste the whole certificate, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
    if not found:
        raise ConfigError("The account's CA certificate holds no PEM certificate.", advice=advice)
    try:
        ssl.create_default_context(cadata="".join(found))
    except (ssl.SSLError, ValueError):
        raise ConfigError("The account's CA certificate cannot be read.", advice=advice) from None
    return found


def bundle(ca_pem: str, directory: Path) -> str:
    """The path of a file with all certificates to trust; `directory` is where a new one is written, readable by its
    owner only.

    Raises: ConfigError.
    """
    if not ca_pem.strip():
        return certifi.where()
    public = Path(certifi.where()).read_text(encoding="ascii", errors="ignore")
    content = (public + "\n" + "".join(certificates(ca_pem))).encode("ascii")
    path = directory / f"trusted_{hashlib.sha256(content).hexdigest()[:16]}.pem"
    if not path.is_file() or path.read_bytes() != content:
        handle, temporary = tempfile.mkstemp(dir=str(directory), prefix="trusted_", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    for stale in directory.glob("trusted_*.pem"):
        if stale != path:
            stale.unlink()
    return str(path)
