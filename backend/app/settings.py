"""Every setting of the server: name, unit, default, bounds.

A setting is an environment variable of the field's name in capitals (`REDIS_URL`). A value that is out of
bounds or contradicts another setting stops the start with a one-line message. The page
`docs/settings.md` is generated from this class, so a description here is a description there.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.realtime.transport.addresses import Network, networks
from app.realtime.transport.limits import Entrance
from realtime_contracts.rules import limits
from realtime_contracts.rules.pace import Allowance, Allowances

#: How the URL of Redis may begin. `store/topology/url.py` reads it.
REDIS_SCHEMES = (
    "redis://",
    "rediss://",
    "unix://",
    "valkey://",
    "valkeys://",
    "redis+sentinel://",
    "rediss+sentinel://",
    "redis+cluster://",
    "rediss+cluster://",
)


#: An origin as a browser sends it: in lower case, without a path, not `null`, its port only if it is not the usual one.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


class SettingsError(Exception):
    """A setting that cannot be used. The text is one line for the person who starts the server."""


class Settings(BaseSettings):
    """The server's settings, read from the environment by `load_settings()`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    #: Bytes an HS256 secret must have: with fewer than the hash's own 256 bits it can be searched for.
    min_secret_bytes: ClassVar[int] = 32

    redis_url: str = Field(
        "redis://localhost:6379/0",
        description="Where the state lives: `redis://`, `rediss://` (TLS) or `unix://`, with the database's number; "
        "`redis+sentinel://` or `redis+cluster://`. Redis 7 or later, or Valkey. See [Redis](running.md#redis).",
    )
    redis_username: str = Field("", description="The ACL user at Redis, if the URL names none.")
    redis_password: SecretStr = Field(
        SecretStr(""), description="The password at Redis, if the URL has none. A URL is seen by who lists processes."
    )
    redis_ca_file: str = Field(
        "",
        description="For TLS: file of the CA that has signed Redis' certificate. Empty: those that the system trusts.",
    )
    redis_cert_file: str = Field("", description="For TLS: file of this client's certificate, if Redis asks for one.")
    redis_key_file: str = Field("", description="For TLS: file of the key of `REDIS_CERT_FILE`.")
    redis_timeout: float = Field(
        2.0,
        gt=0,
        le=30,
        description="Seconds to wait for Redis; then the event is answered with `unavailable`.",
    )
    redis_max_in_flight: int = Field(
        10_000,
        ge=2,
        le=1_000_000,
        description="Commands that may wait for the answer of one master in one process. "
        "Events beyond that number are answered with `unavailable`.",
    )

    jwt_algorithm: Literal["HS256", "RS256", "ES256"] = Field(
        "HS256", description="How access tokens are signed. RS256 and ES256 need `JWT_PUBLIC_KEY`."
    )
    jwt_secret_key: SecretStr = Field(
        SecretStr(""), description="The shared secret of HS256, at least 32 bytes. `realtime serve --dev` makes one."
    )
    jwt_public_key: str = Field("", description="The public key of RS256 or ES256, in PEM.")
    jwt_leeway_seconds: float = Field(
        limits.LEEWAY_SECONDS,
        ge=0,
        le=300,
        description="Seconds by which the clock that made a token may be ahead of this one, or behind it.",
    )
    jwt_require_exp: bool = Field(
        True,
        description="Whether a token must have an end (`exp`). If `false`, one without is accepted, and never ends.",
    )
    revocation_seconds: int = Field(
        400 * 86_400,
        ge=60,
        le=10 * 366 * 86_400,
        description="Seconds a revocation is kept: at least as long as the longest token lives.",
    )
    jwt_issuer: str = Field("", description="The issuer (`iss`) that tokens must name. Empty: any, or none.")
    jwt_audience: str = Field(
        "", description="The audience (`aud`) that tokens must name, among others. Empty: any, or none."
    )

    cors_origins: str = Field(
        "*",
        description="Origins whose pages may connect and use the REST API, separated by commas; `*` allows any. "
        "`*` is safe: access is by token, never by cookie. With a list, its pages may send cookies to a balancer.",
    )
    ping_interval: float = Field(
        limits.PING_INTERVAL_SECONDS,
        gt=0,
        le=300,
        description="Seconds between the server's Engine.IO pings to a client.",
    )
    ping_timeout: float = Field(
        limits.PING_TIMEOUT_SECONDS,
        gt=0,
        le=300,
        description="Seconds the server waits for the answer to a ping before it gives the client's transport up.",
    )
    max_message_bytes: int = Field(
        limits.MAX_MESSAGE_BYTES,
        ge=1024,
        le=64 * 1024 * 1024,
        description="Largest message of a client and largest body of a request, in bytes. "
        "A larger message ends its connection.",
    )

    away_timeout_seconds: float = Field(
        limits.AWAY_SECONDS, gt=0, le=86_400, description="Seconds without activity until an online user becomes away."
    )
    offline_timeout_seconds: float = Field(
        limits.OFFLINE_SECONDS,
        gt=0,
        le=86_400,
        description="Seconds a user stays online after losing the transport. A page reload takes under 5.",
    )
    node_lease_seconds: float = Field(
        10.0,
        gt=0,
        le=300,
        description="Seconds a node's lease lasts. The node renews it three times in that time; "
        "when the lease ends, the node counts as dead.",
    )

    cursor_timeout_seconds: float = Field(
        limits.CURSOR_SECONDS,
        gt=0,
        le=3600,
        description="Seconds without a move until a user's cursor is removed from a room.",
    )
    typing_timeout_seconds: float = Field(
        limits.TYPING_SECONDS, gt=0, le=60, description="Seconds until a typing indicator expires."
    )
    document_ttl_seconds: int = Field(
        30 * 86_400,
        ge=60,
        le=10 * 366 * 86_400,
        description="Seconds a room's document is kept after the last edit or opening.",
    )

    notification_ttl_seconds: int = Field(
        limits.NOTIFICATION_SECONDS, ge=1, le=366 * 86_400, description="Seconds a notification is kept, read or not."
    )
    activity_ttl_seconds: int = Field(
        400 * 86_400,
        ge=60,
        le=10 * 366 * 86_400,
        description="Seconds a tenant's activity is kept after its newest item.",
    )

    event_rate_limit: int = Field(
        limits.EVENTS_PER_SECOND,
        ge=1,
        le=1_000_000,
        description="Socket.IO events a second that one connection may send, besides cursors and typing.",
    )
    event_burst: int = Field(
        limits.EVENTS_AT_ONCE, ge=1, le=1_000_000, description="How many of these may come at once."
    )
    cursor_rate_limit: int = Field(
        limits.POSITIONS_PER_SECOND,
        ge=1,
        le=1_000_000,
        description="Events of cursors and typing a second that one connection may send.",
    )
    cursor_burst: int = Field(
        limits.POSITIONS_AT_ONCE, ge=1, le=1_000_000, description="How many of these may come at once."
    )
    user_rate_factor: float = Field(
        limits.CONNECTIONS_OF_EVENTS,
        ge=1,
        le=1000,
        description="How many connections' events one user may send, on all of theirs at one node.",
    )
    rate_abuse_seconds: float = Field(
        limits.ABUSE_SECONDS,
        ge=1,
        le=3600,
        description="Seconds of more events than that, less the seconds without, after which a connection ends.",
    )
    rest_rate_limit: int = Field(
        100,
        ge=1,
        le=1_000_000,
        description="REST requests per second that one user may make on one node. Bursts of twice that are allowed.",
    )
    service_rate_limit: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        description="The same for tokens with the role `service`, because a back end speaks for many users.",
    )

    max_rooms_per_connection: int = Field(
        limits.MAX_ROOMS, ge=1, le=1000, description="Rooms one connection may be in at the same time."
    )
    max_connections_per_user: int = Field(
        limits.MAX_CONNECTIONS, ge=1, le=1000, description="Connections (tabs, devices) one user may have."
    )
    max_documents_per_tenant: int = Field(2000, ge=1, le=10_000_000, description="Documents that one tenant may have.")
    max_document_bytes_per_tenant: int = Field(
        200_000_000,
        ge=1024,
        le=1_000_000_000_000,
        description="Bytes that a tenant's documents may take, with the edits that are kept of them.",
    )
    edit_bytes_per_second: int = Field(
        2 * 1024 * 1024,
        ge=1024,
        le=1024 * 1024 * 1024,
        description="Bytes of documents that one user may edit in a second on one node: an edit costs the size of its "
        "document, each time that another edit comes first anew. A tenant may four times that.",
    )
    edit_burst_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024, description="How many of these may come at once."
    )
    doc_sync_rate_limit: float = Field(
        2, gt=0, le=1_000_000, description="`doc:sync` a second that one connection may send."
    )
    doc_sync_burst: int = Field(
        limits.MAX_ROOMS, ge=1, le=1_000_000, description="How many of these may come at once: one for each room."
    )
    presence_list_limit: int = Field(
        limits.PRESENCE_LIST, ge=1, le=limits.PRESENCE_LIST, description="Users in one page of `presence:list`."
    )
    room_policy: str = Field(
        "",
        description="`module:function` that decides who may join or list a room. Empty: every user of the tenant. "
        "See `app.realtime.policy`.",
    )

    socketio_async_mode: Literal["gevent"] = Field(
        "gevent", description="The concurrency library under Socket.IO. There is no other."
    )
    trusted_proxies: str = Field(
        "",
        description="Networks of the proxies in front of the server, separated by commas, such as `10.0.0.0/8`. "
        "Only their `X-Forwarded-*` headers are believed, and they may have any number of TCP connections.",
    )
    max_connections: int = Field(
        50_000, ge=1, le=1_000_000, description="Sessions that one process may have. Beyond it a handshake gets 503."
    )
    max_connections_per_address: int = Field(
        2000,
        ge=1,
        le=1_000_000,
        description="Connections that one address may have at one process, and requests at the same time. "
        "An IPv6 address counts as its network of 64 bits. An office of 500 with four tabs each has one address.",
    )
    max_connections_per_tenant: int = Field(
        100_000, ge=1, le=1_000_000, description="Connections that one tenant may have on all nodes."
    )
    max_descriptors_percent: int = Field(
        90,
        ge=10,
        le=99,
        description="Part of the process' file descriptors, in percent, beyond which connections are refused by 503.",
    )
    head_seconds: float = Field(
        10.0, gt=0, le=300, description="Seconds to send a request's first line and header fields."
    )
    head_bytes: int = Field(
        16 * 1024, ge=1024, le=48 * 1024, description="Bytes that a request's first line and header fields may have."
    )
    head_fields: int = Field(64, ge=8, le=100, description="Header fields that a request may have.")
    body_seconds: float = Field(
        10.0, gt=0, le=300, description="Seconds to send a request's body, besides those by `BODY_BYTES_PER_SECOND`."
    )
    body_bytes_per_second: int = Field(
        64 * 1024, ge=1024, le=1024 * 1024 * 1024, description="Bytes of a body that give it one more second."
    )
    keep_alive_seconds: float = Field(
        15.0,
        ge=2,
        le=3600,
        description="Seconds that a TCP connection is kept for its next request. Clients are told a second less by "
        "`Keep-Alive`, because a request may be on its way. A proxy that keeps connections must keep them for less.",
    )
    connect_seconds: float = Field(
        10.0, gt=0, le=300, description="Seconds from a handshake to the CONNECT that is accepted."
    )
    connect_packets: int = Field(
        8, ge=1, le=1000, description="Packets that a session may send before its CONNECT is accepted."
    )
    connect_bytes: int = Field(
        16 * 1024, ge=1024, le=1024 * 1024, description="Bytes of these packets, and of each message before it."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Lowest level that is logged.")
    log_format: Literal["json", "console"] = Field(
        "json", description="`json`: one object per line. `console`: coloured lines for people."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        if not self.redis_url.startswith(REDIS_SCHEMES):
            raise ValueError(f"redis_url: must start with one of {', '.join(REDIS_SCHEMES)}")
        if self.jwt_algorithm == "HS256":
            if len(self.jwt_secret_key.get_secret_value().encode()) < self.min_secret_bytes:
                raise ValueError(
                    f"jwt_secret_key: HS256 needs a secret of at least {self.min_secret_bytes} bytes "
                    "(`realtime serve --dev` makes one for development)"
                )
        elif not self.jwt_public_key.strip():
            raise ValueError(f"jwt_public_key: {self.jwt_algorithm} needs the public key")
        wrong = [origin for origin in self._origins if not _ORIGIN.fullmatch(origin)]
        if self._origins != ["*"] and wrong:
            raise ValueError(
                "cors_origins: must be `*` alone, or origins as browsers send them, separated by commas, "
                f"as in https://app.example, http://localhost:3000 (got {wrong[0]!r})"
            )
        try:
            networks(self.trusted_proxies)
        except ValueError:
            raise ValueError(
                "trusted_proxies: must be networks or addresses, separated by commas, as in 10.0.0.0/8, 192.0.2.1"
            ) from None
        return self

    @property
    def jwt_key(self) -> str:
        """What access tokens are verified with: the shared secret, or the public key."""
        return self.jwt_secret_key.get_secret_value() if self.jwt_algorithm == "HS256" else self.jwt_public_key

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of proxies that are trusted."""
        return networks(self.trusted_proxies)

    @property
    def entrance(self) -> Entrance:
        """What anybody may use of a node before they have said who they are."""
        return Entrance(**{field.name: getattr(self, field.name) for field in fields(Entrance)})

    @property
    def allowances(self) -> Allowances:
        """How many events clients may send."""
        return Allowances(
            Allowance(self.event_rate_limit, self.event_burst),
            Allowance(self.cursor_rate_limit, self.cursor_burst),
            self.user_rate_factor,
            self.rate_abuse_seconds,
        )

    @property
    def cors_allowed_origins(self) -> str | list[str]:
        """Return `cors_origins` as Engine.IO expects it: `"*"` or the list."""
        return "*" if self._origins == ["*"] else self._origins

    @property
    def _origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]


class DevSettings(Settings):
    """The settings of `realtime serve --dev`, which accept a short secret."""

    min_secret_bytes: ClassVar[int] = 1


def load_settings(kind: type[Settings] = Settings, **overrides: object) -> Settings:
    """Load settings of a `kind` from the environment; `overrides` (by field name) take precedence.

    Raises SettingsError with one line that names the first bad setting and its allowed values.
    """
    try:
        return kind(**overrides)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"]:
            name, text = str(first["loc"][0]), first["msg"]
            if kind.model_fields[name].annotation is not SecretStr:
                text += f" (got {first['input']!r})"
        else:
            name, _, text = str(first["ctx"]["error"]).partition(": ")
        raise SettingsError(f"{name.upper()}: {text}") from None
