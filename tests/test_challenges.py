"""The challenges prove themselves: stubs are red, references green, wrong solutions caught."""

from __future__ import annotations

import ast
import functools

import pytest
from grading_kit import ROOT, wrong_submission

from grader.challenge import catalogue, find
from grader.grading.run import Options, grade
from grader.submission import collect
from grader.wall.sandboxes import choose

SLUGS = [challenge.slug for challenge in catalogue()]
WRONG = [
    (slug, path)
    for slug in SLUGS
    for path in sorted((ROOT / "solutions" / slug / "wrong").glob("*.py"))
]
EVERY = Options(every_task=True)


def _docstring_titles(slug):
    folder = ROOT / "challenges" / slug
    for path in [*folder.glob("tests/test_*.py"), *folder.glob("hidden/test_*.py")]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path, node.name, ast.get_docstring(node)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_stub_is_red_with_not_implemented_in_every_test(slug):
    report = grade(
        find(slug), collect(ROOT / "challenges" / slug / "stub.py"), choose("auto"), EVERY
    )
    assert {(str(t.verdict), "NotImplementedError" in t.message) for t in report.tests} == {
        ("error", True)
    }
    assert report.points == 0


@pytest.mark.parametrize("sandbox", ["process", "bubblewrap"])
@pytest.mark.parametrize("slug", SLUGS)
def test_the_reference_is_green(slug, sandbox):
    report = grade(find(slug), collect(ROOT / "solutions" / slug), choose(sandbox))
    assert [(t.id, t.verdict, t.message) for t in report.tests if t.verdict != "passed"] == []
    assert report.passed
    assert report.points == 100


@functools.cache
def _verdicts(slug, path):
    report = grade(find(slug), wrong_submission(slug, path), choose("auto"), EVERY)
    return {t.id: str(t.verdict) for t in report.tests if t.hidden}


@pytest.mark.slow
@pytest.mark.parametrize(("slug", "path"), WRONG, ids=lambda value: getattr(value, "stem", value))
def test_a_wrong_solution_is_caught_by_a_hidden_test(slug, path):
    verdicts = _verdicts(slug, path)
    caught = [name for name, verdict in verdicts.items() if verdict != "passed"]
    assert caught
    assert "grader_error" not in verdicts.values()
    # A near miss: it is right where its mistake does not show.
    assert "passed" in verdicts.values()


@pytest.mark.parametrize("slug", SLUGS)
def test_each_challenge_has_at_least_eight_wrong_solutions_in_a_learners_words(slug):
    wrong = [path for name, path in WRONG if name == slug]
    assert len(wrong) >= 8
    for path in wrong:
        first = (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()
        assert first, path
        assert first[0].endswith("."), path


def _parameters(node):
    args = node.args
    names = [a.arg for a in args.posonlyargs + args.args], [a.arg for a in args.kwonlyargs]
    return names, [ast.unparse(d) for d in [*args.defaults, *args.kw_defaults] if d]


@pytest.mark.parametrize("slug", SLUGS)
def test_stub_and_reference_have_the_same_signatures(slug):
    def signatures(path):
        found = {}
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = _parameters(node)
            elif isinstance(node, ast.ClassDef):
                for item in node.body:
                    if isinstance(item, ast.FunctionDef):
                        found[f"{node.name}.{item.name}"] = _parameters(item)
        return found

    reference = {}
    for path in (ROOT / "solutions" / slug).glob("*.py"):
        reference |= signatures(path)
    stub = signatures(ROOT / "challenges" / slug / "stub.py")
    assert {name: reference.get(name) for name in stub} == stub


@pytest.mark.parametrize("slug", SLUGS)
def test_every_test_has_a_title_of_its_own(slug):
    titles = [(title or "").splitlines()[:1] for _, _, title in _docstring_titles(slug)]
    assert [] not in titles
    assert len({title[0] for title in titles}) == len(titles)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_spec_names_every_task_with_its_points(slug):
    spec = (ROOT / "challenges" / slug / "README.md").read_text()
    for number, task in enumerate(find(slug).tasks, start=1):
        assert f"## Task {number}: {task.slug}" in spec, task.slug
