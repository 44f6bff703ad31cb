"""
Publishing with differential privacy: the ledger of the budget, and the files.

Noise is drawn once for a quarter. The ledger is written before anything else, and the
files are kept beside it until they are published, so that a computer that stops in between
publishes the same noise when the command is repeated, and spends nothing again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pkimm_analytics.audit.artifacts import Secrets
from pkimm_analytics.audit.published import (
    CHANGES_FILE,
    MANIFEST_FILE,
    README_FILE,
    TABLE_FILE,
    from_columns,
)
from pkimm_analytics.disclosure.manifest import changes, manifest, readme, release_id
from pkimm_analytics.disclosure.noise import (
    FAMILIES,
    LEAST_CONTRIBUTORS,
    MOST_EPSILON_A_YEAR,
    NoisyCounts,
    check_epsilon,
    has_enough,
    noisy_blocks,
    noisy_counts,
    part_for_size,
    tier_of,
)
from pkimm_analytics.disclosure.plan import Plan
from pkimm_analytics.disclosure.policy import Policy
from pkimm_analytics.disclosure.records import Records, quarter_ordinal, read_records
from pkimm_analytics.disclosure.state import alone, read_state
from pkimm_analytics.disclosure.table import table_bytes, table_columns
from pkimm_analytics.disclosure.writing import (
    Written,
    check_apart,
    check_begun,
    check_files,
    names_of,
    release_folders,
    write_folder,
)
from pkimm_analytics.errors import DisclosureError, PkimmError, PolicyError, Problem
from pkimm_analytics.files import write_atomically

FORMAT = "pkimm-privacy-ledger/1"
LEDGER = "privacy-ledger.json"


@dataclass(frozen=True, slots=True)
class Spent:
    """
    One line of the ledger: what was spent, and on which release.

    Without a release it was spent on the answer that there are too few contributors.
    """

    quarter: str
    epsilon: float
    release: str


def publish_with_noise(
    contributions: Any,
    *,
    epsilon: float,
    out: Path,
    private: Path,
    quarter: str,
    policy: Policy,
    plan: Plan,
    running: str | None = None,
) -> Written:
    """
    Make a release with differential privacy and write it.

    Parameters
    ----------
    contributions : pyarrow.Table, mapping of str to array, or Contributions
        See :func:`.records.read_records`.
    epsilon : float
        Budget of the release. What is left of the year's is in the manifest.
    out : Path
        Folder of such releases. Public.
    private : Path
        Folder of the ledger, the one of the collection's other releases. Never publish it.
    running : str, optional
        The quarter that is not over yet; as for :func:`.writing.publish`.

    Raises
    ------
    PolicyError
        If the budget cannot be used, or that of the year is spent.
    DisclosureError
        If there are too few contributors, the quarter was published without noise, or
        something cannot be read or written.
    """
    check_epsilon(epsilon)
    quarter_ordinal(quarter)
    check_apart(out, private)
    try:
        with alone(private):
            ledger = read_ledger(private)
            _check(ledger, private, out, quarter, epsilon)
            known = next((one for one in _published(ledger) if one.quarter == quarter), None)
            if known is None:
                records = read_records(contributions, plan, policy, quarter)
                check_begun(records, policy, quarter, running)
                names = names_of(contributions)
                known = _spend(records, names, ledger, epsilon, private, quarter, policy, plan)
            return _write(known, out, private)
    except PkimmError:  # some are an OSError, too, and say more
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DisclosureError(f"The release cannot be written: {reason}.") from None


def _check(ledger: list[Spent], private: Path, out: Path, quarter: str, epsilon: float) -> None:
    state = read_state(private)
    if state is not None and any(name.startswith(quarter) for name in state.releases):
        raise DisclosureError(
            f"{quarter} was published without noise; both together would void its protection."
            " Nothing was published."
        )
    published = _published(ledger)
    strangers = {folder.name for folder in release_folders(out)} - {o.release for o in published}
    if strangers:
        raise DisclosureError(
            "There are other releases in this folder. Nothing was published.",
            [Problem("out", "expected a folder of its own for releases with noise")],
        )
    if any(one.quarter == quarter for one in published):
        return
    spent = sum(one.epsilon for one in ledger if one.quarter[:4] == quarter[:4])
    if spent + epsilon > MOST_EPSILON_A_YEAR + 1e-9:
        raise PolicyError(
            "The budget of the year is spent. Nothing was published.",
            [Problem("dp", f"{MOST_EPSILON_A_YEAR - spent:g} of {MOST_EPSILON_A_YEAR:g} is left")],
        )


def _spend(
    records: Records,
    names: set[str],
    ledger: list[Spent],
    epsilon: float,
    private: Path,
    quarter: str,
    policy: Policy,
    plan: Plan,
) -> Spent:
    """Draw the noise; from then on the budget is spent, whatever happens."""
    if not has_enough(records, epsilon):
        _write_ledger(private, [*ledger, Spent(quarter, part_for_size(epsilon), "")])
        raise DisclosureError(
            f"Differential privacy is for {LEAST_CONTRIBUTORS:,} contributors or more; for fewer,"
            " the noise would drown the figures. Nothing was published, and"
            f" {part_for_size(epsilon):g} of the year's budget was spent on this answer."
        )
    noisy = noisy_counts(records, plan, epsilon)
    files = noisy_files(noisy, ledger, quarter, policy, plan, synthetic=records.synthetic)
    check_files(files, Secrets(words=names, n_known=records.n_known))
    spent = Spent(quarter, epsilon, release_id(quarter, files[TABLE_FILE]))
    for name, content in files.items():
        write_atomically(_kept(private, spent) / name, content)
    _write_ledger(private, [*ledger, spent])
    return spent


def _write_ledger(private: Path, spent: list[Spent]) -> None:
    document = {"format": FORMAT, "spent": [asdict(one) for one in spent]}
    write_atomically(private / LEDGER, (json.dumps(document, indent=1) + "\n").encode())


def _published(ledger: list[Spent]) -> list[Spent]:
    return [one for one in ledger if one.release]


def _write(spent: Spent, out: Path, private: Path) -> Written:
    kept = _kept(private, spent)
    files = {path.name: path.read_bytes() for path in sorted(kept.iterdir())}
    is_new = write_folder(out, spent.release, files)
    return Written(spent.release, out / spent.release, is_new, private / LEDGER)


def _kept(private: Path, spent: Spent) -> Path:
    return private / f"noise-{spent.release}"


def noisy_files(
    noisy: NoisyCounts,
    ledger: list[Spent],
    quarter: str,
    policy: Policy,
    plan: Plan,
    *,
    synthetic: bool = False,
) -> dict[str, bytes]:
    """Every file of a release with noise, by name; it reads nothing but the noisy counts."""
    tier = tier_of(plan)
    blocks = noisy_blocks(noisy, plan, policy)
    columns = table_columns(plan, tier, policy, blocks, dict.fromkeys(blocks, quarter))
    table = table_bytes(columns)
    published = from_columns("candidate", columns)
    previous = next((one.release for one in reversed(_published(ledger))), None)
    year = [one for one in ledger if one.quarter[:4] == quarter[:4]]
    spent = [*((one.quarter, one.epsilon) for one in year), (quarter, noisy.epsilon)]
    noise = {
        "mechanism": "discrete Laplace",
        "unit": "parent, one record each; neighbors differ by one parent",
        "tables": [list(family) for family in FAMILIES],
        "epsilon": noisy.epsilon,
        "scale": round(noisy.scale, 6),
        "ledger": [{"quarter": q, "epsilon": e} for q, e in spent],
        "most_epsilon_a_year": MOST_EPSILON_A_YEAR,
    }
    files = {
        TABLE_FILE: table,
        README_FILE: readme(published, quarter, policy, noise),
        CHANGES_FILE: changes(None, published, None)
        if previous is None
        else f"# Changes\n\nNoise is drawn anew; compare with {previous} by the steps.\n".encode(),
    }
    files[MANIFEST_FILE] = manifest(
        quarter=quarter,
        policy=policy,
        plan=plan,
        tier=tier,
        release=published,
        previous=previous,
        files=files,
        table=table,
        synthetic=synthetic,
        noise=noise,
    )
    return files


def read_ledger(private: Path) -> list[Spent]:
    """
    Read what was spent, oldest first.

    Raises
    ------
    DisclosureError
        If the ledger is damaged.
    """
    try:
        document = json.loads((private / LEDGER).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ValueError
        found = [Spent(**one) for one in document["spent"]]
        for one in found:
            quarter_ordinal(one.quarter)
            check_epsilon(one.epsilon if one.release else 20 * one.epsilon)
        return found
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DisclosureError(
            "The ledger of the privacy budget cannot be read. Nothing was published.",
            [Problem(LEDGER, "damaged; restore it from a backup")],
        ) from None
