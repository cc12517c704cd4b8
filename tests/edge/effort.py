"""How hard the property tests try: `quick` by default, `nightly` by HYPOTHESIS_PROFILE."""

import os

from hypothesis import HealthCheck, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("quick", max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("nightly", max_examples=100_000, deadline=None, database=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
CROWD = 20  # visitors that each set of random rules is asked about
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
RULE_SETS = 10_000 if NIGHTLY else 150  # random sets of rules in the tests of agreement; each is asked about CROWD visitors
