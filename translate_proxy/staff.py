"""Who answers: added, changed, disabled, removed, by an administrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from translate_proxy.commands import OperatorChange
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.interfaces import Store
from translate_proxy.model import Operator, OperatorId, Refused, new_id
from translate_proxy.records import Staffed
from translate_proxy.security.passwords import Passwords
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.shop.people import NewOperator, OperatorFields, known_sites


class ChangedOperator(OperatorFields):
    """``operators set``: whose, and what is not given stays as it is."""

    email: str


_Model = TypeVar("_Model", bound=BaseModel)


class Staff:
    """Commands as ``Admin`` has them. Whoever is changed is signed out at once; ``changed`` is
    called after every change."""

    def __init__(
        self,
        store: Store,
        log: ConversationLog,
        passwords: Passwords,
        sessions: OperatorSessions,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._changed = changed
        self._store = store
        self._log = log
        self._passwords = passwords
        self._sessions = sessions

    async def add(self, arguments: Mapping[str, Any], _report: object) -> Mapping[str, Any]:
        """Refused ``bad_request``."""
        given = _checked(NewOperator, arguments)
        operator = Operator(
            id=OperatorId(new_id()),
            email=given.email,
            name=given.name,
            languages=given.languages,
            sites=known_sites(self._store.shop(), given.sites),
            role=given.role,
        )
        await self._store.add_operator(operator, await self._passwords.hash(given.password))
        self._changed()
        return {"id": operator.id, "email": operator.email}

    async def list(
        self, _arguments: Mapping[str, Any], _report: object
    ) -> Sequence[Mapping[str, Any]]:
        """Everyone, those who are disabled too."""
        return [_wire(one) for one in await self._store.operators(disabled=True)]

    async def set(self, arguments: Mapping[str, Any], _report: object) -> Mapping[str, Any]:
        """Refused ``bad_request``, ``not_found``, or ``forbidden`` for the last administrator."""
        given = _checked(ChangedOperator, arguments)
        password = given.password
        change = OperatorChange(
            name=given.name,
            languages=given.languages,
            sites=None if given.sites is None else known_sites(self._store.shop(), given.sites),
            role=given.role,
            password_hash=None if password is None else await self._passwords.hash(password),
        )
        if change == OperatorChange():
            raise Refused("bad_request", "Nothing to change was named.")
        return await self.done(await self._store.change_operator(given.email, change))

    async def disable(self, arguments: Mapping[str, Any], _report: object) -> Mapping[str, Any]:
        """Refused as ``set``."""
        change = OperatorChange(active=False)
        return await self.done(await self._store.change_operator(_email(arguments), change))

    async def enable(self, arguments: Mapping[str, Any], _report: object) -> Mapping[str, Any]:
        """Refused ``not_found``."""
        change = OperatorChange(active=True)
        return await self.done(await self._store.change_operator(_email(arguments), change))

    async def remove(self, arguments: Mapping[str, Any], _report: object) -> Mapping[str, Any]:
        """Refused as ``set``."""
        return await self.done(await self._store.remove_operator(_email(arguments)))

    async def done(self, staffed: Staffed) -> Mapping[str, Any]:
        """Somebody was changed: sign them out, and tell what has become of what they answered."""
        self._log.tell(staffed.events)
        await self._sessions.end_all(staffed.operator.id)
        self._changed()
        return _wire(staffed.operator)


def _checked(model: type[_Model], arguments: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        what = first["msg"].removeprefix("Value error, ")
        raise Refused("bad_request", f"{first['loc'][0]}: {what}") from None


def _email(arguments: Mapping[str, Any]) -> str:
    return str(arguments["email"])


def _wire(one: Operator) -> dict[str, Any]:
    return {
        "email": one.email,
        "name": one.name,
        "languages": list(one.languages),
        "sites": list(one.sites),
        "role": one.role,
        "active": one.active,
    }
