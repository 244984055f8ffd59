"""What the address of a server may be: refused here, it never reaches a client that guesses."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

EXPECTED = "expected http://host:port/v1 or https://host/v1"
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)


def check_address(url: str) -> None:
    """Whether a `base_url` is one.

    Raises:
        ValueError: empty, no http(s), no host, a port that is none, credentials in it.
    """
    if not url.strip():
        raise ValueError(f"is empty; {EXPECTED}, or leave the key out for api.openai.com")
    if "@" in url:
        raise ValueError("must not hold credentials; name a variable: `api_key_env`")
    if re.search(r"[\s\x00-\x1f\x7f#]", url):
        raise ValueError(f"holds a space, a control character or a #; {EXPECTED}")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"begins with neither http:// nor https://; {EXPECTED}")
    if not parts.hostname:
        raise ValueError(f"names no host; {EXPECTED}")
    if not _is_port(parts):
        raise ValueError(f"has a port that is none (1 to 65535); {EXPECTED}")
    for name, _ in urllib.parse.parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET.search(name):
            raise ValueError(f"must not hold a key ({name}=…); name a variable: `api_key_env`")


def _is_port(parts: urllib.parse.SplitResult) -> bool:
    try:
        return parts.port != 0  # no port at all is the scheme's own
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified
