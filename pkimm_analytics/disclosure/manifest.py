"""
What a release says about itself: manifest, page for readers, change log.

Everything in them follows from the public table, the policy and the plan. Nothing is
taken from the contributions, because it would not have passed disclosure control; but
whether any of them is invented is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pkimm_analytics.audit.suite import VERSION, number_of_attacks
from pkimm_analytics.disclosure.plan import Plan, hierarchy_versions
from pkimm_analytics.disclosure.policy import Policy, read_settings
from pkimm_analytics.model.shipped import shipped_model
from pkimm_analytics.quarters import spelled
from pkimm_analytics.release import TABLE_FILE, Group, Release, manifest_bytes, release_id, totals

FORMAT = "pkimm-release/1"


def manifest(
    *,
    quarter: str,
    policy: Policy,
    plan: Plan,
    tier: int,
    release: Release,
    previous: str | None,
    files: Mapping[str, bytes],
    synthetic: bool = False,
    collection: str | None = None,
) -> bytes:
    """
    Public manifest as JSON; it lists every other file of the release with its hash.

    `synthetic` says that invented organizations count in it; `collection` is the public mark
    of where the contributions are.
    """
    window = policy.window(quarter)
    says = statements()
    document = {
        "format": FORMAT,
        "release": release_id(quarter, files[TABLE_FILE]),
        "quarter": quarter,
        "previous": previous,
        "synthetic": synthetic,
        "contributions": {
            "from": spelled(window[0]),
            "to": spelled(window[-1]),
            "collection": collection,
        },
        "editions": [_edition(code) for code in plan.codes["edition"]],
        "pooled": says["pooled"],
        "policy": _policy(policy),
        "plan": {
            "version": plan.version,
            "digest": plan.digest,
            "tier": tier,
            "measures_of_edition": plan.measures.edition,
            "hierarchies": hierarchy_versions(),
        },
        "totals": totals(release, quarter),
        "software": {"name": "pkimm-analytics", "version": software_version()},
        "audit": {
            "version": VERSION,
            "attacks": number_of_attacks(),
            "findings": 0,
        },
        "differential_privacy": None,
        "limits": says["limits"],
    }
    return manifest_bytes(document, files)


def statements() -> dict[str, Any]:
    """Sentences of every manifest: ``pooled`` and ``limits``."""
    return dict(read_settings(None, "statements.yaml"))


def software_version() -> str:
    """Version of this package."""
    try:
        return version("pkimm-analytics")
    except PackageNotFoundError:
        return "unknown"


def _edition(code: str) -> dict[str, str | None]:
    try:
        return {"version": code, "digest": shipped_model(code).edition.digest}
    except KeyError:
        return {"version": code, "digest": None}


def _policy(policy: Policy) -> dict[str, Any]:
    settings = {n: v for n, v in policy.to_json().items() if n not in ("format", "rounds")}
    settings |= {"digest": policy.digest, "looser_than_safe": list(policy.looser)}
    return settings if policy.looser else settings | {"override": None}


# --- texts for readers ---------------------------------------------------------------------


def readme(release: Release, quarter: str, policy: Policy) -> bytes:
    """Page for readers of a release, in Markdown."""
    found = totals(release, quarter)
    template = resources.files("pkimm_analytics") / "policy" / "readers.md"
    text = template.read_text(encoding="utf-8")
    return text.format(
        quarter=quarter,
        published=found["published"],
        groups=found["groups"],
        carried=found["published_carried_forward"],
        threshold=policy.threshold,
        changes=policy.changes,
        age=policy.age_months,
        window=policy.window_months,
    ).encode()


def changes(before: Release | None, now: Release, previous: str | None) -> bytes:
    """Change log against the release before, from the two public tables only."""
    if before is None:
        return b"# Changes\n\nThis is the first release of its series.\n"
    old, new = _blocks(before), _blocks(now)
    appeared = [g for g in new if new[g] and not old.get(g)]
    gone = [g for g in old if old[g] and not new.get(g)]
    renewed = [g for g in new if new[g] and old.get(g) and new[g] != old[g]]
    same = sum(1 for g in new if new[g] and new[g] == old.get(g))
    lines = ["# Changes", "", f"Since release {previous}:", ""]
    lines += [f"- {same} groups are carried forward as they were."]
    for label, groups in (("New", appeared), ("No longer published", gone), ("Renewed", renewed)):
        lines += ["", f"## {label}: {len(groups)}", ""]
        lines += [f"- {_name(now, group)}" for group in sorted(groups)]
    return ("\n".join(lines).rstrip() + "\n").encode()


def _blocks(release: Release) -> dict[Group, list[Any]]:
    """Return the printed rows of each group; none if all are withheld."""
    found: dict[Group, list[Any]] = {group: [] for group in release.all_groups}
    for (group, measure), cell in release.cells.items():
        if not cell.withheld:
            found[group].append((measure, cell.rows))
    return found


def _name(release: Release, group: Group) -> str:
    pairs = zip(release.dimensions, group, strict=True)
    return ", ".join(f"{d} {code}" for d, code in pairs if code != "*") or "all"
