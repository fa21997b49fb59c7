"""Which Splunk this process runs on."""

from __future__ import annotations

from typing import NamedTuple


class Host(NamedTuple):
    """`guid` and `name` are the server's. `in_cluster`: a member of a search head cluster, whose KV store others write
    too. `has_kvstore`: False where an admin has switched the KV store off."""

    guid: str
    name: str
    in_cluster: bool
    has_kvstore: bool
