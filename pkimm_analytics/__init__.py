"""Analytics for the PKI Maturity Model: score, keep, compare and publish assessments."""
