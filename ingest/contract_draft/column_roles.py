"""Guess the meaning of a column: its name in the contract, its role, its privacy.

See `column_profiles` for the counts, and `draft` for the whole draft. In doubt a column is private: opening one later is easier
than withdrawing a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ingest.contract.sections.column import RESERVED
from ingest.contract.vocabularies import Labels, flag_values, folded, load_vocabulary, valid_labels
from ingest.contract_draft.column_profiles import ColumnProfile, fits, guesses, is_named

# x and y of map servers are degrees if they are that small.
IN_DEGREES = {"x": ("longitude", 180), "y": ("latitude", 90)}
QUASI = frozenset({"address", "latitude", "longitude", "x", "y", "zip", "sex", "age", "language", "geoid"})
# Of the labels of a column so many are known to the crosswalk, or it is no race column by its cells.
KNOWN_LABELS_PCT, KNOWN_LABELS_OF_RACE_PCT = 60, 40
MOST_CATEGORIES, FREE_LENGTH = 60, 40
FREE_TEXT = "it is free text, in which people name people"
# By the cells of guesses.yml.
CONTACTS = {"email": "mail addresses", "ssn": "social security numbers", "phone": "phone numbers"}


def snake_case(name: str, used: set[str], at: int) -> str:
    """A plain name for a delivered one, unlike those taken: CREATIONDATE stays one word, Created Date and createdDate are two."""
    latin = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    spaced = re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", latin)
    plain = re.sub(r"[^a-z0-9]+", "_", spaced.lower().replace("#", " number ").replace("%", " pct ")).strip("_")
    plain = (plain if plain[:1].isalpha() else f"column_{plain or at}")[:55].rstrip("_")
    if plain in RESERVED or plain.endswith("_missing_reason"):
        plain = f"{plain}_delivered"
    unique, number = plain, 2
    while unique in used:
        unique, number = f"{plain}_{number}", number + 1
    used.add(unique)
    return unique


def draft_column(
    profile: ColumnProfile, name: str, delivered: str | int, labels: Labels, counts: Collection[str] = ()
) -> tuple[dict[str, Any], list[str]]:
    """(the contract's keys of a column, the decisions left to a person). `counts`: the columns of `group_counts`."""
    text = {"name": name, "from": delivered, "type": "text"}
    if vocabulary := _vocabulary_of_box(profile, delivered):
        question = f"{name}: {guesses()['questions']['box'].format(vocabulary=vocabulary)}"
        return text | {"privacy": "sensitive", "role": "race_flag", "vocabulary": vocabulary, "label": delivered}, [question]
    if profile.reads["type"] == "text" and profile.shares.get("point", 0) > 90:
        return text | {"privacy": "quasi_identifier"}, [f"{name}: {guesses()['questions']['point']}"]
    return _draft_other(profile, text, labels, counts)


def _vocabulary_of_box(profile: ColumnProfile, delivered: str | int) -> str | None:
    """The vocabulary of a column per race, as survey tools export a question with boxes; None if the column is none."""
    cells = set(map(folded, profile.labels))
    if not cells or not cells <= {*flag_values(), folded(str(delivered))}:
        return None
    multiple = [one.name for one in load_vocabulary().race.values() if one.selection == "multiple"]
    for vocabulary in sorted(multiple, key=lambda one: (one != "spd15_2024", one)):
        codes = {folded(label): code for label, code in valid_labels(vocabulary).items()}
        if codes.get(folded(str(delivered))) not in (None, *load_vocabulary().words["missing_reasons"]):
            return vocabulary
    return None


def _draft_other(
    profile: ColumnProfile, text: dict[str, Any], labels: Labels, counts: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """`text`: the keys of the column as a text."""
    name, keys, about = text["name"], text | profile.reads, guesses()["questions"]
    if profile.reads["type"] in ("integer", "decimal") and is_named("code", name) and not profile.reads.get("currency"):
        keys = dict(text)  # a number that is not added up
    if profile.null_tokens:
        keys["null_tokens"] = profile.null_tokens
    questions = list(_about_cells(profile, name, keys))
    why = _personal(profile, name)
    if why:
        questions.append(f"{name}: {why}; dropped; keep: hash if it is needed, or open it if it identifies no person")
        return text | {"privacy": "direct_identifier", "keep": "drop"}, questions
    if profile.name in counts:
        return keys | ({"role": "count"} if keys["type"] == "integer" else {}), questions
    vocabulary = race_vocabulary(profile, name, labels)
    if vocabulary or is_named("race", name):
        keys = text | {"privacy": "sensitive"}
        known = labels.get(vocabulary or "", frozenset())
        if vocabulary and set(map(folded, profile.labels)).issubset(map(folded, known)):
            keys |= {"role": "race", "vocabulary": vocabulary}
            questions.append(
                f"{name}: are its labels those of the vocabulary {vocabulary}? who says a person's race: collection.mode"
            )
            questions.append(f"{name}: {about['offered']}")
        else:
            more = f" (its labels are most like those of {vocabulary})" if vocabulary else ""
            questions.append(f"{name}: it seems to hold race{more}: name a vocabulary, and map its labels in the crosswalk seed")
            questions += [f"{name}: {about['ethnicity']}"] * bool(is_named("ethnicity", name))
        return keys, questions
    role, is_private = _role(profile, name, keys["type"])
    if role:
        keys["role"] = role
    if is_private:
        keys["privacy"] = "quasi_identifier"
    return keys, questions


def _about_cells(profile: ColumnProfile, name: str, keys: Mapping[str, Any]) -> Iterator[str]:
    """What the cells leave open."""
    if profile.null_tokens:
        yield f"{name}: do {', '.join(map(repr, profile.null_tokens))} say why the cell is empty? see null_tokens"
    if profile.day_first:
        yield f"{name}: its dates read month first and day first alike; the draft takes month first"
    if any("%y" in form for form in keys.get("formats", ())):
        yield f"{name}: its years have two digits; 69 to 99 are read as 19xx"
    if profile.reads == {"type": "timestamp"} and profile.shares.get("offset", 0) < 100:
        yield f"{name}: on whose clock are its times? name it in timezone, like America/Chicago, if not the city's"
    numbers = profile.shares.get("number", 0)
    is_code = is_named("code", name) or profile.shares.get("leading_zero")
    if profile.reads["type"] == "text" and 80 <= numbers < 100 and not is_code:
        yield (
            f"{name}: {numbers:.0f} % of its cells are numbers, and it is read as a text: are names among the records "
            "(format.header), or words for missing values (null_tokens)?"
        )
    if not profile.filled:
        yield f"{name}: it is empty in this delivery; ask the steward, or put it under ignore"


def group_counts(found: Iterable[ColumnProfile], labels: Labels) -> list[str]:
    """The columns of numbers that are each of a group, by the last words of their names: Enrolled Black, Two or More.

    Empty if there is only one: a number called Other is no table by group.
    """
    known = {folded(label) for of in labels.values() for label in of if len(label) > 2}
    groups: list[tuple[ColumnProfile, str]] = []
    for profile in found:
        words = folded(re.sub(r"[^A-Za-z/]+", " ", profile.name)).split()
        named = next((name for at in range(len(words)) if (name := " ".join(words[at:])) in known), None)
        if named and profile.reads["type"] in ("integer", "decimal"):
            groups.append((profile, named))
    is_table = len({named for _, named in groups}) > 1 and any(profile.shares.get("bit") != 100 for profile, _ in groups)
    return [profile.name for profile, _ in groups] if is_table else []


def _personal(profile: ColumnProfile, name: str) -> str | None:
    """Why a column may name a person or a way to reach one; None if nothing speaks for it."""
    shares, is_text = profile.shares, profile.reads["type"] == "text"
    if profile.reads["type"] == "boolean" or shares.get("yes_no", 0) > 99:
        return None  # whether there is a name
    is_of_person, is_varied = not is_named("no_person", name), profile.distinct > MOST_CATEGORIES
    is_long = profile.mean_length > FREE_LENGTH and profile.distinct > 0.3 * profile.filled and shares.get("street", 0) <= 50
    signs = (
        *((is_text and shares.get(kind, 0) > 0, f"it holds {what}") for kind, what in CONTACTS.items()),
        (is_of_person and is_named("personal", name) and not is_named("attribute", name), "its name says that it is a person's"),
        (is_of_person and is_text and is_named("a_name", name), "it may name people"),
        (
            is_text and shares.get("person", 0) > 30 and not is_named("a_post", name),
            "its cells read like last names and first names",
        ),
        (is_text and is_long, FREE_TEXT),
        (is_text and is_varied and shares.get("json", 0) > 50, "its cells are lists or objects, in which people may be named"),
        (is_text and is_varied and is_named("free_text", name), FREE_TEXT),
    )
    return next((why for is_seen, why in signs if is_seen), None)


def race_vocabulary(profile: ColumnProfile, name: str, labels: Labels) -> str | None:
    """The vocabulary that contains most of the column's labels, if the column can be of race at all."""
    delivered = set(map(folded, profile.labels))
    if not delivered or profile.reads["type"] != "text":
        return None
    known = {vocabulary: len(delivered.intersection(map(folded, of))) for vocabulary, of in labels.items()}
    best = max(known, key=lambda vocabulary: known[vocabulary], default=None)
    # words like Unknown or Other occur in columns of any kind
    least, least_pct = (1, KNOWN_LABELS_OF_RACE_PCT) if is_named("race", name) else (3, KNOWN_LABELS_PCT)
    is_of_race = best is not None and known[best] >= least and 100 * known[best] >= least_pct * len(delivered)
    return best if is_of_race else None


def _role(profile: ColumnProfile, name: str, kind: str) -> tuple[str | None, bool]:
    """The role, and whether the column is private: also where its name is of such a role, and its cells are of another kind."""
    if kind == "geometry":
        return "geometry", False
    if kind == "text" and profile.shares.get("geoid", 0) > 99:
        return "geoid", True
    is_private = profile.shares.get("po_box", 0) > 50
    for guess in guesses()["roles"]:
        role = guess["role"]
        if kind not in guess["types"] or not fits(guess["names"], name):
            continue
        if "not_named" in guess and is_named(guess["not_named"], name):
            continue
        if not _agrees(profile, guess):
            is_private |= role in QUASI
            continue
        limit = {"latitude": 90, "longitude": 180}.get(role)
        size = max(abs(profile.most or 0), abs(profile.least or 0))
        if kind == "decimal" and role in IN_DEGREES and 0 < size <= IN_DEGREES[role][1]:
            return IN_DEGREES[role][0], True
        if limit and profile.most is not None and size > limit:
            return {"latitude": "y", "longitude": "x"}[role], True
        return role, is_private or role in QUASI
    is_varied = 2 * profile.distinct > min(profile.filled, 2 * MOST_CATEGORIES)
    if kind == "text" and profile.shares.get("street", 0) > 60 and is_varied:
        return "address", True
    if kind == "text" and 0 < profile.distinct <= MOST_CATEGORIES and profile.distinct < 0.2 * profile.filled:
        return "category", is_private
    return None, is_private


def _agrees(profile: ColumnProfile, guess: Mapping[str, Any]) -> bool:
    """Whether the cells are like those of a role: a ZIP code is no address, and a post box no district."""
    if not profile.filled:
        return bool(guess["names"])
    is_like = "like" not in guess or profile.shares.get(guess["like"], 0) > (50 if guess["names"] else 90)
    return is_like and not any(profile.shares.get(form, 0) > 50 for form in guess.get("unlike", ()))
