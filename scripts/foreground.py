"""Run a command as the terminal's foreground job, so that Ctrl-C reaches it and not ``make``.

``make`` ends with an error of its own when a Ctrl-C reaches it, however well the server stopped.
Here the command gets a process group of its own and the terminal with it; INT, TERM and HUP that
are sent to this process are passed on. The exit status is the command's.

    python scripts/foreground.py COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _terminal() -> int | None:
    """The controlling terminal; None without one."""
    with suppress(OSError):
        return os.open("/dev/tty", os.O_RDWR)
    return None


def _hand_over(terminal: int | None, giver: int, taker: int) -> None:
    """Make ``taker`` the terminal's foreground process group, if ``giver`` is it now."""
    if terminal is not None:
        with suppress(OSError):  # the terminal may have been closed
            if os.tcgetpgrp(terminal) == giver:
                os.tcsetpgrp(terminal, taker)


def main(command: list[str]) -> int:
    """Run ``command`` to its end; its exit status, 128 + the signal's number if one ended it."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # or taking the terminal back would stop us
    terminal = _terminal()
    ours = os.getpgrp()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        _hand_over(terminal, ours, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
            os._exit(127)
    for number in PASSED_ON:
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        _hand_over(terminal, child, ours)
        if not os.WIFSTOPPED(status):
            break
        os.killpg(ours, signal.SIGTSTP)  # Ctrl-Z: stop as a whole, go on as a whole
        _hand_over(terminal, ours, child)
        os.killpg(child, signal.SIGCONT)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python scripts/foreground.py COMMAND [ARGUMENT...]")
    sys.exit(main(sys.argv[1:]))
