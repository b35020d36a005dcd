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
    """The controlling terminal, if this process is in its foreground; else None."""
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_RDWR)
        if os.tcgetpgrp(terminal) == os.getpgrp():
            return terminal
        os.close(terminal)
    return None


def main(command: list[str]) -> int:
    """Run ``command`` to its end; its exit status, 128 + the signal's number if one ended it."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # or taking the terminal back would stop us
    terminal = _terminal()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        if terminal is not None:
            os.tcsetpgrp(terminal, os.getpgrp())
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
        if terminal is not None:
            os.tcsetpgrp(terminal, os.getpgrp())
        if not os.WIFSTOPPED(status):
            break
        os.killpg(os.getpgrp(), signal.SIGTSTP)  # Ctrl-Z: stop as a whole, go on as a whole
        if terminal is not None:
            os.tcsetpgrp(terminal, child)
        os.killpg(child, signal.SIGCONT)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python scripts/foreground.py COMMAND [ARGUMENT...]")
    sys.exit(main(sys.argv[1:]))
