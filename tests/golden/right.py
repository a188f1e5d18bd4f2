# verdicts: passed


def double(n):
    if not isinstance(n, int):
        raise TypeError(f"{n!r} is no int")
    return 2 * n


def words(text):
    return text.split()
