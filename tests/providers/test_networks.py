"""Which addresses are on the public internet, whatever they are written as."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.networks import is_public, parsed_address


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2606:4700::1111", "64:ff9b::8.8.8.8"]
)
def test_addresses_of_the_internet_are_public(address) -> None:
    assert is_public(parsed_address(address))


@pytest.mark.parametrize(
    ("what", "addresses"),
    [
        ("this machine", ("127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::")),
        ("private networks", ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.255.255", "fd00::1")),
        ("the neighbourhood", ("169.254.0.1", "fe80::1", "fe80::1%eth0")),
        ("descriptions of machines in a cloud", ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")),
        ("a carrier's inner network", ("100.64.0.0", "100.127.255.255")),
        ("many at once", ("224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1")),
        ("reserved", ("240.0.0.1", "192.0.0.8", "4000::1", "fec0::1", "100::1")),
        (
            "examples and measurements",
            ("192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "2001:db8::1"),
        ),
        ("IPv4 in other clothes", ("::ffff:127.0.0.1", "::ffff:a00:1", "::127.0.0.1", "64:ff9b::10.0.0.1")),
        ("IPv4 in tunnels", ("2002:7f00:1::", "2001:0:7f00:1::")),
    ],
)
def test_other_addresses_are_not(what, addresses) -> None:
    assert not [each for each in addresses if is_public(parsed_address(each))]


@pytest.mark.parametrize("name", ["localhost", "example.org", "127.1", "0x7f000001", "2130706433", ""])
def test_what_is_no_address_is_a_name(name) -> None:
    assert parsed_address(name) is None


ADDRESSES = st.ip_addresses() | st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)


@given(ADDRESSES)
def test_nothing_is_public_that_python_knows_to_be_special(address) -> None:
    if not is_public(address):
        return

    assert address.is_global
    assert not (address.is_multicast or address.is_reserved or address.is_link_local or address.is_loopback)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_s_clothes_is_judged_as_what_it_is(address) -> None:
    assert parsed_address(f"::ffff:{address}") == address == parsed_address(f"64:ff9b::{address}")
