"""Describe whose site it is: the addresses that serve it, and how readers reach the office. Settings of `city.yml`, no figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Contact:
    """The office of a site; see `site` in docs/city.md. `council`: the member of each district, and the phone of the office."""

    address: str = ""
    files: str | None = None
    office: str | None = None
    email: str | None = None
    phone: str | None = None
    post: str | None = None
    council: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, contact: Contact | str) -> Contact:
        """Return the contact, or one with an address alone."""
        return contact if isinstance(contact, Contact) else cls(contact.rstrip("/"))

    def below(self, name: str) -> Contact:
        """Return the contact of a site in a folder of this one, such as an edition."""
        return replace(self, address=self.address and f"{self.address}/{name}", files=None)

    @property
    def base(self) -> str:
        """What the paths of pages are appended to; empty without an address."""
        return self.address and f"{self.address}/"
