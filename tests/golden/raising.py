# verdicts: error error error not_run


def double(n):
    raise ZeroDivisionError("a mistake")
