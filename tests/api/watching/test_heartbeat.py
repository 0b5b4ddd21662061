"""A word where there was none, and none where there was."""

import threading
import time

from nucleate.api.watching.heartbeat import Heartbeat


def test_it_speaks_in_the_silence_and_ends_with_the_work():
    spoke = threading.Event()
    heart = Heartbeat(spoke.set, silence=0.01)
    heart.start()
    assert spoke.wait(20)
    heart.stop()
    assert not heart._thread.is_alive()


def test_it_does_not_speak_while_something_is_said():
    words = []
    heart = Heartbeat(lambda: words.append("still here"), silence=20)
    heart.start()
    for _ in range(5):
        heart.heard()
        time.sleep(0.001)
    heart.stop()
    assert words == []


def test_one_that_never_began_is_stopped_too():
    Heartbeat(lambda: None).stop()
