"""The addresses at which a provisioner tells Waldur, with a token of its own, how it went."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from storage_api.backends.cscs.mapping import Allocation

#: An order's address; no step in it leads elsewhere.
_ORDER = re.compile(r"(?P<root>(?!.*/\.)[^%]+)/marketplace-orders/[0-9A-Za-z-]+/?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(r"[A-Za-z0-9:/._~%\[\]-]+")
_UNSETTLED = frozenset({"Erred", "Creating", "Updating", "Terminating"})
_ORDER_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "pending-provider": ("approve_by_provider", "reject_by_provider", "set_state_done"),
    "executing": ("set_state_done", "set_state_erred"),
}

Origin = tuple[str, str, int]


def origin_of(url: str) -> Origin | None:
    """Scheme, host and port; ``None`` for what is more than a plain address."""
    if not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


def action_urls(allocation: Allocation, waldur: Origin) -> dict[str, str]:
    """What may be done with the open order, by the keys of the CSCS document.

    None at all where the order's own address is not that of an order at our Waldur: who follows
    it sends a token.
    """
    order = allocation.order
    if order is None or order.url is None or origin_of(order.url) != waldur:
        return {}
    found = _ORDER.fullmatch(order.url)
    if found is None:
        return {}
    base = order.url.rstrip("/")
    urls = {f"{name}_url": f"{base}/{name}/" for name in _ORDER_ACTIONS.get(order.state, ())}
    resource = f"{found['root']}/marketplace-provider-resources/{allocation.uuid}"
    urls["set_backend_id_url"] = f"{resource}/set_backend_id/"
    if order.state == "pending-provider":
        urls["update_resource_options_url"] = f"{resource}/update_options_direct/"
    if allocation.effective_state in _UNSETTLED:
        urls["set_state_ok_url"] = f"{resource}/set_state_ok/"
    return urls
