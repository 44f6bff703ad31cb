"""An assessment to a contribution that names nobody."""

from pkimm_analytics.anonymize.contribution import (
    Anonymized,
    Contribution,
    Identity,
    anonymize,
    dumps,
    loads,
    to_document,
)
from pkimm_analytics.anonymize.keys import KeyStore, open_key_store
from pkimm_analytics.anonymize.preview import about_rows, answer_rows, preview_page
from pkimm_analytics.anonymize.pseudonyms import pseudonym
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
    "KeyStore",
    "Receipt",
    "about_rows",
    "anonymize",
    "answer_rows",
    "dumps",
    "loads",
    "open_key_store",
    "preview_page",
    "pseudonym",
    "read_receipt",
    "receipt_of",
    "to_document",
    "with_proof",
    "write_receipt",
]
