"""The house in order: no stray files, small modules, one direction of imports, docs that hold."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from grading_kit import ROOT

from grader.challenge import catalogue
from grader.wall.sandboxes.base import SOLVER_SIDE

GRADER = sorted((ROOT / "grader").rglob("*.py"))
LAYERS = ["commands", "render", "grading", "wall"]


def _tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", GRADER, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_of_the_grader_is_over_300_lines(path):
    assert len(path.read_text().splitlines()) <= 300


def test_imports_point_in_one_direction():
    below = {layer: LAYERS[: LAYERS.index(layer)] for layer in LAYERS}
    for path in GRADER:
        layer = path.relative_to(ROOT / "grader").parts[0]
        for upper in below.get(layer, []):
            bad = [name for name in _imports(path) if name.startswith(f"grader.{upper}")]
            assert not bad, f"{path} imports {bad}"


def test_the_solver_side_imports_nothing_else_of_the_grader():
    allowed = {f"grader.wall.{name.removesuffix('.py')}" for name in SOLVER_SIDE} | {"grader.wall"}
    for name in SOLVER_SIDE:
        for found in _imports(ROOT / "grader" / "wall" / name):
            if found.startswith("grader"):
                assert any(found == a or found.startswith(f"{a}.") for a in allowed), (name, found)


def test_no_stray_files():
    patterns = [
        r"(README|CHANGELOG|CONTRIBUTING)\.md|LICENSE|Makefile|pyproject\.toml|constraints\.txt|\.gitignore",
        r"\.ci/run",
        r"grader/([a-z_]+/)*[a-z_]+\.py",
        r"docs/(decisions/)?[a-z0-9-]+\.md",
        r"challenges/[a-z_]+/(README\.md|challenge\.toml|stub\.py|interface\.py)",
        r"challenges/[a-z_]+/(tests/test_[a-z_]+|hidden/(test_|speed_|oracle)[a-z_]*)\.py",
        r"solutions/[a-z_]+/(README\.md|[a-z0-9_]+\.py|(wrong|peers)/[a-z0-9_]+\.py)",
        r"fixtures/.+",
        r"tests/.+\.(py|json|toml|md)",
    ]
    stray = [path for path in _tracked() if not any(re.fullmatch(p, path) for p in patterns)]
    assert stray == []


def test_every_challenge_has_a_solution_with_a_readme():
    for challenge in catalogue():
        assert (ROOT / "solutions" / challenge.slug / "README.md").exists()


def test_every_command_is_in_the_guide_and_the_readme():
    text = (ROOT / "docs" / "learners.md").read_text()
    for path in (ROOT / "grader" / "commands").glob("[a-z]*.py"):
        assert f"kata {path.stem}" in text, path.stem


def test_links_in_the_docs_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path}: {target}"


def test_the_fixtures_are_those_of_the_manifest_and_small():
    manifest = json.loads((ROOT / "fixtures" / "manifest.json").read_text())
    listed = {entry["name"]: entry for entry in manifest["texts"]}
    texts = {p.name: p for p in (ROOT / "fixtures" / "text").iterdir()}
    assert {Path(name).name for name in listed} == set(texts)
    for name, entry in listed.items():
        data = texts[Path(name).name].read_bytes()
        assert (len(data), sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
        assert entry["licence"]
        data.decode("utf-8")
    tracked = [ROOT / path for path in _tracked() if path.startswith("fixtures/")]
    assert sum(path.stat().st_size for path in tracked) < 3_000_000


def test_the_output_in_the_readme_is_what_the_command_prints():
    shown = re.search(
        r"<!-- output: make grade -->\n```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert shown
    command = ["make", "--no-print-directory", "grade"]
    environment = {"PATH": "/usr/bin:/bin", "COLUMNS": "80", "LANG": "C.UTF-8", "HOME": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )

    def fixed(text):
        # What differs from run to run: the time, the seed.
        return re.sub(r"\d+\.\d s|--seed \w+", "…", text).strip()

    assert fixed(done.stdout) == fixed(shown[1])
