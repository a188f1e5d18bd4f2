# verdicts: passed
# printed:
# A process that outlives the call; nothing may be left of it after the grading.
import subprocess
import sys


def double(n):
    if not isinstance(n, int):
        raise TypeError(n)
    if n == 2:
        code = "import os, time; os.setsid(); os.fork() and os._exit(0); time.sleep(1000)"
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    return 2 * n


def words(text):
    return text.split()
