"""The doctor checks who may read published files, the public folder, and the secrets of services."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestration.doctor import Verdict, access
from tests.unit.orchestration.doctor.conftest import Examined
from warehouse.paths import PUBLIC_FILE


def test_files_of_analysts_that_everyone_may_read_are_a_warning(examined: Examined) -> None:
    examined.home.published.chmod(0o755)
    examined.home.published_analyst.chmod(0o444)
    folder, file = examined.bad("permissions")
    assert (folder.where, folder.remedy) == (str(examined.home.published), f"`chmod o-rwx {examined.home.published}`")
    assert (file.where, file.verdict) == (str(examined.home.published_analyst), Verdict.WARNING)


def test_the_public_folder_is_a_copy_for_everyone(examined: Examined) -> None:
    home = examined.home
    assert examined.bad("public folder") == []
    assert [path.name for path in sorted(home.public.iterdir())] == ["exports", PUBLIC_FILE]
    assert home.public.stat().st_mode & 0o7777 == (home.public / "exports").stat().st_mode & 0o7777 == 0o755
    assert (home.public / PUBLIC_FILE).stat().st_mode & 0o7777 == 0o644
    assert not (home.public / PUBLIC_FILE).samefile(home.published_public), "a mode for everyone is not one of the release"


def test_a_file_of_records_in_the_public_folder_is_an_error(examined: Examined) -> None:
    shutil.copy(examined.home.published_analyst, examined.home.public)
    (found,) = examined.bad("public folder")
    assert (found.verdict, found.where) == (Verdict.ERROR, str(examined.home.public / "levelground.duckdb"))


def test_other_modes_in_the_public_folder_are_reported_with_the_command(examined: Examined) -> None:
    target = examined.home.public / PUBLIC_FILE
    target.chmod(0o600)
    examined.home.public.chmod(0o775)
    folder, file = examined.bad("public folder")
    assert (folder.verdict, folder.remedy) == (Verdict.ERROR, f"`chmod 755 {examined.home.public}/`")
    assert (file.what, file.remedy) == (
        f"1 paths have other modes than 0644 and 0755, the first {PUBLIC_FILE}", f"`chmod -R u=rwX,go=rX {target}`",
    )  # fmt: skip
    for remedy in (folder.remedy, file.remedy):
        assert os.system(remedy.strip("`")) == 0
    assert examined.bad("public folder") == []


@pytest.mark.parametrize("change", ["older file", "missing file", "missing folder"])
def test_a_public_folder_of_another_release_is_a_warning(examined: Examined, change: str) -> None:
    home = examined.home
    if change == "older file":
        os.utime(home.public / PUBLIC_FILE, (1, 1))
    elif change == "missing file":
        (home.public / PUBLIC_FILE).unlink()
    else:
        shutil.rmtree(home.public)
    (found,) = examined.bad("public folder")
    assert (found.verdict, found.where) == (Verdict.WARNING, str(home.public))
    assert "levelground scorecard" in found.remedy


@pytest.mark.parametrize(("mode", "wrong"), [(0o600, False), (0o640, True), (0o604, True)])
def test_only_root_may_read_the_secrets_of_services(
    examined: Examined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, wrong: bool
) -> None:
    file = tmp_path / "environment"
    file.write_text("LEVELGROUND_HASH_KEY=secret\n")
    file.chmod(mode)
    monkeypatch.setattr(access, "ENVIRONMENT_FILE", file)
    (found,) = examined("environment file")
    assert (found.verdict is Verdict.ERROR) == wrong
    if wrong:
        assert os.system(found.remedy.strip("`")) == 0
        assert examined.bad("environment file") == []
