"""The shop, with page views that can be found in its log."""

from itertools import count

import pytest

from tests.shop import Shop
from tests.site.fronting import PAGE, start
from tests.site.origin import Origin, Told
from tests.views import Views

NUMBERS = count(1)


@pytest.fixture(scope="session")
def views(shop: Shop) -> Views:
    return Views(shop)


@pytest.fixture(scope="session")
def origin():
    """Somebody else's site, which Tessera stands in front of."""
    with Origin() as running:
        yield running


@pytest.fixture(scope="session")
def fronted(origin: Origin, tmp_path_factory: pytest.TempPathFactory):
    """Page views of the site in front of that origin."""
    shop = start(tmp_path_factory.mktemp("origins"), {"TESSERA_ORIGIN": origin.url})
    yield Views(shop)
    shop.host.stop()


@pytest.fixture
def path(origin: Origin) -> str:
    """The address of a page of the site that no other test uses; the origin answers a right page there."""
    address = f"/page-{next(NUMBERS)}"
    origin.pages[address] = Told(PAGE)
    return address
