"""The tables. ``events`` is the log and the only place where texts of a conversation live."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# SQLite makes a rowid alias only of INTEGER; anywhere else 32 bits are too few for a cursor.
BigKey = BigInteger().with_variant(Integer, "sqlite")

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("log_id", String(36), nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("believed_at", Float),  # the newest time that was not in doubt, see timekeeping
    Column("shop_revision", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="one_row"),
)

sites = Table(
    "sites",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("settings", Json, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("managed_by", String(16), nullable=False, server_default="file"),
    Column("revision", Integer, nullable=False, server_default="1"),
)

# What was changed of the shop by whom, without secrets.
audit = Table(
    "audit",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("at", Float, nullable=False),
    Column("editor_id", String(36)),  # of an operator; none: the configuration file
    Column("editor_name", String(200), nullable=False),
    Column("action", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("site", String(64)),  # none: it is of all of them
    Column("before", Json),
    Column("after", Json),
)
Index("ix_audit_site", audit.c.site, audit.c.id)
Index("ix_audit_at", audit.c.at)

operators = Table(
    "operators",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("email", String(320), nullable=False, unique=True),  # lower case
    Column("name", String(200), nullable=False),
    Column("languages", Json, nullable=False),
    Column("sites", Json, nullable=False),  # [] = all
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("revision", Integer, nullable=False, server_default="1"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column(
        "operator_id",
        ForeignKey("operators.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False, index=True),
)

visitors = Table(
    "visitors",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("identity_id", String(200)),
    Column("identity_locale", String(35)),
    Column("name", String(200)),
    Column("email", String(320)),
    Column("phone", String(64)),
    Column("locale", String(35)),
    Column("browser_languages", Json, nullable=False),
    Column("page_language", String(35)),
    Column("page", Json, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("merged_into", String(36)),
    UniqueConstraint("site", "identity_id"),
)
Index("ix_visitors_seen", visitors.c.site, visitors.c.seen_at)
Index(
    "ix_visitors_merged",
    visitors.c.merged_into,
    sqlite_where=visitors.c.merged_into.is_not(None),
    postgresql_where=visitors.c.merged_into.is_not(None),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("visitor_id", ForeignKey("visitors.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("operator_id", String(36)),
    Column("language", String(35)),  # what is believed, whatever is pinned
    Column("pinned", String(35)),
    Column("opened_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("last_cursor", BigInteger, nullable=False),
    Column("last_message_cursor", BigInteger),
    # Of the newest event that is not of SILENT: what lists are ordered by.
    Column("activity_cursor", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("status IN ('waiting', 'assigned', 'closed')", name="status"),
)
Index(
    "uq_conversations_open",
    conversations.c.visitor_id,
    unique=True,
    sqlite_where=conversations.c.status != "closed",
    postgresql_where=conversations.c.status != "closed",
)
Index(
    "ix_conversations_list",
    conversations.c.site,
    conversations.c.status,
    conversations.c.activity_cursor,
)
Index(
    "ix_conversations_closed",
    conversations.c.site,
    conversations.c.closed_at,
    sqlite_where=conversations.c.closed_at.is_not(None),
    postgresql_where=conversations.c.closed_at.is_not(None),
)
Index(
    "ix_conversations_waiting",
    conversations.c.site,
    conversations.c.opened_at,
    conversations.c.id,
    sqlite_where=conversations.c.status == "waiting",
    postgresql_where=conversations.c.status == "waiting",
)
Index("ix_conversations_visitor", conversations.c.visitor_id, conversations.c.last_message_cursor)

beliefs = Table(
    "beliefs",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("author_id", String(36), primary_key=True),
    Column("state", Json, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("cursor", BigKey, primary_key=True, autoincrement=False),
    # Not a foreign key: "erased" is said of conversations that are gone.
    Column("conversation_id", String(36), nullable=False),
    Column("type", String(16), nullable=False),
    Column("at", Float, nullable=False),
    Column("message_id", String(36)),  # what the event is about
    Column("language", String(35)),  # of a translation
    Column("body", Json, nullable=False),
    Column("site", String(64), nullable=False),
    Column("visitor_id", String(36), nullable=False),
    Column("owner", String(36)),
    Column("owner_after", String(36)),
)
Index("ix_events_conversation", events.c.conversation_id, events.c.cursor)
Index("ix_events_visitor", events.c.visitor_id, events.c.cursor)
Index("ix_events_message", events.c.message_id, events.c.cursor)

commands = Table(
    "commands",
    metadata,
    Column("author", String(36), primary_key=True),
    Column("client_id", String(36), primary_key=True),
    Column("conversation_id", String(36), index=True),
    Column("answer", Json, nullable=False),
)

pending = Table(
    "pending",
    metadata,
    Column("message_id", String(36), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("cursor", BigInteger, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("source", String(35), nullable=False),
    Column("target", String(35), nullable=False),
    Column("text_key", String(64), nullable=False),  # of the original, see corrections.text_key
    Column("text", Text, nullable=False),
    Column("message_id", String(36), nullable=False),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("operator_name", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    UniqueConstraint("message_id", "target"),
)
Index("ix_corrections_text", corrections.c.site, corrections.c.text_key)
