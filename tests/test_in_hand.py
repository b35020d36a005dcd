"""What is known of messages that were in hand: across processes, in a file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from translate_proxy.conversation.in_hand import SLOTS, InHand
from translate_proxy.model import MessageId, new_id


def an_id() -> MessageId:
    return MessageId(new_id())


def after(file: Path, *pending: MessageId) -> InHand:
    """The next process's, of one that has died: nothing was closed."""
    found = InHand(file)
    found.open(pending)
    return found


def test_each_death_with_a_message_in_hand_is_counted(tmp_path: Path) -> None:
    file, one, other = tmp_path / "in-hand", an_id(), an_id()
    first = after(file, one, other)
    first.take(one)
    first.take(other)
    first.put_down(other)
    second = after(file, one, other)
    assert (second.deaths(one), second.deaths(other)) == (1, 0)
    assert not second.given_up(one)
    second.take(one)
    third = after(file, one, other)
    assert third.given_up(one)
    assert after(file, one, other).deaths(one) == 2  # it was not taken again


def test_a_death_while_another_is_in_hand_is_not_counted_for_it(tmp_path: Path) -> None:
    file, one, other = tmp_path / "in-hand", an_id(), an_id()
    first = after(file, one, other)
    first.take(one)
    first.take(other)
    after(file, one, other).take(one)
    third = after(file, one, other)
    assert (third.deaths(one), third.deaths(other)) == (2, 1)


def test_what_was_done_or_stopped_in_order_is_no_suspect(tmp_path: Path) -> None:
    file, done, stopped, suspect = tmp_path / "in-hand", an_id(), an_id(), an_id()
    after(file, suspect).take(suspect)
    first = after(file, done, stopped, suspect)
    first.take(done)
    first.put_down(done)
    first.take(stopped)
    first.take(suspect)
    first.close()
    second = after(file, done, stopped, suspect)
    assert [second.deaths(one) for one in (done, stopped, suspect)] == [0, 0, 1]
    second.take(suspect)
    second.put_down(suspect)  # it was harmless after all
    assert after(file, suspect).deaths(suspect) == 0


def test_what_is_not_pending_any_more_is_forgotten_unless_it_was_given_up(tmp_path: Path) -> None:
    file, harmless, deadly = tmp_path / "in-hand", an_id(), an_id()
    after(file, deadly).take(deadly)
    after(file, deadly).take(deadly)
    after(file, deadly).take(harmless)
    found = after(file)
    assert (found.deaths(harmless), found.given_up(deadly)) == (0, True)
    found.put_down(deadly)
    assert after(file).given_up(deadly)


def test_more_than_there_is_room_for_are_not_written_down(tmp_path: Path) -> None:
    file, many = tmp_path / "in-hand", [an_id() for _ in range(SLOTS + 5)]
    first = after(file, *many)
    for one in many:
        first.take(one)
    first.put_down(many[-1])  # was not written
    second = after(file, *many)
    assert sum(second.deaths(one) for one in many) == SLOTS


@pytest.mark.parametrize("left", [b"", b"half", bytes(range(256)) * 72])
def test_a_damaged_file_stops_nothing(tmp_path: Path, left: bytes) -> None:
    file, one = tmp_path / "in-hand", an_id()
    file.write_bytes(left)
    after(file, one).take(one)
    assert after(file, one).deaths(one) == 1


def test_the_file_is_the_servers_alone(tmp_path: Path) -> None:
    after(tmp_path / "in-hand")
    assert stat.S_IMODE((tmp_path / "in-hand").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = an_id()
    found = after(tmp_path / "missing" / "in-hand", one)
    found.take(one)
    assert found.deaths(one) == 0
    found.put_down(one)
    found.close()
