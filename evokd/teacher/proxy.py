"""Which way a request takes: straight, or through the proxy that the environment names.

One rule for the check at the start and for the requests. It is ours because the client's own would
send proxied requests around the watched transport, and because neither it nor urllib knows all
that stands in `no_proxy`: networks (10.0.0.0/8), ports (host:8000), names with a star.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass

import httpx2

from evokd.config import ConfigError
from evokd.config.address import is_loopback

OPENAI_PROXY = "OPENAI_PROXY"
"""LangChain's own variable; it goes before those of the schemes."""
SYSTEM = "the system's settings"
USABLE = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and who named it."""

    url: str
    """With the credentials, if any: never to be shown."""
    variable: str
    """Environment variable, or the system's settings."""


def proxy_for(url: str, own: str | None = OPENAI_PROXY) -> Proxy | None:
    """The proxy for an address, if any; never one for this machine itself.

    Args:
        url: The address.
        own: Variable that goes before those of the schemes; None: there is none.

    Raises:
        ConfigError: one that can't be used, naming its variable.
    """
    parts = urllib.parse.urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if not host or is_loopback(host) or _exempt(host, parts.port or _usual_port(parts.scheme)):
        return None
    named = _named(parts.scheme, own)
    return None if named is None else _usable(named, host)


def _named(scheme: str, own: str | None) -> Proxy | None:
    given = os.environ.get(own, "").strip() if own else ""
    if own and given:
        return Proxy(given, own)
    found = urllib.request.getproxies()
    for name in (scheme, "all"):
        if found.get(name):
            variables = (f"{name}_proxy", f"{name}_proxy".upper())
            variable = next((one for one in variables if os.environ.get(one)), SYSTEM)
            return Proxy(found[name].strip(), variable)
    return None


def _usable(proxy: Proxy, host: str) -> Proxy:
    """The proxy with its scheme, once it is known to be one."""
    url = proxy.url if "://" in proxy.url else f"http://{proxy.url}"
    wrong = _fault(url)
    if wrong:
        raise ConfigError(
            f"teachers: {proxy.variable} names a proxy that can't be used: {wrong}; mend or unset"
            f" it, or put {host} into no_proxy"
        )
    return Proxy(url, proxy.variable)


def _fault(url: str) -> str | None:
    """What is wrong with a proxy's address, without its credentials; None: nothing."""
    try:
        parsed = httpx2.Proxy(url).url
        urllib.parse.urlsplit(url).port  # noqa: B018  # the client takes 99999 for one
    except (httpx2.InvalidURL, ValueError):
        scheme = url.partition("://")[0]
        if scheme not in USABLE:
            return f"expected one of {', '.join(f'{one}://' for one in USABLE)}, found {scheme}://"
        return "it is no address; expected http://host:port"
    if not parsed.host:
        return "it names no host; expected http://host:port"
    if parsed.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        return f"{parsed.scheme}:// needs the package socksio, which is not installed"
    return None


def _exempt(host: str, port: int) -> bool:
    listed = re.split(r"[\s,]+", os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "")
    return any(_matches(entry.lower(), host, port) for entry in listed if entry) or bool(
        urllib.request.proxy_bypass(host)
    )


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `no_proxy` is about a host."""
    entry = entry.rpartition("://")[2]
    if entry == "*":
        return True
    with_port = re.fullmatch(r"(\[[^]]*]|[^:]*):(\d+)", entry)
    if with_port:
        if int(with_port[2]) != port:
            return False
        entry = with_port[1]
    entry = entry.strip("[]")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        entry = entry.removeprefix("*").strip(".")
        return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
