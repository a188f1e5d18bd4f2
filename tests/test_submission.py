"""A submission is collected by an allow-list: plain Python files, and nothing that leads elsewhere."""

from __future__ import annotations

import os

import pytest

from grader.submission import MAX_FILE, MAX_FILES, SubmissionError, collect


@pytest.fixture
def work(tmp_path):
    (tmp_path / "solution.py").write_text("x = 1\n")
    return tmp_path


def test_modules_and_packages_are_collected_and_nothing_else(work):
    (work / "helper.py").write_text("")
    (work / "parts").mkdir()
    (work / "parts" / "__init__.py").write_text("")
    (work / "parts" / "one.py").write_text("")
    (work / "notes").mkdir()
    (work / "notes" / "draft.py").write_text("")
    (work / ".hidden.py").write_text("")
    (work / "data.pkl").write_bytes(b"x")
    (work / "evil.pth").write_text("import os")
    assert sorted(collect(work).files) == [
        "helper.py",
        "parts/__init__.py",
        "parts/one.py",
        "solution.py",
    ]


def test_one_file_is_a_submission(work):
    other = work / "attempt.py"
    other.write_text("y = 2\n")
    assert collect(other).files == {"solution.py": b"y = 2\n"}


@pytest.mark.parametrize("kind", ["symlink", "hardlink", "fifo", "folder", "device"])
def test_links_and_special_files_are_refused(work, kind):
    target = work / "extra.py"
    match kind:
        case "symlink":
            target.symlink_to("/etc/passwd")
        case "hardlink":
            os.link(work / "solution.py", target)
        case "fifo":
            os.mkfifo(target)
        case "folder":
            target.mkdir()
        case "device":
            os.mknod(target, 0o20600, os.makedev(1, 5))  # /dev/zero
    with pytest.raises(SubmissionError, match=r"extra\.py|solution\.py"):
        collect(work)


def test_a_linked_folder_is_not_followed(work, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "__init__.py").write_text("secret")
    (work / "package").symlink_to(elsewhere)
    assert sorted(collect(work).files) == ["solution.py"]


def test_too_large_and_too_many_are_refused(work):
    (work / "big.py").write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(SubmissionError, match=r"big\.py"):
        collect(work)
    (work / "big.py").unlink()
    for i in range(MAX_FILES):
        (work / f"m{i}.py").write_text("")
    with pytest.raises(SubmissionError, match=str(MAX_FILES)):
        collect(work)


def test_a_missing_solution_and_a_missing_folder_say_what_to_do(work):
    (work / "solution.py").unlink()
    with pytest.raises(SubmissionError, match="kata start"):
        collect(work)
    with pytest.raises(SubmissionError, match="does not exist"):
        collect(work / "nowhere")


def test_the_digest_tells_contents_and_names_apart(work):
    first = collect(work).digest
    assert first == collect(work).digest
    (work / "b.py").write_text("")
    second = collect(work).digest
    (work / "b.py").rename(work / "c.py")
    assert len({first, second, collect(work).digest}) == 3
