"""The address of a running site that Tessera is to stand in front of: how it is written, and whether anybody answers there."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

PATIENCE = 10  # seconds for the first answer of an origin


class OriginUnreachable(Exception):
    """No answer from an origin. The message is for people."""


def origin_of(told: str) -> str:
    """An origin's address as the edge takes it, without a slash at its end.

    Raises:
        OriginUnreachable: it is no address of a site.
    """
    try:
        found = urlsplit(told if "//" in told else f"http://{told}")
        is_site = found.scheme in ("http", "https") and bool(found.hostname) and (found.port is None or found.port > 0)
    except ValueError:
        is_site = False
    if not is_site or found.query or found.fragment or found.username is not None:
        raise OriginUnreachable(f"'{told}' is not the address of a site; write it as http://localhost:3000 or https://www.example.com")
    return found.geturl().rstrip("/")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def reach(origin: str) -> None:
    """Ask an origin once, whatever it answers.

    Raises:
        OriginUnreachable: it does not answer.
    """
    request = Request(f"{origin}/", headers={"user-agent": "Mozilla/5.0 (compatible; tessera-check)"})
    try:
        build_opener(ProxyHandler({}), _NoRedirect()).open(request, timeout=PATIENCE).close()
    except HTTPError as answered:
        answered.close()
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise OriginUnreachable(f"{origin} does not answer ({told[:1].lower()}{told[1:]}); is the site running, and is this its address?") from None
