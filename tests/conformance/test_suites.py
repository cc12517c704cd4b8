"""Every suite passes on the shared cases."""

import pytest

from tests.conformance.suites import SUITES, run


@pytest.mark.parametrize("suite", SUITES)
def test_suite(shared, suite):
    cases = list(run(suite, shared / "conformance"))
    assert cases and not [case for case in cases if case.problem]
