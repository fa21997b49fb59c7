"""Forty-eight hours of the company: repeatable, true to their ground truth, and no artefact of how they were made."""

from __future__ import annotations

import ipaddress
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from lab.company import Company, Record, World, lateness
from lab.company.records.catalogue import USER_AGENTS
from lab.company.records.shape import Payload, compact
from lab.tenant.records import Record as TenantRecord

SEED = 7
END = 1_772_546_400.0  # 2026-03-03T14:00:00Z
DOCUMENTATION = [
    ipaddress.ip_network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


@pytest.fixture(scope="module")
def world() -> World:
    return Company(seed=SEED, end=END).build()


def addresses(payload: Payload) -> Iterator[str]:
    for key in ("ipAddress", "ClientIP", "ClientIPAddress", "ActorIpAddress"):
        value = payload.get(key)
        if value:
            bare = re.sub(r"^\[?([0-9a-f:.]+?)\]?(:\d+)?$", r"\1", value) if value.count(":") != 7 else value
            yield bare.strip("[]")


def test_same_seed_and_end_give_the_same_world(world: World) -> None:
    again = Company(seed=SEED, end=END).build()
    assert again == world
    other = Company(seed=SEED + 1, end=END).build()
    assert other.records != world.records


def test_order_of_construction_does_not_matter() -> None:
    """Each purpose has its own stream of chance: one story less changes nobody's working day."""
    with_all = Company(seed=3, end=END).build()
    without = Company(seed=3, end=END, only=frozenset({"stale_phone"})).build()

    def ordinary(world: World) -> Counter[tuple[str, str]]:
        return Counter(
            (record.payload["userPrincipalName"], record.payload["createdDateTime"])
            for record in world.records
            if record.kind == "sign_in" and record.id not in world.story_of
        )

    assert ordinary(with_all) == ordinary(without)


def test_volume_is_that_of_a_company_of_three_hundred(world: World) -> None:
    assert 15_000 <= len(world.records) <= 25_000
    assert 1_000 <= len(world.endpoint_events) <= 5_000
    by_type = Counter(record.content_type or record.sign_in_kind or record.kind for record in world.records)
    assert set(by_type) == {
        "Audit.AzureActiveDirectory",
        "Audit.Exchange",
        "Audit.General",
        "Audit.SharePoint",
        "interactive",
        "non_interactive",
        "service_principal",
        "directory_audit",
    }


def test_everything_happens_inside_the_run_and_shows_after_it_happened(world: World) -> None:
    assert world.end - world.start == 48 * 3600
    for item in [*world.records, *world.endpoint_events]:
        assert world.start <= item.time < world.end
        assert 0 < item.visible_at - item.time <= lateness.LATEST_AUDIT


def test_audit_records_come_late_and_out_of_order(world: World) -> None:
    audit = [record for record in world.records if record.kind == "audit"]
    delays = [record.visible_at - record.time for record in audit]
    assert statistics.median(delays) > 300
    assert sum(delay > 3600 for delay in delays) > 0.03 * len(delays)
    assert any(later.time < earlier.time for earlier, later in zip(audit, audit[1:], strict=False))


def test_nights_are_quieter_than_days(world: World) -> None:
    hours = Counter(
        int(record.payload["createdDateTime"][11:13])
        for record in world.records
        if record.kind == "sign_in" and record.id not in world.story_of and record.sign_in_kind == "interactive"
    )
    assert sum(hours[hour] for hour in range(7, 16)) > 4 * sum(hours[hour] for hour in (22, 23, 0, 1, 2, 3))


def test_records_are_records_of_the_tenant(world: World) -> None:
    for record in world.records:
        served = TenantRecord(**vars(record))
        assert served.stream == (record.content_type or record.sign_in_kind or record.kind)


def test_ids_are_unique_and_shared_by_the_two_services_only(world: World) -> None:
    seen: dict[str, list[Record]] = defaultdict(list)
    for record in world.records:
        seen[record.id].append(record)
    for records in seen.values():
        assert len(records) == len({record.kind for record in records}), records[0].id
    assert sum(len(records) == 2 for records in seen.values()) > 4_000


def test_a_sign_in_says_the_same_in_both_services(world: World) -> None:
    graph = {record.id: record.payload for record in world.records if record.kind == "sign_in"}
    for record in world.records:
        if record.kind == "audit" and record.id in graph:
            twin = graph[record.id]
            assert record.payload["CreationTime"] + "Z" == twin["createdDateTime"]
            assert record.payload["ErrorNumber"] == str(twin["status"]["errorCode"])
            assert record.payload["ActorIpAddress"] == twin["ipAddress"]


def test_only_documentation_addresses(world: World) -> None:
    seen = {address for record in world.records for address in addresses(record.payload)}
    assert len(seen) > 300
    for address in seen:
        assert any(ipaddress.ip_address(address) in network for network in DOCUMENTATION), address


def test_only_domains_of_the_company_and_reserved_ones(world: World) -> None:
    mail = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
    allowed = re.compile(r"(^|\.)(contoso\.(com|local)|contoso\.onmicrosoft\.com|example\.(com|net|org))$")
    # Parts of the service's own notation, no mail addresses: message ids, SharePoint keys, Teams threads.
    notation = re.compile(r"(prod\.outlook\.com|live\.com|thread\.tacv2)$")
    for record in world.records:
        for domain in set(mail.findall(compact(record.payload))):
            assert allowed.search(domain) or notation.search(domain), (record.id, domain)


# --- the ground truth ---


def test_every_truth_entry_is_about_something_that_happened(world: World) -> None:
    by_story: dict[str, list[str]] = defaultdict(list)
    for record in world.records:
        if record.id in world.story_of:
            by_story[world.story_of[record.id]].append(compact(record.payload).lower())
    hosts = defaultdict(list)
    for event in world.endpoint_events:
        hosts[event.host.lower()].append(event.time)
    for entry in world.truth:
        assert world.start <= entry.first <= entry.last < world.end - lateness.LATEST_AUDIT
        if entry.detection == "local_mail_file_collection":
            assert any(entry.first <= time <= entry.last for time in hosts[entry.entity]), entry.id
        else:
            text = entry.entity.replace("\\", "\\\\")
            assert any(text in record for record in by_story[entry.story]), entry.id


def test_truth_speaks_of_every_kind_of_end(world: World) -> None:
    assert {entry.must for entry in world.truth} == {"found", "allowed", "not_raised", "none"}
    for detection in (
        "address_enumeration_by_source",
        "local_mail_file_collection",
        "remote_mailbox_collection",
        "mail_forwarding",
    ):
        musts = {entry.must for entry in world.truth if entry.detection == detection}
        assert "found" in musts
        assert musts - {"found"}, f"{detection}: no innocent look-alike"


def test_no_two_stories_are_about_the_same_entity_with_different_ends(world: World) -> None:
    ends: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in world.truth:
        ends[entry.detection, entry.entity].add(entry.must)
    assert all(len(musts) == 1 for musts in ends.values()), [key for key, musts in ends.items() if len(musts) > 1]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("end", [END, END + 5 * 3600, END + 13 * 3600 + 60], ids=["14:00", "19:00", "03:01"])
def test_stories_find_room_whatever_the_clock_says(seed: int, end: float) -> None:
    world = Company(seed=seed, end=end, ordinary=False).build()
    assert {entry.story for entry in world.truth} == set(world.story_of.values()) | {
        entry.story for entry in world.truth if entry.detection == "local_mail_file_collection"
    }


def test_allowlist_rows_name_what_is_in_the_records(world: World) -> None:
    seen = {address for record in world.records for address in addresses(record.payload)}
    for row in world.allowlist_rows:
        assert row["ticket"]
        assert row["owner"]
        if row["source"]:
            assert row["source"].removesuffix("/32") in seen


# --- nothing is told apart by how it was made ---


def key_paths(value: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{prefix}{key}"
            yield from key_paths(item, f"{prefix}{key}.")
    elif isinstance(value, list):
        for item in value:
            yield from key_paths(item, f"{prefix}[].")


def test_records_of_stories_have_no_keys_of_their_own(world: World) -> None:
    ordinary: dict[tuple[str, str], set[str]] = defaultdict(set)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in world.records:
        group = (record.kind, record.payload.get("Operation") or str(record.sign_in_kind))
        (told if record.id in world.story_of else ordinary)[group].update(key_paths(record.payload))
    assert len(told.keys() & ordinary.keys()) >= 8
    for group in told.keys() & ordinary.keys():
        assert told[group] <= ordinary[group], (group, told[group] - ordinary[group])


def test_order_of_keys_is_the_same(world: World) -> None:
    orders: dict[tuple[str, str, bool], set[tuple[str, ...]]] = defaultdict(set)
    for record in world.records:
        if record.kind == "sign_in":
            orders["sign_in", str(record.sign_in_kind), record.id in world.story_of].add(tuple(record.payload))
    for kind in ("interactive", "non_interactive"):
        assert orders["sign_in", kind, True] == orders["sign_in", kind, False]


def test_user_agents_of_stories_are_used_by_ordinary_people_too(world: World) -> None:
    used: dict[bool, set[str]] = {True: set(), False: set()}
    for record in world.records:
        if record.kind == "sign_in":
            used[record.id in world.story_of].add(record.payload["userAgent"])
    assert used[True] <= used[False]
    assert used[False] <= {*USER_AGENTS.values(), ""}


def test_applications_of_stories_are_no_group_of_their_own(world: World) -> None:
    """An id nobody has seen is no sign of an attack: people connect applications, too."""
    readers: dict[bool, set[str]] = {True: set(), False: set()}
    for record in world.records:
        if record.payload.get("Operation") == "MailItemsAccessed" and "ClientAppId" in record.payload:
            readers[record.id in world.story_of].add(record.payload["ClientAppId"])
    assert len(readers[False] - readers[True]) > 10
    assert {len(application) for application in readers[True]} == {36}


def test_addresses_of_stories_come_from_the_same_ranges(world: World) -> None:
    networks: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for record in world.records:
        seen[record.id in world.story_of].update(addresses(record.payload))
    for told in (True, False):
        for address in seen[told]:
            networks[told][address.split(".")[0] if "." in address else "v6"] += 1
    assert set(networks[True]) == set(networks[False])


def test_lateness_does_not_give_a_story_away(world: World) -> None:
    delays: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for record in world.records:
        delays[record.kind, record.id in world.story_of].append(record.visible_at - record.time)
    for kind in ("audit", "sign_in"):
        told, ordinary = (statistics.median(delays[kind, flag]) for flag in (True, False))
        assert 0.7 < told / ordinary < 1.4


def test_identifiers_are_of_one_kind(world: World) -> None:
    guid = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    assert all(guid.match(record.id) for record in world.records if record.kind != "directory_audit")
    assert not any(guid.match(record.id) for record in world.records if record.kind == "directory_audit")


def test_times_of_endpoint_events_have_the_same_precision(world: World) -> None:
    stamps = [re.search(r"SystemTime='([^']+)'", event.raw) for event in world.endpoint_events]
    assert {len(stamp.group(1)) for stamp in stamps if stamp} == {len("2026-03-03T10:00:00.1234567Z")}
    whole = sum(event.time == int(event.time) for event in world.endpoint_events)
    assert whole < 0.05 * len(world.endpoint_events)
