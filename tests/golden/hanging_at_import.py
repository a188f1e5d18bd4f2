# verdicts: timeout timeout timeout not_run
while True:
    pass
