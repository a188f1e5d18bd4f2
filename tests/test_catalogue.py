"""challenge.toml is read strictly, and each error names file, field and mend."""

from __future__ import annotations

import shutil

import pytest
from grading_kit import TESTS, echo

from grader.challenge import CatalogueError, catalogue, find, load
from grader.grading.run import grade
from grader.submission import collect
from grader.wall.sandboxes import choose


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "copy"
    shutil.copytree(TESTS / "challenges" / "echo", target)
    return target


def _edit(folder, old, new):
    file = folder / "challenge.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('title = "Echo"', 'title = "Echo"\ncolour = 1', "colour"),
        ("version = 1", 'version = "1"', "$.version"),
        ("points = 60", "points = 60.5", "points"),
        ("points = 60", "points = 0", "tasks[0]"),
        ("seconds = 30", "seconds = -1", "seconds"),
        ("seconds = 30", "second = 20", "second"),
        ('depends = ["double"]', 'depends = ["triple"]', "triple"),
        ('slug = "words"', 'slug = "double"', "double"),
        ('slug = "words"', 'slug = "two words"', "two words"),
        ('title = "Echo"', "title = ", "challenge.toml"),
        ('title = "Echo"', "", "title"),
    ],
)
def test_a_bad_field_is_named(folder, old, new, named):
    _edit(folder, old, new)
    with pytest.raises(CatalogueError) as caught:
        load(folder)
    assert named in str(caught.value)
    assert "challenge.toml" in str(caught.value)


@pytest.mark.parametrize("part", ["README.md", "stub.py", "interface.py", "challenge.toml"])
def test_a_missing_file_is_named(folder, part):
    (folder / part).unlink()
    with pytest.raises(CatalogueError, match=part):
        load(folder)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('@task("words", hint="str.split does it.")', '@task("wrods")', "wrods"),
        ('@task("words", hint="str.split does it.")', "", "no task"),
        (
            "from grader.grading.marks import task",
            "import nothing_of_that_name",
            "nothing_of_that_name",
        ),
    ],
)
def test_a_test_that_names_no_task_is_named(folder, old, new, named):
    file = folder / "hidden" / "test_double.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(CatalogueError, match=named):
        grade(load(folder), collect(TESTS / "golden" / "right.py"), choose("process"))


def test_an_unknown_challenge_is_answered_with_those_that_exist():
    with pytest.raises(CatalogueError, match="bpe"):
        find("bep")


def test_every_challenge_of_the_repository_is_sound():
    found = catalogue()
    assert "bpe" in [challenge.slug for challenge in found]
    for challenge in found:
        assert challenge.points == 100


def test_the_content_hash_changes_with_a_test_and_not_with_the_spec(folder):
    before = load(folder).content_hash()
    assert before == load(folder).content_hash() == echo().content_hash()
    (folder / "README.md").write_text("changed")
    assert load(folder).content_hash() == before
    with (folder / "hidden" / "test_double.py").open("a") as file:
        file.write("\n")
    assert load(folder).content_hash() != before


def test_the_points_of_the_tests_add_up_to_those_of_the_tasks():
    report = grade(echo(), collect(TESTS / "golden" / "right.py"), choose("process"))
    assert report.points == report.worth == 100
    assert all(test.worth == 0 for test in report.tests if not test.hidden)


def test_a_conftest_beside_the_submission_or_the_challenge_is_not_loaded(
    folder, tmp_path, monkeypatch
):
    bomb = "raise SystemExit('loaded')"
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(TESTS / "golden" / "right.py", work / "solution.py")
    for place in (work, folder, folder / "hidden", tmp_path):
        (place / "conftest.py").write_text(bomb)
    for name in ("pytest.ini", "sitecustomize.py", "interface.py", "regex.py", "msgspec.py"):
        (work / name).write_text(
            "[pytest]\naddopts = --version\n" if name == "pytest.ini" else bomb
        )
    monkeypatch.chdir(work)
    report = grade(load(folder), collect(work), choose("process"))
    assert report.passed
