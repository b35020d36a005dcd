"""What the namespaces work with; put together in ``app``."""

from __future__ import annotations

from dataclasses import dataclass

from translate_proxy.conversation.audience import Audience
from translate_proxy.conversation.desk import Desk
from translate_proxy.conversation.log import ConversationLog
from translate_proxy.conversation.relay import Relay
from translate_proxy.conversation.whereabouts import Whereabouts
from translate_proxy.interfaces import Clock, Store
from translate_proxy.security.forwarding import TrustedProxies
from translate_proxy.security.sessions import OperatorSessions
from translate_proxy.security.tokens import VisitorTokens
from translate_proxy.settings import Settings
from translate_proxy.sockets.allowances import Allowances
from translate_proxy.sockets.delivery import Hub
from translate_proxy.sockets.pressure import Caps


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that handlers need, each made once."""

    settings: Settings
    store: Store
    log: ConversationLog
    relay: Relay
    audience: Audience
    desk: Desk
    whereabouts: Whereabouts
    hub: Hub
    tokens: VisitorTokens
    sessions: OperatorSessions
    limits: Allowances
    address_caps: Caps
    site_caps: Caps
    trusted: TrustedProxies
    clock: Clock
