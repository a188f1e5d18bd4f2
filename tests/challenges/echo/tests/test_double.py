from grader.grading.expect import expect_equal
from grader.grading.marks import task


@task("double")
def test_two_becomes_four(solution):
    """Twice two is four."""
    expect_equal(solution.double(2), 4, "double(2)")
