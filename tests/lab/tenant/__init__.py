"""A simulated Microsoft 365 tenant behind HTTPS on loopback, with its own certificate authority.

It serves the OAuth token endpoints, the Management Activity API and the Graph sign-in and directory audit reports, as
strictly as Microsoft does and with Microsoft's own error bodies; what it does not simulate it refuses. Use:

    now = time.time()
    records = [
        Record.audit("Audit.Exchange", now - 300, guid, {"Operation": "New-InboxRule", "UserId": "ann@contoso.com"}),
        Record.sign_in("interactive", now - 200, guid, {"userPrincipalName": "ann@contoso.com"}, visible_at=now)]
    with Tenant(records, page_size=5, faults=[fault("throttled", endpoint="blob", first=2, status=429, retry_after=1),
                                              "list_without_status"]) as tenant:
        ca_file.write_text(tenant.ca_pem)
        collect(tenant.login_url, tenant.management_url, tenant.graph_url,
                tenant.tenant_id, tenant.client_id, tenant.client_secret)
        assert tenant.ledger.judge("audit", delivered_ids, at=time.time()).clean
        assert not tenant.ledger.mistakes and not tenant.ledger.pages_never_asked()

`Tenant` lists the settings, `faults.FAULTS` the faults, `ledger.MISTAKES` what a client can do wrong. Unlike a kind lab
it enforces Graph's 5 report requests in 10 seconds; with `graph_limit=None` the ledger only counts what went over.
"""

from lab.tenant.faults import FAULTS, Fault, fault
from lab.tenant.ledger import MISTAKES, Judgement, Ledger
from lab.tenant.records import CONTENT_TYPES, SIGN_IN_KINDS, Record
from lab.tenant.tenant import LabError, Tenant

__all__ = [
    "CONTENT_TYPES",
    "FAULTS",
    "MISTAKES",
    "SIGN_IN_KINDS",
    "Fault",
    "Judgement",
    "LabError",
    "Ledger",
    "Record",
    "Tenant",
    "fault",
]
