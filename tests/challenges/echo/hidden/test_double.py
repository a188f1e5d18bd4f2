from grader.grading.expect import expect_equal, raises
from grader.grading.marks import task


@task("double", hint="Add it to itself.")
def test_any_number_is_doubled(solution, rng):
    """Any number is doubled."""
    for n in [0, *(rng.randrange(-(2**70), 2**70) for _ in range(20))]:
        expect_equal(solution.double(n), 2 * n, "double(n)")


@task("double", hint="Check the type first.")
def test_text_is_refused(solution):
    """Text is refused with a TypeError."""
    expect_equal(solution.double(3), 6, "double(3)")
    with raises(TypeError, "double('3')"):
        solution.double("3")


@task("words", hint="str.split does it.")
def test_words_are_split(solution, rng):
    """Words are split at white space."""
    expected = ["".join(rng.choices("abc", k=5)) for _ in range(10)]
    expect_equal(solution.words("  ".join(expected)), expected, "words(text)")
