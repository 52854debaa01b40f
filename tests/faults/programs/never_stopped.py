"""A run that nobody stops: ``never_stopped.py WAY``."""

import os
import signal
import sys
import time

from tracked_by import meter

from greentrain import track

run = track(sys.argv[1], meter=meter(), quiet=True).start()
time.sleep(0.1)
match sys.argv[1]:
    case "badly":
        raise ArithmeticError("diverged")
    case "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    case "group":
        print("ready", flush=True)
        time.sleep(30)
