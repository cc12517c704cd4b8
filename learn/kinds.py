"""Which events count as having to do with an item, and how much: to look is less than to put into the basket, to buy is most."""

from __future__ import annotations

KINDS = {"view_item": 1, "click": 1, "share": 2, "like": 2, "wishlist": 2, "add_to_cart": 3, "purchase": 5, "interaction": 1}  # the last: of a plain table
VIEW, CART, PURCHASE = (list(KINDS).index(name) for name in ("view_item", "add_to_cart", "purchase"))
PLAIN = list(KINDS).index("interaction")
OPT_OUT = "opt_out"
