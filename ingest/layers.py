"""Find the layers of a city: its folder in `ingest/cities`, or elsewhere, and that of its state in `ingest/states`.

A layer adds to the shared contracts, seeds and models, and replaces those of the same name. See `ingest.city` for the choice of
the city, `orchestration.transform.dbt_project` for the dbt project that results. A run reads the files of its layers once,
together with its contracts (`orchestration.runs.delivery_location`), and writes them into its home under the run lock, so that it
sees one state of them while people add sources and measures.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import yaml

from warehouse.printable import did_you_mean

CITIES = Path(__file__).with_name("cities")
STATES = Path(__file__).with_name("states")
CITY_FILE, STATE_FILE = "city.yml", "state.yml"
SOURCES, MODELS, SEEDS, SUITES = "sources", "models", "seeds", "suites"
VOCABULARY = "vocabulary.yml"
# Files of this folder in `seeds` add rows to the seed of their name, and replace its rows with the same key.
ROWS = "rows"
# Columns that a seed may have and the rows of a layer may lack: empty holds from the beginning, or until further notice.
DATES = ("valid_from", "valid_to")
GAINED = {  # further ones, by seed
    "departments": ("records",),
    "series_breaks": ("source", "form", "cause"),
    "goals": ("adopted_on", "council_file"),
    "languages": ("tag", "locale", "direction", "font", "is_translated"),
    "place_populations": ("state_abbreviation", "county_geoid", "county", "time_zone"),
}
# Seeds of a state that name it and its agencies, as its texts do; its other seeds describe its tables.
NAMES, TEXTS = ("address_words", "departments", "former_department_names"), "texts_"
Content = Path | bytes  # of a seed or another file: the file, or the text of several put together
_PARTS = (SOURCES, MODELS, SEEDS, SUITES)
_FILES = (CITY_FILE, STATE_FILE, VOCABULARY)


class LayerError(ValueError):
    """A layer that cannot be used; the message names the folder or file and the remedy."""


@dataclass(frozen=True)
class Layer:
    """The folder of a city or state: `city.yml`, `sources`, `seeds`, `models`; all but a city's `city.yml` are optional.

    `tables_only`: the tables of a state without its names, for a city elsewhere that delivers tables of this form.
    """

    name: str
    folder: Path
    tables_only: bool = False

    @property
    def settings_file(self) -> Path:
        """The file with the keys of the city, or with the changes of contracts of the state."""
        own = self.folder / CITY_FILE
        return own if own.is_file() else self.folder / STATE_FILE

    @cached_property
    def contracts(self) -> tuple[Path, ...]:
        """The contracts of the layer."""
        return tuple(sorted((self.folder / SOURCES).glob("*.yml")))

    def files(self, part: str) -> dict[Path, Path]:
        """The files of a part (`models`, `seeds`), by their paths in it."""
        folder = self.folder / part
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(folder): path for path in found if path.suffix in (".sql", ".yml", ".csv", ".py", ".md")}

    def seeds(self) -> dict[str, Path]:
        """The seeds that the layer has whole, by name."""
        return self._seeds_in(self.folder / SEEDS)

    def rows(self) -> dict[str, Path]:
        """The rows that the layer adds to seeds, by the seed's name."""
        return self._seeds_in(self.folder / SEEDS / ROWS)

    def _seeds_in(self, folder: Path) -> dict[str, Path]:
        found = {path.stem: path for path in sorted(folder.glob("*.csv"))}
        return {
            name: path for name, path in found.items() if not (self.tables_only and (name in NAMES or name.startswith(TEXTS)))
        }


def layer_names(folder: Path = CITIES) -> tuple[str, ...]:
    """The names of the layers in a folder of layers."""
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(path.name for path in found if path.is_dir() and path.name[0] not in "._"))


def city_layer(name: str) -> Layer | None:
    """The layer of a city in `ingest/cities`; None for a city without one."""
    return Layer(name, CITIES / name) if name in layer_names() else None


def state_layer(name: str) -> Layer:
    """The layer of a state; `LayerError` if there is none."""
    if name not in (known := layer_names(STATES)):
        raise LayerError(f"there is no state layer {name!r}. {did_you_mean(name, known)}Known: {', '.join(known)}")
    return Layer(name, STATES / name)


