"""A deployment without keys for callers."""

from tests.shop import Shop


def test_without_keys_there_is_no_api(shop: Shop):
    """Such addresses belong to the origin then."""
    for path in ("/api/v1/user/carl/profile", "/ofrep/v1/evaluate/flags"):
        answer = shop.get(path)
        assert answer.status == 404 and "problem" not in (answer.headers["content-type"] or "")
