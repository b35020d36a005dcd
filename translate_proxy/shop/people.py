"""Who answers, and who may change whom."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from translate_proxy.commands import OperatorChange
from translate_proxy.interfaces import Accounts
from translate_proxy.model import Operator, OperatorId, Refused, Role, Shop, SiteKey, new_id
from translate_proxy.records import Editor, Staffed
from translate_proxy.shop.checked import Checked
from translate_proxy.text import tags

TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
EMAIL = re.compile(r"(?<![^@\s])[^@\s]++@(?:[^@\s]+\.[^@\s]++|localhost(?![^@\s]))")


def _address(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value.lower()


def _tag(value: str) -> str:
    if not TAG.fullmatch(value):
        raise ValueError(f"{value!r} is not a language tag such as en or pt-BR")
    if not tags.is_language(value):
        raise ValueError(f"there is no language {value!r}")
    return value


Name = Annotated[str, Field(min_length=1, max_length=200)]
Spoken = Annotated[str, Field(max_length=35), AfterValidator(_tag)]
Languages = Annotated[tuple[Spoken, ...], Field(min_length=1)]


class NewOperator(Checked):
    """Somebody who is to answer."""

    email: Annotated[str, Field(max_length=254), AfterValidator(_address)]
    """To sign in with."""
    name: Name
    """What visitors and colleagues see."""
    languages: Languages
    """What they know; the first is what they read."""
    sites: tuple[str, ...] = ()
    """Keys of the sites they serve; none means all."""
    role: Role = "operator"
    """What they may do."""
    password: str = Field(max_length=1024)
    """8 characters at least."""


class OperatorFields(Checked):
    """What is to be another of an operator; what is not named stays."""

    name: Name | None = None
    """What visitors and colleagues see."""
    languages: Languages | None = None
    """What they know; the first is what they read."""
    sites: tuple[str, ...] | None = None
    """Keys of the sites they serve; none means all."""
    role: Role | None = None
    """What they may do."""
    active: bool | None = None
    """False: they cannot sign in; what they wrote stays."""
    password: str | None = Field(None, max_length=1024)
    """Another one, 8 characters at least."""

    @model_validator(mode="after")
    def _named_with_a_value(self) -> Self:
        empty = [name for name in self.model_fields_set if getattr(self, name) is None]
        if empty:
            raise ValueError(f"{empty[0]} cannot be null")
        return self


class People:
    """What administrators do with operators. Who has sites changes those alone whose sites are all
    theirs. ``done`` is told of everybody who was changed: they are signed out."""

    def __init__(
        self,
        accounts: Accounts,
        shop: Callable[[], Shop],
        hash_password: Callable[[str], Awaitable[str]],
        *,
        done: Callable[[Staffed], Awaitable[object]],
        added: Callable[[], None],
    ) -> None:
        self._accounts = accounts
        self._shop = shop
        self._hash = hash_password
        self._done = done
        self._added = added

    async def listed(self, admin: Operator) -> Sequence[Operator]:
        """Whoever may be changed, disabled ones too, by name."""
        everyone = await self._accounts.operators(disabled=True)
        return [one for one in everyone if _within(admin, one.sites)]

    async def one(self, admin: Operator, id_: str) -> Operator:
        """Refused ``not_found``, also for whoever is not theirs to change."""
        for one in await self.listed(admin):
            if one.id == id_:
                return one
        raise Refused("not_found", "You have no such operator.")

    async def add(self, admin: Operator, given: NewOperator) -> Operator:
        """Refused ``bad_request``, ``conflict`` when the address is taken, ``forbidden`` for sites
        that are not the administrator's."""
        operator = Operator(
            id=OperatorId(new_id()),
            email=given.email,
            name=given.name,
            languages=given.languages,
            sites=self._allowed(admin, given.sites),
            role=given.role,
        )
        hashed = await self._hash(given.password)
        await self._accounts.add_operator(operator, hashed, Editor(admin.id, admin.name))
        self._added()
        return operator

    async def change(
        self, admin: Operator, id_: str, given: OperatorFields, revision: int | None
    ) -> Operator:
        """Refused as ``add``, ``not_found``, ``Stale``, and ``forbidden`` for one's own role and
        the last administrator of all sites."""
        before = await self.one(admin, id_)
        if before.id == admin.id and given.role not in {None, before.role}:
            raise Refused("forbidden", "Nobody changes their own role.")
        password = given.password
        change = OperatorChange(
            name=given.name,
            languages=given.languages,
            sites=None if given.sites is None else self._allowed(admin, given.sites),
            role=given.role,
            password_hash=None if password is None else await self._hash(password),
            active=given.active,
        )
        if change == OperatorChange():
            raise Refused("bad_request", "Nothing to change was named.")
        by = Editor(admin.id, admin.name)
        staffed = await self._accounts.change_operator(before.email, change, by, revision)
        await self._done(staffed)
        return staffed.operator

    async def remove(self, admin: Operator, id_: str, revision: int | None) -> None:
        """What they wrote stays, under their name. Refused as ``change``."""
        before = await self.one(admin, id_)
        by = Editor(admin.id, admin.name)
        await self._done(await self._accounts.remove_operator(before.email, by, revision))

    def _allowed(self, admin: Operator, sites: Sequence[str]) -> tuple[SiteKey, ...]:
        if not _within(admin, sites):
            raise Refused("forbidden", "You may give the sites that are yours, one at least.")
        return known_sites(self._shop(), sites)


def known_sites(shop: Shop, sites: Sequence[str]) -> tuple[SiteKey, ...]:
    """These keys; Refused ``bad_request`` when there is no such site."""
    unknown = [site for site in sites if site not in shop.by_key]
    if unknown:
        raise Refused("bad_request", f"There is no site {', '.join(unknown)}.")
    return tuple(SiteKey(site) for site in sites)


def _within(admin: Operator, sites: Sequence[str]) -> bool:
    return not admin.sites or (len(sites) > 0 and set(sites).issubset(admin.sites))
