"""A process that is told to stop ends, in good order if it can, and in time whatever hangs. Each
case is a process of its own.
"""

import subprocess
import sys
import textwrap

import pytest

_SECONDS = 20


def ran(script: str) -> "subprocess.CompletedProcess[str]":
    """What a process with *script* came to; one that does not end fails the test."""
    begin = "import faulthandler, signal, threading, time\nfrom commerce_cli import stopping\n"
    command = [sys.executable, "-c", begin + textwrap.dedent(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_comes_while_the_main_thread_holds_the_lock_of_what_is_set_ends_the_process(
    name: str,
) -> None:
    """As a second one did that came while the first was heard: the process waited for itself."""
    done = ran(f"""
        stop = threading.Event()
        stopping.stop_on_signals(stop)
        with stop._cond:
            signal.raise_signal(signal.{name})
            signal.raise_signal(signal.{name})
        assert stop.wait(10)
        print("ended in good order")
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended in good order\n", "")


def test_a_signal_is_handled_although_the_main_thread_hangs_and_the_process_ends_in_time() -> None:
    done = ran("""
        import os
        stopping.LONGEST_END = 1.0
        stopping.stop_on_signals(threading.Event())
        # From here on this thread runs no handler any more.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.kill(os.getpid(), signal.SIGTERM)

        def hangs_here():
            threading.Event().wait()

        hangs_here()
    """)
    assert done.returncode == 1
    assert "in hangs_here" in done.stderr, "it says what it hung at"


def test_signals_that_follow_the_first_do_not_break_into_what_is_being_closed() -> None:
    done = ran("""
        def close():
            signal.raise_signal(signal.SIGTERM)
            print("closed")

        with stopping.exit_on_signal() as stack:
            stack.callback(close)
            signal.raise_signal(signal.SIGINT)
            print("never")
    """)
    assert (done.returncode, done.stdout) == (0, "closed\n"), done.stderr


def test_what_hangs_while_it_is_closed_is_ended_in_time() -> None:
    done = ran("""
        stopping.LONGEST_END = 1.0

        def hangs_here():
            while True:
                time.sleep(60)

        with stopping.exit_on_signal() as stack:
            stack.callback(hangs_here)
            signal.raise_signal(signal.SIGTERM)
    """)
    assert done.returncode == 1
    assert "in hangs_here" in done.stderr


@pytest.mark.parametrize(
    "end",
    [
        "ThreadPoolExecutor().submit(hangs_here)",
        "threading.Thread(target=hangs_here, daemon=True).start()",
    ],
)
def test_a_thread_that_never_ends_is_left_behind_once_everything_is_closed(end: str) -> None:
    """Threads of pools are joined when the interpreter ends, without a limit."""
    done = ran(f"""
        from concurrent.futures import ThreadPoolExecutor

        def hangs_here():
            while True:
                time.sleep(60)

        with stopping.exit_on_signal() as stack:
            stack.callback(print, "closed")
            {end}
            signal.raise_signal(signal.SIGTERM)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed\n", "")
