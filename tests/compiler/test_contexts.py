"""What a context tells of a visitor: values of the declared types, defaults in place of all others."""

import pytest

from compiler.contexts import visit_of
from tessera.bundle import load, unseal
from tests.golden.cases import compiled


@pytest.mark.parametrize("told, value", [({}, 3), ({"visitor.visits": 5}, 5), ({"visitor.visits": "many"}, 3), ({"visitor.visits": None}, 3), ({"visitor.visits": True}, 3)])
def test_what_is_not_of_the_type_leaves_the_default(tmp_path, told, value):
    change = {"site.yaml": {"visits: {type: int, purpose: personalization, keep: 180d}": "visits: {type: int, purpose: none, keep: 180d, default: 3}"}}
    bundle = load(unseal(compiled(tmp_path, change=change).bundle))
    assert visit_of(bundle, told).values["visitor.visits"] == value
