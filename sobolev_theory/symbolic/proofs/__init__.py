"""Steps, the certificates by which claims are verified, and theorems."""
