"""What the build of the site makes: formulas, and pages that nobody writes."""
