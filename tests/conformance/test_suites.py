"""Every suite passes on the shared cases."""

import pytest

from tests.conformance.suites import SUITES


@pytest.mark.parametrize("suite", sorted(SUITES))
def test_suite(shared, suite):
    cases = list(SUITES[suite](shared / "conformance"))
    assert cases and not [case for case in cases if case.problem]
