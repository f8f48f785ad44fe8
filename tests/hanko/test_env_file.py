"""Setting variables in a `.env` file."""

import stat

import pytest

from passkeys_django.hanko.command_line.env_file import opened, updated

VALUES = {"ID": "1", "KEY": "a+/=="}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"ID=1\nKEY=a+/==\n"),
        (b"A=b", b"A=b\nID=1\nKEY=a+/==\n"),
        (b"A=b\n", b"A=b\nID=1\nKEY=a+/==\n"),
        (b"ID=0\nA=b\nKEY='x'\n", b"ID=1\nA=b\nKEY=a+/==\n"),
        (b"KEY=x\nID=0", b"KEY=a+/==\nID=1\n"),
        (b"#ID=0\nMY_ID=0\nID_2=0\n", b"#ID=0\nMY_ID=0\nID_2=0\nID=1\nKEY=a+/==\n"),
        (b"  export ID = 0\n", b"export ID=1\nKEY=a+/==\n"),
        (b"ID=0\nA=b\nID=2\nKEY=x\n", b"ID=1\nA=b\nKEY=a+/==\n"),
        (b"A=b\r\nID=0\r\n", b"A=b\r\nID=1\r\nKEY=a+/==\r\n"),
        (b"A=\xff\n", b"A=\xff\nID=1\nKEY=a+/==\n"),
    ],
)
def test_just_these_lines_change(before, after):
    assert updated(before, VALUES) == after
    assert updated(after, VALUES) == after


def test_a_new_file_is_its_owners(tmp_path):
    path = tmp_path / ".env"
    with opened(path) as env:
        env.update(VALUES)
    assert path.read_bytes() == b"ID=1\nKEY=a+/==\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_old_file_keeps_its_mode_and_stays_a_link(tmp_path):
    target, link = tmp_path / "settings", tmp_path / ".env"
    target.write_bytes(b"KEY=" + b"x" * 100 + b"\n")
    target.chmod(0o640)
    link.symlink_to(target)
    with opened(link) as env:
        env.update(VALUES)
    assert link.is_symlink()
    assert target.read_bytes() == b"KEY=a+/==\nID=1\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def fail(path):
    with opened(path):
        raise KeyError


def test_a_failure_leaves_everything_as_it_was(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"A=b\n")
    for path in (old, new):
        with pytest.raises(KeyError):
            fail(path)
    assert old.read_bytes() == b"A=b\n"
    assert not new.exists()
