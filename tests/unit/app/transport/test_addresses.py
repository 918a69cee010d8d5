"""Whose request it is, and how many an address has."""

from __future__ import annotations

import pytest

from app.realtime.transport.addresses import Proxies, Tally, networks, source

PROXIES = Proxies(networks("10.0.0.0/8, 192.0.2.7, 2001:db8::/32"))


@pytest.mark.parametrize(
    "text", ["1", "10.0.0.1/8", "10.0.0.0/33", "proxy", "10.0.0.0/8;10.0.0.1", "*", "10.0.0.0/8,,"]
)
def test_what_is_no_network_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|host bits|not appear"):
        networks(text)


def test_no_network_is_trusted_by_default() -> None:
    assert networks(" ") == ()
    assert not Proxies(()).trusts("127.0.0.1")


@pytest.mark.parametrize(
    "address", ["192.0.2.8", "2001:db9::1", "", "10.1.2.3, 10.1.2.3", "garbage", "10.1.2.3.4", "::ffff:192.0.2.8"]
)
def test_whoever_is_in_no_network_is_not_trusted(address: str) -> None:
    assert not PROXIES.trusts(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::1"])
def test_a_proxy_is_trusted_by_its_network(address: str) -> None:
    assert PROXIES.trusts(address)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1,203.0.113.9,10.9.9.9 ,192.0.2.7", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "2001:db9::00ff", "2001:db9::ff"),
    ],
)
def test_the_last_that_is_no_trusted_proxy_is_the_client(peer: str, forwarded_for: str, client: str) -> None:
    assert PROXIES.client(peer, forwarded_for) == client


def test_a_network_of_ipv6_is_one_customer() -> None:
    assert source("2001:db8::1") == source("2001:db8::ffff:1") == "2001:db8::/64"
    assert source("2001:db8:0:1::1") != source("2001:db8::1")
    assert source("::ffff:192.0.2.1") == source("192.0.2.1") == "192.0.2.1"
    assert source("") == ""


def test_an_address_has_so_many_and_gets_back_what_it_gives() -> None:
    tally = Tally(2)
    for address in ("192.0.2.1", "::ffff:192.0.2.1"):
        assert not tally.is_full("192.0.2.1")
        tally.add(address)
    assert tally.is_full("192.0.2.1")
    assert not tally.is_full("192.0.2.2")
    tally.remove("192.0.2.1")
    assert not tally.is_full("192.0.2.1")
    tally.remove("192.0.2.1")
    assert not tally._counts
