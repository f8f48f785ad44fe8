"""The sheet of `make screenshots`: each picture beside the one of the run before."""

from pathlib import Path

from tests.browser.contact_sheet import AFTER, BEFORE, keep_the_last_run, write_sheet


def run(folder: Path, **pictures: str) -> str:
    """A run that takes these pictures. Returns the sheet."""
    keep_the_last_run(folder)
    for name, content in pictures.items():
        (folder / AFTER / f"{name}.png").write_text(content)
    return write_sheet(folder).read_text(encoding="utf-8")


def test_the_first_run_has_nothing_before(tmp_path: Path) -> None:
    sheet = run(tmp_path / "screenshots", login="new")
    assert sheet.count("<section") == 1
    assert '<img src="after/login.png"' in sheet
    assert "no picture" in sheet


def test_the_pictures_of_the_last_run_stand_beside_the_new_ones(tmp_path: Path) -> None:
    run(tmp_path, login="old", list="same", gone="old")
    sheet = run(tmp_path, login="new", list="same", added="new")

    assert (tmp_path / BEFORE / "login.png").read_text() == "old"
    assert (tmp_path / AFTER / "login.png").read_text() == "new"
    assert [title.partition("</h2>")[0] for title in sheet.split("<h2>")[1:]] == ["added", "gone", "list", "login"]


def test_what_has_not_changed_is_pale(tmp_path: Path) -> None:
    run(tmp_path, login="old", list="same")
    sheet = run(tmp_path, login="new", list="same")
    assert "<section class=same><h2>list</h2>" in sheet
    assert "<section><h2>login</h2>" in sheet


def test_only_two_runs_are_kept(tmp_path: Path) -> None:
    for content in ("one", "two", "three"):
        run(tmp_path, login=content)
    assert (tmp_path / BEFORE / "login.png").read_text() == "two"


def test_a_name_is_text_and_never_markup(tmp_path: Path) -> None:
    assert "<b>" not in run(tmp_path, **{"<b>": "new"})
