"""
A collection of invented contributions: what the organizations of a simulation hand over.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pkimm_analytics.anonymize import KeyStore, anonymize
from pkimm_analytics.collection.contributed import Collection
from pkimm_analytics.collection.contribution_rows import scoring
from pkimm_analytics.collection.manifest import NAME, new_manifest

if TYPE_CHECKING:
    from pkimm_analytics.synthetic import Simulation

_TOGETHER = 2_000


def collect(
    simulation: Simulation, place: Path, advance: Callable[[], object] = lambda: None
) -> Collection:
    """
    Let every invented organization contribute; the same simulation gives the same bytes.

    Parameters
    ----------
    simulation : Simulation
    place : Path
        Folder for the collection, which is written anew.
    advance : callable, optional
        Called after each contribution.
    """
    key = hashlib.sha256(f"pkimm/simulated/v1\0{simulation.seed}".encode()).digest()
    shutil.rmtree(place, ignore_errors=True)
    collection = Collection(place, create=True)
    collection.place.write(NAME, new_manifest(scoring(), key.hex()[:32]).dumps())
    assessments, store = simulation.assessments, KeyStore(key)
    while some := list(islice(assessments, _TOGETHER)):
        made = []
        for assessment in some:
            made.append(anonymize(assessment, store).contribution)
            advance()
        collection.append(made)
    return collection
