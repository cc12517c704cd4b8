"""Loads the property tests' effort before any of them is collected."""

from tests.edge import effort  # noqa: F401
