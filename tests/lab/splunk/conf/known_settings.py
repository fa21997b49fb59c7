"""The settings of props.conf and transforms.conf that this stand-in knows, and what it does about each.

Names are those of the spec files; `<...>` stands for any text. A setting that is in no table here is refused when an
event or lookup that it concerns is used: it is a spelling mistake, or something that is not carried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from .files import UnsupportedConf
from .layering import Setting

PROPS_CARRIED_OUT = (
    "priority",
    # on the way into the index
    "TRUNCATE", "LINE_BREAKER", "SHOULD_LINEMERGE",
    "DATETIME_CONFIG", "TIME_PREFIX", "TIME_FORMAT", "MAX_TIMESTAMP_LOOKAHEAD", "TZ", "MAX_DAYS_AGO", "MAX_DAYS_HENCE",
    # at search time
    "EXTRACT-<class>", "REPORT-<class>", "KV_MODE", "AUTO_KV_JSON", "KV_TRIM_SPACES", "MATCH_LIMIT",
    "FIELDALIAS-<class>", "EVAL-<fieldname>", "LOOKUP<class>",
)  # fmt: skip

PROPS_WITHOUT_EFFECT = (
    # for people and for the pages of Splunk Web
    "description", "category", "pulldown_type", "given_type", "_actions", "RULESET_DESC-<class>",
    # for files and forwarders; the stand-in reads no files, and the sourcetype is given
    "sourcetype", "CHECK_METHOD", "initCrcLength", "NO_BINARY_CHECK", "PREFIX_SOURCETYPE", "LEARN_MODEL",
    "LEARN_SOURCETYPE", "MORE_THAN<...>", "LESS_THAN<...>", "maxDist", "termFrequencyWeightedDist", "invalid_cause",
    "is_valid", "unarchive_cmd", "unarchive_cmd_start_mode", "unarchive_sourcetype", "detect_trailing_nulls",
    "force_local_processing", "EVENT_BREAKER", "EVENT_BREAKER_ENABLE", "LB_CHUNK_BREAKER", "LB_CHUNK_BREAKER_TRUNCATE",
    "SOURCETYPE_NAME_RESTRICTED_CHARACTERS",
    # about speed and storage
    "LINE_BREAKER_LOOKBEHIND", "SEGMENTATION", "SEGMENTATION-<...>", "DEPTH_LIMIT", "MAX_EXPECTED_EVENT_LINES",
    # about merging lines, which is refused where it would happen, and about times whose format is guessed
    "BREAK_ONLY_BEFORE", "BREAK_ONLY_BEFORE_DATE", "MUST_BREAK_AFTER", "MUST_NOT_BREAK_AFTER", "MUST_NOT_BREAK_BEFORE",
    "MAX_EVENTS", "MAX_DIFF_SECS_AGO", "MAX_DIFF_SECS_HENCE", "DETERMINE_TIMESTAMP_DATE_WITH_SYSTEM_TIME",
)  # fmt: skip

PROPS_FIXED = {
    "CHARSET": ("utf-8", "auto"),
    "HEADER_MODE": ("none",),
    "CHECK_FOR_HEADER": ("false", "0"),
    "ADD_EXTRA_TIME_FIELDS": ("true", "1", "all"),
    "ANNOTATE_PUNCT": ("true", "1"),
}
"""Settings of which only these values are carried out, in lower case."""

PROPS_OF_SEARCHES = ("rename",)
"""Settings that are not carried out, but do not matter on the way into the index."""

TRANSFORMS_CARRIED_OUT = (
    # extractions
    "REGEX", "FORMAT", "DELIMS", "FIELDS", "SOURCE_KEY", "MV_ADD", "CLEAN_KEYS", "KEEP_EMPTY_VALS", "MATCH_LIMIT",
    # lookups
    "filename", "collection", "external_type", "fields_list", "match_type", "case_sensitive_match", "max_matches",
    "min_matches", "default_match", "filter", "replicate",
)  # fmt: skip

TRANSFORMS_WITHOUT_EFFECT = (
    "CAN_OPTIMIZE", "DEPTH_LIMIT", "allow_caching", "batch_index_query", "cache_size", "max_ext_batch",
    "max_duplicates", "check_permission", "reverse_lookup_honor_case_sensitive_match", "python.version",
    "python.required",
)  # fmt: skip


@lru_cache(maxsize=8)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for name in names:
        literal = ".*".join(re.escape(part) for part in re.split(r"<[^>]*>", name))
        # props.conf.spec: "The LOOKUP- prefix is actually case-insensitive".
        parts.append(f"(?i:{literal})" if name.startswith("LOOKUP") else literal)
    return re.compile("|".join(parts))


def refuse_unknown_props(settings: Mapping[str, Setting], *, at_search_time: bool) -> None:
    """Raises UnsupportedConf for a setting with a value that is not carried out. Empty values switch a setting off."""
    elsewhere = () if at_search_time else PROPS_OF_SEARCHES
    _refuse(settings, (*PROPS_CARRIED_OUT, *PROPS_WITHOUT_EFFECT, *elsewhere), PROPS_FIXED)


def refuse_unknown_transforms(stanza: str, settings: Mapping[str, Setting]) -> None:
    """The same for a stanza of transforms.conf."""
    _refuse(settings, (*TRANSFORMS_CARRIED_OUT, *TRANSFORMS_WITHOUT_EFFECT), {}, f" [{stanza}]")


def _refuse(
    settings: Mapping[str, Setting], known: tuple[str, ...], fixed: Mapping[str, Iterable[str]], stanza: str = ""
) -> None:
    pattern = _pattern(known)
    for key, setting in settings.items():
        value = setting.value.strip()
        if not value or pattern.fullmatch(key):
            continue
        if key not in fixed:
            raise UnsupportedConf(f"{setting.path}{stanza}: {key} is not supported.")
        if value.lower() not in fixed[key]:
            raise UnsupportedConf(
                f"{setting.path}{stanza}: {key} = {value} is not supported; only {' or '.join(fixed[key])} is."
            )
