import solution


def double(n: int) -> int:
    return solution.double(n)


def words(text: str) -> list[str]:
    return solution.words(text)