def state_with_contract(sources: Iterable[str]) -> str | None:
    """The state whose layer has the contract of one of these sources; None if no state has one."""
    named = set(sources)
    return next((state for state in layer_names(STATES) if named & {path.stem for path in state_layer(state).contracts}), None)


def text_of(content: Content) -> str:
    """The text of a file; spreadsheet programs begin it with a byte order mark."""
    try:
        return bytes_of(content).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        name = content if isinstance(content, Path) else "a seed"
        raise LayerError(f"{name}: byte {error.start + 1} is no UTF-8; save the file as CSV UTF-8") from None


def layered_seed(name: str, shared: Path, layers: Iterable[Layer]) -> Content:
    """The seed of this name as the layers leave it: the path of one file, or the text of several put together."""
    found: Content = shared / f"{name}.csv"
    for layer in layers:
        found = _with_gained(name, layer.seeds()[name]) if name in layer.seeds() else found
        if added := layer.rows().get(name):
            key = seed_key(name, shared)
            found = with_rows(bytes_of(found), added, key)
    return found


def _with_gained(name: str, own: Path) -> Content:
    """A seed that a layer has whole, with the columns that the shared one gained after it was written."""
    header, *rows = _records(text_of(own))
    lacking = [column for column in GAINED.get(name, ()) if column not in header[0]]
    if not lacking:
        return own
    return "".join([csv_line([*header[0], *lacking]), *(f"{row.rstrip()}{',' * len(lacking)}\n" for _, row in rows)]).encode()


@dataclass(frozen=True)
class RowChanges:
    """What a layer does to the rows of a seed, by their keys."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]


def row_changes(name: str, shared: Path, layers: Sequence[Layer]) -> RowChanges:
    """Return what the last of the layers changes in a seed that the others leave."""
    key = seed_key(name, shared)
    before = _by_key(layered_seed(name, shared, layers[:-1]), key) if (shared / f"{name}.csv").is_file() else {}
    after = _by_key(layered_seed(name, shared, layers), key)
    return RowChanges(
        added=tuple("|".join(one) for one in after if one not in before),
        replaced=tuple("|".join(one) for one in after if one in before and after[one] != before[one]),
        removed=tuple("|".join(one) for one in before if one not in after),
    )


def _by_key(content: Content, key: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    (header, _), *rows = _records(text_of(content))
    at = [header.index(column) for column in key]
    return {_folded(cells, at): cells for cells, _ in rows}


def seed_key(name: str, shared: Path) -> tuple[str, ...]:
    """Return the columns that identify a row of a seed, as its YAML declares them (`meta: {key: […]}`)."""
    if name in (keys := _keys(shared)):
        return keys[name]
    if not (shared / f"{name}.csv").is_file():
        raise LayerError(f"there is no seed {name} for {ROWS}/{name}.csv. {did_you_mean(name, keys)}Name the file after its seed")
    raise LayerError(f"the seed {name} declares no key; add `meta: {{key: [column, …]}}` to its config in {shared}")


@cache
def _keys(shared: Path) -> Mapping[str, tuple[str, ...]]:
    files = sorted(shared.glob("_*.yml"))
    described = [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in files]  # noqa: TID251 - of the dbt project
    return {
        seed["name"]: tuple(seed["config"]["meta"]["key"])
        for file in described
        for seed in file.get("seeds", ())
        if "key" in seed.get("config", {}).get("meta", {})
    }


def bytes_of(content: Content) -> bytes:
    """The bytes of a file."""
    return content if isinstance(content, bytes) else content.read_bytes()


def seed_rows(name: str, shared: Path, layers: Iterable[Layer]) -> list[dict[str, str]]:
    """The rows of the seed of this name as the layers leave it."""
    return rows_of_seed(layered_seed(name, shared, layers))


def rows_of_seed(seed: Content) -> list[dict[str, str]]:
    """The rows of one seed."""
    return list(csv.DictReader(io.StringIO(text_of(seed), newline="")))


def with_rows(seed: bytes, added: Path, key: Sequence[str]) -> bytes:
    """A seed with the rows of a file in place of those with the same key; `LayerError` names what is wrong with the file.

    Keys are compared as labels are: without regard to case and to runs of white space.
    """
    header, *rows = _records(seed.decode("utf-8"))
    (names, _), *new_rows = _records(text_of(added)) or [([], "")]
    for cells, text in new_rows:
        if len(cells) != len(names):
            raise LayerError(f"{added}: {len(names)} columns are named, and a row has {len(cells)} cells: {text.rstrip()}")
    later = (*DATES, *GAINED.get(added.stem, ()))
    if names == [column for column in header[0] if column not in later]:  # written before the seed had these
        names, new_rows = header[0], [_completed(cells, header[0], later) for cells, _ in new_rows]
    if names != header[0]:
        named = ", ".join(names) or "none"
        raise LayerError(f"{added}: the columns are {named}; the seed has {', '.join(header[0])}, in this order")
    at = [header[0].index(column) for column in key]
    replaced: set[tuple[str, ...]] = set()
    for cells, _ in new_rows:
        if _folded(cells, at) in replaced:
            raise LayerError(f"{added}: two rows have the same {', '.join(key)}: {', '.join(cells[place] for place in at)}")
        replaced.add(_folded(cells, at))
    kept = [text for cells, text in rows if _folded(cells, at) not in replaced]
    return "".join([header[1], *kept, *(text for _, text in new_rows)]).encode()


def _completed(cells: Sequence[str], names: Sequence[str], later: Collection[str]) -> tuple[list[str], str]:
    given = iter(cells)
    completed = ["" if name in later else next(given) for name in names]
    return completed, csv_line(completed)


def csv_line(cells: Iterable[str]) -> str:
    """A record of a seed, with its line end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def appended_rows(seed: Path, shared: Content, rows: Iterable[Mapping[str, str]]) -> str:
    """The text of a seed of a layer with further rows at its end; a new file has the columns of the shared seed."""
    names = _records(text_of(shared))[0][0]
    text = seed.read_text(encoding="utf-8") if seed.is_file() else ",".join(names)
    return "".join([f"{text.rstrip()}\n", *(csv_line(row.get(name, "") for name in names) for row in rows)])


