"""A command with every fault that a verdict has to find."""

import os
import signal
import sys
import time

GOOD = '[{"path": "a", "emotion": "sad", "confidence": 0.75, "scores": {"sad": 0.75, "happy": 0.25}, "segments": []}]\n'


def run(arguments: list[str]) -> int:  # noqa: PLR0912 - one case for each fault
    say, err = sys.stdout.write, sys.stderr.write
    match arguments[0]:
        case "good":
            say(GOOD)
        case "silent":
            say('[{"path": "a", "emotion": null, "scores": {}, "segments": []}]')
        case "refuses":
            err("serkit: error: a: no audio\n")
            return 2
        case "traceback":
            raise ValueError("planted")
        case "hang":
            time.sleep(60)
        case "busy":
            while True:
                pass
        case "memory":
            say(GOOD)
            return len(b"\1" * 400 * 2**20) * 0
        case "all memory":
            held = []
            while True:
                held.append(b"\1" * 50 * 2**20)
        case "nan":
            say(GOOD.replace("0.75", "NaN"))
        case "sum":
            say(GOOD.replace("0.25", "0.5"))
        case "signal":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "noise":
            say(GOOD)
            err("[src/libmpg123/id3.c:42] error: planted\n")
        case "chatter":
            say(GOOD)
            err("serkit: note: planted\n" * 100)
        case "wordless":
            return 2
        case "nothing":
            return 0
        case "status":
            err("serkit: error: planted\n")
            return 3
        case "no json":
            say(GOOD[:-5])
        case "native noise":
            os.write(1, b"EP Error\n")
            say(GOOD)
        case "exit":
            os._exit(7)
    return 0
