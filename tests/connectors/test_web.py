"""Where an address may lead: addresses in disguise, names that change their meaning, servers that lead on."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.connector import ConnectorError, Unreachable
from connectors.patience import Again
from connectors.web import IP, Route, Web, is_private, is_public
from tests.fakes.certificate import server_side, write_certificate
from tests.fakes.wire import Request, Response, serving

LIMIT = 1 << 20
INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1", "::1", "::", "fe80::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2002:a9fe:a9fe::", "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "193.0.6.139", "2001:67c:2e8:22::c100:68b", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def web(address: str, *found: str, private: bool = False, asked: list[tuple[str, int]] | None = None) -> Web:
    """What fetches from the address, every name of which has the addresses `found`."""

    def resolve(host: str, port: int) -> Sequence[IP]:
        if asked is not None:
            asked.append((host, port))
        return [ip_address(one) for one in found]

    return Web(address, "home", LIMIT, private, resolve=resolve)


@pytest.mark.parametrize("address", INSIDE)
def test_what_only_we_can_reach_is_not_connected_to(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(Unreachable, match="a network that is not public") as raised:
        web("https://calendars.example/x.ics", address).fetch({})
    assert "private_network = true" in raised.value.fix


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is(address: str) -> None:
    assert is_public(ip_address(address))
    assert not is_private(ip_address(address))


@given(st.integers(0, 2**32 - 1))
def test_an_address_in_disguise_is_what_it_is(number: int) -> None:
    plain = IPv4Address(number)
    for disguise in (IPv6Address(0xFFFF << 32 | number), IPv6Address(0x64FF9B << 96 | number)):
        assert not is_public(disguise) or is_public(plain)
        assert is_private(disguise) == is_private(plain)
    assert not (is_public(plain) and is_private(plain))


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "172.31.0.1", "fd12::1", "::ffff:10.0.0.1"])
def test_a_private_network_is_the_owners_to_allow(address: str) -> None:
    assert is_private(ip_address(address))
    asked: list[tuple[str, int]] = []
    fetcher = web("https://cloud.home.example/x.ics", address, private=True, asked=asked)
    assert fetcher._allowed("cloud.home.example", 443, ip_address(address))
    assert not fetcher._allowed("cloud.home.example", 8443, ip_address(address)), "another door was not named"
    assert not fetcher._allowed("router.home.example", 443, ip_address(address))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "fe80::1", "::", "ff02::1", "0.0.0.0"])
def test_this_machine_and_its_link_are_no_private_network(address: str) -> None:
    assert not is_private(ip_address(address))
    assert not web("https://cloud.home.example/x.ics", private=True)._allowed(
        "cloud.home.example", 443, ip_address(address)
    )


def test_localhost_is_this_machine_whatever_the_name_service_says() -> None:
    fetcher = web("https://localhost/x.ics")
    assert fetcher._allowed("localhost", 443, ip_address("127.0.0.1"))
    assert not fetcher._allowed("localhost", 443, ip_address("8.8.8.8"))


def test_nobody_knows_the_name() -> None:
    with pytest.raises(Again, match=r"nobody knows the name nowhere\.invalid"):
        Web("https://nowhere.invalid/x.ics", "home", LIMIT).fetch({})


def test_the_connection_goes_to_the_address_that_was_looked_at(tmp_path: Path) -> None:
    """The name's second meaning, which comes too late, would be another machine's."""
    write_certificate(tmp_path, "calendars.example")
    seen: list[Request] = []
    meanings = iter([["203.0.113.9", "127.0.0.1"], ["192.168.1.1"]])

    def handle(request: Request) -> Response:
        seen.append(request)
        return Response(200, b"well")

    def resolve(host: str, port: int) -> Sequence[IP]:
        return [ip_address(one) for one in next(meanings)]

    with serving(handle, server_side(tmp_path)) as base:
        port = int(base.rpartition(":")[2])
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        route = Route(lambda host, port, address: address.is_loopback, resolve, trusted)
        with httpx.Client(transport=route, trust_env=False) as client:
            assert client.get(f"https://calendars.example:{port}/x").content == b"well"
    assert seen[0].headers["host"] == f"calendars.example:{port}"
    assert next(meanings) == ["192.168.1.1"], "the name was asked for once"


def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path) -> None:
    write_certificate(tmp_path, "calendars.example")
    with serving(lambda _: Response(200, b"well"), server_side(tmp_path)) as base:
        fetcher = Web(f"{base}/x.ics", "home", LIMIT, ca_file=tmp_path / "ca.pem")
        with pytest.raises(ConnectorError, match="the certificate of localhost is not trusted") as raised:
            fetcher.fetch({})
    assert "ca_file" in raised.value.fix


def test_a_certificate_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "gone.pem"):
        with pytest.raises(ConnectorError, match="cannot be read"):
            Web("https://localhost:1/x.ics", "home", LIMIT, ca_file=tmp_path / file).fetch({})


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://other.example/x.ics", "leads on to http://other.example, which is not encrypted"),
        ("http://169.254.169.254/latest/meta-data", "leads on to http://169.254.169.254, which is not encrypted"),
        ("https://169.254.169.254/latest/meta-data", "a network that is not public: 169.254.169.254"),
        ("https://127.0.0.1:1/", "a network that is not public: 127.0.0.1"),
        ("https://localhost:1/", "a network that is not public: localhost is"),
        ("https://[::1]:1/", "a network that is not public: ::1"),
        ("https://2130706433/", "leads"),
        ("ftp://other.example/", "leads on to ftp://other.example"),
        ("file:///etc/passwd", "leads on to file://"),
        ("https://calendars.example:port/", "127.0.0.1 does not answer"),
        ("/on", "leads on and on"),
    ],
)
def test_where_a_server_may_lead_on_to(location: str, said: str) -> None:
    asked: list[str] = []

    def handle(request: Request) -> Response:
        asked.append(request.path)
        return Response(302, b"", {"location": location})

    with serving(handle) as base, pytest.raises((Unreachable, Again), match=said.replace("[", r"\[")):
        Web(f"{base}/x.ics", "home", LIMIT).fetch({})
    assert asked == ["/x.ics", *["/on"] * 5] if location == "/on" else asked == ["/x.ics"]


def test_what_is_no_address() -> None:
    with pytest.raises(Unreachable, match="what is given as its address is none"):
        Web("https://calendars\x00.example/x.ics", "home", LIMIT).fetch({})


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(lambda _: Response(200, b"well")) as base:
        assert Web(f"{base}/x.ics", "home", LIMIT).fetch({}).data == b"well"