def _folded(cells: Sequence[str], at: Sequence[int]) -> tuple[str, ...]:
    return tuple(" ".join(cells[place].lower().split()) for place in at)


def _records(text: str) -> list[tuple[list[str], str]]:
    """The cells of each record, and the record as it is written: an empty cell and an empty text differ."""
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines)
    found, start = [], 0
    for cells in reader:
        if cells:
            found.append((cells, "".join(lines[start : reader.line_num]).rstrip("\r\n") + "\n"))
        start = reader.line_num
    return found


@dataclass(frozen=True)
class LayerSnapshot:
    """A layer and the content of its files, by their paths in it."""

    layer: Layer
    files: Mapping[Path, bytes]


def read_snapshots(layers: Iterable[Layer]) -> tuple[LayerSnapshot, ...]:
    """The layers as their files are now."""
    return tuple(LayerSnapshot(layer, dict(_contents(layer))) for layer in layers)


def write_snapshots(snapshots: Iterable[LayerSnapshot], folder: Path) -> tuple[Layer, ...]:
    """Write the layers into a folder, which holds no other files then; return them as layers of this folder."""
    written = []
    for number, snapshot in enumerate(snapshots, 1):
        own = folder / f"{number}_{snapshot.layer.name}"
        for name, content in snapshot.files.items():
            path = own / name
            if not path.is_file() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        layer = dataclasses.replace(snapshot.layer, folder=own)
        for path in _files(layer):
            if path.relative_to(own) not in snapshot.files:
                path.unlink()
        written.append(layer)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path not in {layer.folder for layer in written}:
            shutil.rmtree(path)
    return tuple(written)


def _contents(layer: Layer) -> Iterator[tuple[Path, bytes]]:
    for path in _files(layer):
        with suppress(FileNotFoundError):  # removed since it was listed
            yield path.relative_to(layer.folder), path.read_bytes()


def _files(layer: Layer) -> Iterator[Path]:
    yield from (path for name in _FILES if (path := layer.folder / name).is_file())
    for part in _PARTS:
        for path in sorted((layer.folder / part).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path
