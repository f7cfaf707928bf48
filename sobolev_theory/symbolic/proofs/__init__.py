"""Steps, and the certificates by which claims are verified."""
