# verdicts: memory memory memory not_run


def double(n):
    hoard = []
    while True:
        hoard.append(bytearray(2**24))
