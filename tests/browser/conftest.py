"""The shop, with page views that can be found in its log."""

import pytest

from tests.shop import Shop
from tests.views import Views


@pytest.fixture(scope="session")
def views(shop: Shop) -> Views:
    return Views(shop)
