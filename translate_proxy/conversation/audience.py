"""Whom a message is translated for, and what is known towards its author's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from translate_proxy.commands import Believed
from translate_proxy.conversation.desk import Desk, waiting_readers
from translate_proxy.interfaces import LanguageContext, LanguageJudge, Store, Translator
from translate_proxy.model import (
    Conversation,
    Language,
    Message,
    Operator,
    OperatorId,
    Refused,
    Site,
    SiteKey,
    Visitor,
    VisitorId,
)
from translate_proxy.records import LanguageFacts
from translate_proxy.text import tags


@dataclass(frozen=True, slots=True)
class Target:
    """One language to translate into. ``same`` are the languages that every reader of this
    target reads anyway: text in one of them is shown as it is."""

    language: Language
    same: frozenset[Language]


class Audience:
    """Answers from the desk (who is here), the store (who exists) and the translator's routes."""

    def __init__(
        self, store: Store, desk: Desk, judge: LanguageJudge, translator: Translator
    ) -> None:
        self._store = store
        self._desk = desk
        self._judge = judge
        self._translator = translator

    def site(self, key: SiteKey) -> Site | None:
        """The active site of this key."""
        return self._store.shop().site(key)

    async def unserved(self, site: Site) -> tuple[Language, ...]:
        """The languages of a site in which its visitors cannot be answered now: none of its
        operators knows them, and nothing translates both to what one of them reads and back. Where
        a site has no operators yet, its default language stands for theirs."""
        serving = [one for one in await self._store.operators() if one.serves(site.key)]
        known = {tag for one in serving for tag in one.languages}
        reads = {one.reads for one in serving} or {site.default_language}
        route = self._translator.route
        return tuple(
            spoken
            for spoken in site.languages
            if spoken not in known
            and not any(route(spoken, read) and route(read, spoken) for read in sorted(reads))
        )

    async def targets(self, message: Message, conversation: Conversation) -> list[Target]:
        """The visitor's language for what operators write; the reading languages of those who
        answer, look on, or might take it, for everything that somebody else wrote."""
        targets: dict[Language, Target] = {}
        if message.sender != "visitor":
            language = await self.visitor_language(conversation)
            targets[language] = Target(language, frozenset({language}))
        for operator in await self._readers(conversation):
            if message.author is not None and operator.id == message.author.id:
                continue
            reads, known = operator.reads, frozenset(operator.languages)
            earlier = targets.get(reads)
            same = known if earlier is None else known & earlier.same
            targets[reads] = Target(reads, same)
        return list(targets.values())

    async def _readers(self, conversation: Conversation) -> list[Operator]:
        readers = {one.id: one for one in self._desk.looking_at(conversation.id)}
        if conversation.operator_id is not None:
            owner = await self.operator(conversation.operator_id)
            if owner is not None and owner.active:
                readers[owner.id] = owner
        else:  # waiting, or closed before anybody took it: whoever opens it reads it
            online = self._desk.online(conversation.site)
            everyone: Sequence[Operator] = () if online else await self._store.operators()
            for one in waiting_readers(online, everyone, conversation.site):
                readers[one.id] = one
        return list(readers.values())

    async def operator(self, operator_id: OperatorId) -> Operator | None:
        """Who this is: as they have signed in, or as they are stored."""
        return self._desk.present(operator_id) or await self._store.operator(operator_id)

    def check_language(
        self, language: Language | None, operator: Operator, site: Site, *others: Language | None
    ) -> None:
        """Refused ``bad_request`` for a language that neither the site nor the operator has, nor
        is one of the others. None is none."""
        known = (*site.languages, *operator.languages, *filter(None, others))
        if language is not None and not any(tags.same(language, one) for one in known):
            raise Refused(
                "bad_request", "language: neither one of this site's languages nor one of yours."
            )

    async def visitor_language(self, conversation: Conversation) -> Language:
        """What the visitor speaks as far as is known now: at least a prior."""
        known = conversation.pinned or conversation.language
        if known is not None:
            return known
        facts = await self._store.language_facts(conversation.id, conversation.visitor_id)
        context = self.visitor_context(facts)
        return (await self._judge.judge(None, context, facts.state)).language

    async def believed(self, conversation: Conversation) -> Believed:
        """What the visitor would be taken to speak if nobody had said it."""
        facts = await self._store.language_facts(conversation.id, conversation.visitor_id)
        context = replace(self.visitor_context(facts), pinned=None)
        return await self._believed(context, facts.state)

    async def believed_of(self, visitor_id: VisitorId, locale: Language | None) -> Believed:
        """The same for a visitor who may not have said anything yet, on a page of this language.
        Refused ``bad_token`` for one who is not known any more."""
        conversation = await self._store.open_conversation(visitor_id)
        if conversation is not None:
            return await self.believed(conversation)
        visitor = await self._store.visitor(visitor_id)
        if visitor is None:
            raise Refused("bad_token", "This visitor is not known any more; connect again.")
        told = replace(visitor, locale=locale)
        return await self._believed(self._visitor_context(told, told.site, None, None), None)

    async def _believed(
        self, context: LanguageContext, state: Mapping[str, Any] | None
    ) -> Believed:
        judgement = await self._judge.judge(None, context, state)
        return Believed(judgement.language, judgement.confidence, judgement.source)

    async def language_of(self, visitor: Visitor, conversation: Conversation | None) -> Language:
        """The same for somebody who may not have said anything yet."""
        if conversation is not None:
            return await self.visitor_language(conversation)
        context = self._visitor_context(visitor, visitor.site, None, None)
        return (await self._judge.judge(None, context, None)).language

    async def context(self, message: Message, facts: LanguageFacts) -> LanguageContext | None:
        """What is known towards the language of this message's author; None for system texts and
        authors that are gone."""
        if message.sender == "visitor":
            return self.visitor_context(facts)
        author = message.author
        operator = None if author is None else await self.operator(OperatorId(author.id))
        if operator is None:
            return None
        visitors = await self.visitor_language(facts.conversation)
        candidates = dict.fromkeys((*operator.languages, visitors))
        site = self.site(facts.conversation.site)
        return LanguageContext(
            of="operator",
            candidates=tuple(candidates),
            default=operator.reads,
            browser=operator.languages,
            protected_terms=() if site is None else site.protected_terms,
        )

    def visitor_context(self, facts: LanguageFacts) -> LanguageContext:
        """What is known towards a visitor's language."""
        home = facts.conversation
        return self._visitor_context(facts.visitor, home.site, home.pinned, facts.earlier)

    def _visitor_context(
        self,
        visitor: Visitor,
        site_key: SiteKey,
        pinned: Language | None,
        earlier: Language | None,
    ) -> LanguageContext:
        site = self.site(site_key)
        if site is None:  # taken out of the configuration; what was said remains readable
            fallback = pinned or earlier or "en"
            return LanguageContext("visitor", (fallback,), fallback)
        return LanguageContext(
            of="visitor",
            candidates=site.languages,
            default=site.default_language,
            pinned=pinned,
            identity=visitor.identity_locale,
            earlier=earlier,
            page=visitor.page_language or visitor.locale,
            browser=visitor.browser_languages,
            protected_terms=site.protected_terms,
        )


def missing(targets: Sequence[Target], translated: Mapping[Language, str]) -> list[Target]:
    """The targets that have no translation yet."""
    return [target for target in targets if target.language not in translated]
