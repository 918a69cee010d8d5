"""The publishing commands of `realtime`: notifications and activity from a shell or a script.

They write to Redis directly and need no running server. To a program they print one JSON object per line.
"""

from __future__ import annotations

import contextlib
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from realtime_contracts.cli.dev_folder import dev_redis_url

if TYPE_CHECKING:
    from app.realtime.services.service import Service

_S = TypeVar("_S", bound="Service")
_F = TypeVar("_F", bound=Callable[..., Any])

#: Exit statuses: wrong input; not possible, or not now.
WRONG_INPUT, FAILED = 2, 1

Entity = tuple[str, str]


class EntityType(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """A business object: `invoice:42`."""

    name = "TYPE:ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Entity:
        """The type and the id."""
        kind, colon, id_ = str(value).partition(":")
        if not (kind and colon and id_):
            self.fail(f"{value!r} is not like invoice:42", param, ctx)
        return kind, id_


class JsonObject(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """A JSON object."""

    name = "JSON"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """The object."""
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)
        except RecursionError:
            self.fail("nested too deep", param, ctx)
        if not isinstance(found, dict):
            self.fail("not a JSON object", param, ctx)
        return found


redis_url = click.option(
    "--redis-url",
    envvar="REDIS_URL",
    help="Redis of the cluster. Default: REDIS_URL, else the embedded Valkey of a running `realtime serve`.",
)
tenant = click.option("--tenant", required=True, help="Tenant id.")
key = click.option("--idempotency-key", "key", help="A repeated command with the same key takes effect once.")


def ttl(setting: str, days: int, at_least: int) -> Callable[[_F], _F]:
    """Return an option for a setting that publishers must share with the servers."""
    return click.option(
        "--ttl",
        envvar=setting,
        type=click.IntRange(at_least),
        default=days * 86_400,
        show_default=f"{days} days",
        help=f"Seconds it is kept. Must equal the servers' {setting}.",
    )


@click.command()
@tenant
@click.option("--user", required=True, help="User to notify (user id).")
@click.option("--title", required=True, help="Title, one line.")
@click.option("--type", "type_", default="note", show_default=True, help="Type, for programs.")
@click.option("--message", help="Text.")
@click.option("--priority", default="normal", show_default=True, type=click.Choice(["low", "normal", "high", "urgent"]))
@click.option("--source", type=EntityType(), help="Business object it is about.")
@click.option("--url", help="Link: a path from /, or an https URL.")
@click.option("--expires-in", type=int, help="Seconds until it expires.")
@key
@ttl("NOTIFICATION_TTL_SECONDS", days=30, at_least=1)
@redis_url
def notify(
    tenant: str, user: str, source: Entity | None, url: str | None, ttl: int, redis_url: str | None, **rest: Any
) -> None:
    """Notify a user and print the notification."""
    from app.realtime.services.notification_service import NotificationService

    source_type, source_id = source or (None, None)
    with _told(), _service(NotificationService, redis_url, notification_ttl_seconds=ttl) as notifications:
        made = notifications.create(
            tenant,
            user,
            type=rest["type_"],
            title=rest["title"],
            message=rest["message"],
            priority=rest["priority"],
            source_type=source_type,
            source_id=source_id,
            action_url=url,
            expires_in=rest["expires_in"],
            idempotency_key=rest["key"],
        )
        _print(made.notification.to_dict())


@click.command()
@tenant
@click.option("--jti", help="Revoke one token, by its id.")
@click.option("--user", help="Revoke all tokens of a user (user id).")
@click.option("--everybody", is_flag=True, help="Revoke all tokens of the tenant, its back ends' too.")
@ttl("REVOCATION_SECONDS", days=400, at_least=60)
@redis_url
def revoke(tenant: str, jti: str | None, user: str | None, ttl: int, redis_url: str | None, *, everybody: bool) -> None:
    """Revoke access tokens issued until now. Open connections end within a second."""
    from app.realtime.services.revocation_service import RevocationService

    if sum((jti is not None, user is not None, everybody)) != 1:
        raise click.UsageError("say what to revoke: one of --jti, --user and --everybody")
    with _told(), _service(RevocationService, redis_url, revocation_seconds=ttl) as revocations:
        if jti is not None:
            revoked = revocations.revoke_token(tenant, jti)
        elif user is not None:
            revoked = revocations.revoke_user(tenant, user)
        else:
            revoked = revocations.revoke_tenant(tenant)
        _print(revoked.to_dict())


@click.group()
def activity() -> None:
    """Record activity in a tenant, or read its feed."""


@activity.command()
@tenant
@click.option("--user", required=True, help="User who did it (user id).")
@click.option("--name", help="Name of the user. Default: the id, capitalised.")
@click.option("--action", required=True, help="Action, such as `approved`.")
@click.option("--entity", required=True, type=EntityType(), help="Business object it was done to.")
@click.option("--entity-name", help="Name of the object. Default: TYPE ID.")
@click.option("--details", type=JsonObject(), help="More about it, as a JSON object.")
@key
@ttl("ACTIVITY_TTL_SECONDS", days=400, at_least=60)
@redis_url
def record(
    tenant: str, user: str, name: str | None, entity: Entity, ttl: int, redis_url: str | None, **rest: Any
) -> None:
    """Record an activity item and print it."""
    from app.realtime.services.activity_service import ActivityService

    with _told(), _service(ActivityService, redis_url, activity_ttl_seconds=ttl) as service:
        recorded = service.record(
            tenant,
            user,
            user.capitalize() if name is None else name,
            rest["action"],
            *entity,
            " ".join(entity) if rest["entity_name"] is None else rest["entity_name"],
            rest["details"],
            idempotency_key=rest["key"],
        )
        _print(recorded.activity.to_dict())


@activity.command()
@tenant
@click.option("--entity", type=EntityType(), help="Only activity on this object.")
@click.option("--type", "type_", help="Only activity on objects of this type.")
@click.option("--user", "user_id", help="Only activity of this user (user id).")
@click.option("--limit", default=50, show_default=True, help="Maximum number of items (1-100).")
@click.option("--before", help="Only items older than this id.")
@click.option("--since", help="Only items newer than this id.")
@click.option(
    "--json/--table",
    "as_json",
    default=None,
    help="JSON lines or a table. Default: a table on a terminal, else JSON lines.",
)
@redis_url
def feed(
    tenant: str, entity: Entity | None, type_: str | None, redis_url: str | None, *, as_json: bool | None, **wanted: Any
) -> None:
    """Read a tenant's activity, newest first."""
    from app.realtime.services.activity_service import ActivityService

    if entity and type_:
        raise click.UsageError("--entity already names a type: remove --type")
    kind, id_ = entity or (type_, None)
    with _told(), _service(ActivityService, redis_url) as service:
        page = service.feed(tenant, entity_type=kind, entity_id=id_, **wanted)
    if as_json or (as_json is None and not sys.stdout.isatty()):
        for item in page.items:
            _print(item.to_dict())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("when", "who", "what", "to", "details", "id"):
        table.add_column(column, overflow="fold")
    for item in page.items:
        details = "" if item.details is None else json.dumps(item.details, ensure_ascii=False)
        cells = (item.created_at, item.user_name, item.action, item.entity_name, details, item.id)
        table.add_row(*map(_harmless, cells))
    console = Console(highlight=False, markup=False)
    console.print(table)
    if page.next:
        console.print(f"There is more: --before {page.next}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Report an error as one line on standard error and an exit status."""
    from app.errors import InvalidPayload, RealtimeError, RedisRefused, Unavailable

    try:
        yield
    except InvalidPayload as error:
        details = error.details or {}
        click.echo(f"{details['path'].lstrip('/') or 'input'}: {details['reason']}", err=True)
        sys.exit(WRONG_INPUT)
    except Unavailable as error:
        _say_unavailable(error.__cause__)
    except RealtimeError as error:
        click.echo(f"{error.code}: {error.message}", err=True)
    except RedisRefused as error:
        _say_unavailable(error)
    else:
        return
    sys.exit(FAILED)


def _say_unavailable(cause: BaseException | None) -> None:
    what = str(cause).rstrip(".") or "no answer"
    click.echo(f"unavailable: Redis: {what}. Is it running, and is REDIS_URL right?", err=True)


def _service(kind: type[_S], redis_url: str | None, **options: Any) -> _S:
    url = redis_url or dev_redis_url()
    if not url:
        raise click.UsageError("no Redis: set REDIS_URL, or run this where `realtime serve` runs with its own Valkey")
    try:
        return kind.from_url(url, **options)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="REDIS_URL") from None


def _harmless(text: str | None) -> str:
    """Escape control characters for a terminal."""
    return "".join(
        sign.encode("unicode_escape").decode() if unicodedata.category(sign) == "Cc" else sign for sign in text or ""
    )


def _print(shown: dict[str, Any]) -> None:
    click.echo(json.dumps(shown, ensure_ascii=False))
