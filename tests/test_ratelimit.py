import pytest

from translate_proxy.model import Refused
from translate_proxy.security.ratelimit import WIDE, AddressLimit, Places, RateLimit, address_keys
from translate_proxy.settings import Rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(limit: RateLimit, key: object) -> float:
    with pytest.raises(Refused) as caught:
        limit.check(key)
    assert caught.value.code == "rate_limited"
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_second=2, burst=3), clock)
    for _ in range(3):
        limit.check("a")
    assert refused(limit, "a") == pytest.approx(0.5)
    clock.now += 0.25
    assert refused(limit, "a") == pytest.approx(0.25)
    clock.now += 0.25
    limit.check("a")
    refused(limit, "a")


def test_trying_again_after_retry_after_works() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_second=10 / 60, burst=1), clock)
    limit.check("a")
    clock.now += refused(limit, "a")
    limit.check("a")


def test_a_client_that_hammers_is_still_served_at_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_second=1, burst=1), clock)
    served = 0
    for _ in range(1000):
        clock.now += 1 / 64
        try:
            limit.check("a")
            served += 1
        except Refused:
            continue
    assert served in {15, 16}


def test_no_more_than_the_burst_is_saved_up() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_second=5, burst=2), clock)
    clock.now += 86_400
    limit.check("a")
    clock.now += 86_400
    limit.check("a")
    limit.check("a")
    refused(limit, "a")


def test_keys_do_not_share() -> None:
    limit = RateLimit(Rate(per_second=1, burst=1), Clock())
    limit.check("a")
    limit.check("b")
    refused(limit, "a")


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    clock = Clock()
    limit = RateLimit(Rate(per_second=1, burst=1), clock)
    limit.check("a")
    clock.now -= 50
    assert refused(limit, "a") == pytest.approx(1.0)
    clock.now += 1
    limit.check("a")


def test_the_number_of_keys_is_bounded_and_the_busy_ones_stay() -> None:
    limit = RateLimit(Rate(per_second=1, burst=1), Clock(), max_keys=100)
    limit.check("busy")
    for number in range(5000):
        limit.check(number)
        if number % 50 == 0:
            refused(limit, "busy")
    assert len(limit) == 100
    refused(limit, "busy")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::1", "::1"),
        ("unknown", "unknown"),
    ],
)
def test_the_key_of_an_address(address: str, key: str) -> None:
    assert address_keys(address)[0] == (key, 1)


def test_a_48_may_do_more_than_a_64_but_not_without_end() -> None:
    limit = AddressLimit(Rate(per_second=1, burst=2), Clock())
    places = Places(2, address_keys)
    served = taken = 0
    for network in range(100):
        for host in range(3):
            address = f"2001:db8:1:{network:x}::{host:x}"
            taken += places.take(address)
            try:
                limit.check(address)
                served += 1
            except Refused:
                continue
    assert served == taken == 2 * WIDE
    limit.check("2001:db8:2::1")
    assert places.take("2001:db8:2::1")
    for network in range(WIDE):
        places.give_back(f"2001:db8:1:{network:x}::1")
    assert places.take("2001:db8:1::1")


def test_ipv4_addresses_do_not_share() -> None:
    limit = AddressLimit(Rate(per_second=1, burst=1), Clock())
    for host in range(200):
        limit.check(f"192.0.2.{host}")
