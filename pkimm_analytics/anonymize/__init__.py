"""An assessment to a contribution that names nobody."""

from pkimm_analytics.anonymize.anonymizing import Anonymized, Identity, anonymize
from pkimm_analytics.anonymize.contribution import Contribution, dumps, loads
from pkimm_analytics.anonymize.identifiers import pseudonym
from pkimm_analytics.anonymize.invitation import Invitation, new_ticket, read_invitation
from pkimm_analytics.anonymize.keys import KeyStore, open_key_store
from pkimm_analytics.anonymize.receipts import (
    Receipt,
    read_receipt,
    receipt_of,
    with_proof,
    write_receipt,
)

__all__ = [
    "Anonymized",
    "Contribution",
    "Identity",
    "Invitation",
    "KeyStore",
    "Receipt",
    "anonymize",
    "dumps",
    "loads",
    "new_ticket",
    "open_key_store",
    "pseudonym",
    "read_invitation",
    "read_receipt",
    "receipt_of",
    "with_proof",
    "write_receipt",
]
