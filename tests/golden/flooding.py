# verdicts: violation violation violation not_run


def double(n):
    while True:
        print("x" * 4096)
