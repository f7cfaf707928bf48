"""Generated source text."""
