"""Other people's suites, run against the product: `python -m tests.conformance SUITE`."""
