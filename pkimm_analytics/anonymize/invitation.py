"""
Invitations to a round: its public id and its key, handed out to those who may contribute.

With the key, whoever names the same parent, organization or assessor gets the same
pseudonym, so that thresholds count them once. Without it nobody can test names. A ticket
is a code for one organization, which vouches that the working group invited it.
"""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from pkimm_analytics.anonymize.contribution import Coded
from pkimm_analytics.anonymize.keys import parse_key, random_key
from pkimm_analytics.errors import KeyStoreError, PkimmError
from pkimm_analytics.files import read_limited
from pkimm_analytics.quarters import running_quarter
from pkimm_analytics.records import ClosedRecord

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _sound(text: str) -> str:
    try:
        parse_key(text, "key")
    except PkimmError:
        raise ValueError("expected 32 random bytes") from None
    return text


Key = Annotated[str, AfterValidator(_sound)]


class Invitation(ClosedRecord):
    """
    Invitation to a round. Keep it from those who are not invited.

    Parameters
    ----------
    round : str
        Public id, such as ``2026Q4-ABCDEF``.
    key : str
        32 random bytes in base64.
    former_key : str, optional
        Key of the rounds before, where it was renewed.
    """

    FORMAT = "pkimm-invitation/1"
    ERROR = KeyStoreError

    round: Annotated[str, Coded("round")]
    key: Key
    former_key: Key | None = None

    @property
    def raw_key(self) -> bytes:
        """The key as bytes."""
        return parse_key(self.key, "key")

    @property
    def raw_former_key(self) -> bytes | None:
        """The key of the rounds before as bytes, where it was renewed."""
        return parse_key(self.former_key, "former_key") if self.former_key else None

    def __repr__(self) -> str:
        return f"<Invitation to {self.round}>"


def new_invitation(
    *, link: Invitation | None = None, renew: Invitation | None = None
) -> Invitation:
    """
    Invite to a new round.

    Parameters
    ----------
    link : Invitation, optional
        Of an earlier round, whose key is kept.
    renew : Invitation, optional
        Of an earlier round, whose key is replaced: contributions say both pseudonyms.
    """
    key = link.key if link else base64.b64encode(random_key()).decode()
    return Invitation(
        round=f"{running_quarter()}-{_random(6)}", key=key, former_key=renew.key if renew else None
    )


def read_invitation(path: Path) -> Invitation:
    """
    Read an invitation.

    Raises
    ------
    PkimmError
        If it is none. What it holds is not repeated.
    """
    return Invitation.loads(read_limited(path), path.name)


def new_ticket() -> str:
    """Make a code of five groups of five letters, 125 random bits."""
    return "-".join(_random(5) for _ in range(5))


def _random(n: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(n))
