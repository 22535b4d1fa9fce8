"""The keys of facts: HMAC with a secret that a home makes once, and that no file but its own contains."""

from __future__ import annotations

import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import open_working
from warehouse.paths import Home
from warehouse.record_keys import SecretDamaged, attach_keys, copy_secret, keyed, read_secret, secret_id

SECRET = bytes(range(32))


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
    ],
)
def test_keys_are_those_of_rfc_4231(secret: bytes, text: str, expected: str) -> None:
    """Test cases 1 and 2 of the RFC, truncated to 128 bits."""
    with duckdb.connect() as con:
        attach_keys(con, secret)
        assert con.execute(f"select {keyed('?')}", [text]).fetchone() == (expected,)


def test_every_connection_of_the_instance_has_the_same_keys_also_for_other_letters() -> None:
    texts = ["a", "", "ñ", "Hmoob 🏛", None]
    with duckdb.connect() as con, con.cursor() as other:
        attach_keys(con, SECRET)
        attach_keys(con, SECRET)  # joined by a second step of a run
        found = other.execute(f"select {keyed('text')} from (select unnest(?::varchar[]) as text)", [texts]).fetchall()
    assert found == [(text and hmac.digest(SECRET, text.encode(), "sha256").hex()[:32],) if text else (
        (hmac.digest(SECRET, b"", "sha256").hex()[:32],) if text == "" else (None,)
    ) for text in texts]  # fmt: skip


def test_a_home_makes_its_secret_once_for_its_owner_only(tmp_path: Path) -> None:
    first, second = (Home(tmp_path / name) for name in ("first", "second"))
    for home in (first, second):
        home.ensure()
        open_working(home).close()
        assert stat.S_IMODE(home.record_key_secret.stat().st_mode) == 0o600
    before = first.record_key_secret.read_bytes()
    open_working(first).close()
    assert first.record_key_secret.read_bytes() == before != second.record_key_secret.read_bytes()


def test_of_several_processes_one_makes_the_secret(tmp_path: Path) -> None:
    for number in range(20):
        path = tmp_path / str(number)
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(read_secret, [path] * 8))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(map(str, range(20)))


def test_a_copy_that_lost_its_mode_gets_it_back(tmp_path: Path) -> None:
    path, copy = tmp_path / "secret", tmp_path / "copy"
    secret = read_secret(path)
    copy_secret(path, copy)
    copy.chmod(0o644)
    assert read_secret(copy) == secret
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "zz" * 32, "00" * 31])
def test_a_damaged_secret_names_both_remedies(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret"
    path.write_text(content)
    with pytest.raises(SecretDamaged, match=r"secret is damaged: .* Restore it from a backup; or delete it"):
        read_secret(path)


def test_the_id_names_the_secret_and_does_not_contain_it(tmp_path: Path) -> None:
    ids = [secret_id(tmp_path / name) for name in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0] not in read_secret(tmp_path / "a").hex()


def test_no_database_file_has_the_secret_or_what_it_becomes(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.ensure()
    with open_working(home) as con:
        con.execute(f"create table keys as select {keyed('range::varchar')} as visit_key from range(10)")
        con.execute(f"create view later as select {keyed('visit_key')} as again from keys")
        con.execute("checkpoint")
    secret = read_secret(home.record_key_secret)
    forms = [secret, *(bytes(byte ^ pad for byte in secret.ljust(64, b"\0")) for pad in (0x36, 0x5C))]
    for path in home.root.rglob("*"):
        if path.is_file() and path != home.record_key_secret:
            assert not any(form[:32] in (data := path.read_bytes()) or form[:32].hex().encode() in data for form in forms)
