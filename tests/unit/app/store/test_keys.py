"""Keys: one slot for a tenant, one key for a thing, and no two things share one."""

from __future__ import annotations

import string
from collections.abc import Callable

from hypothesis import assume, given
from hypothesis import strategies as st
from redis.crc import key_slot

from app.realtime.store import keys
from app.realtime.store.address import NodeAddress
from app.realtime.store.keys import TenantKeys
from realtime_contracts.rules.ids import is_safe_id

#: Ids of tenants and users, colons and spaces and signs of all sorts among it.
SAFE_IDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="{}"), min_size=1, max_size=128
) | st.text(":a", min_size=1, max_size=12)

#: A connection's or a node's id, as python-socketio and uuid make them.
SIDS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=32)

ROOM_IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,63}:[A-Za-z0-9._-]{1,128}", fullmatch=True)

ONE_OF_A_TENANT: list[str] = [
    "online",
    "names",
    "viewing",
    "active",
    "grace",
    "seq",
    "seq_master",
    "rooms_due",
    "connections",
    "notifications_due",
    "documents_ends",
    "documents_bytes",
    "activity",
    "activity_index",
    "activity_recorded",
    "revoked_tenant",
]
OF_A_USER: list[Callable[[TenantKeys, str], str]] = [
    TenantKeys.user,
    TenantKeys.user_connections,
    TenantKeys.notifications,
    TenantKeys.notifications_unread,
    TenantKeys.notifications_read,
    TenantKeys.notifications_ends,
    TenantKeys.revoked_user,
    TenantKeys.revoked_token,
]
OF_A_SID: list[Callable[[TenantKeys, str], str]] = [
    TenantKeys.connection,
    TenantKeys.connection_rooms,
    TenantKeys.node_connections,
]
OF_A_ROOM: list[Callable[[TenantKeys, str], str]] = [
    TenantKeys.room,
    TenantKeys.room_users,
    TenantKeys.entity_room,
    TenantKeys.cursors,
    TenantKeys.typing,
    TenantKeys.locks,
    TenantKeys.document,
    TenantKeys.document_log,
    TenantKeys.document_edits,
    TenantKeys.document_witness,
]

#: One thing that has a key: what it is, and its ids.
Thing = tuple[str, str, str]


def key_of(thing: Thing) -> str:
    kind, tenant_id, id_ = thing
    made = getattr(TenantKeys(tenant_id), kind)
    return str(made(id_)) if callable(made) else str(made)


def things(kinds: list[str], ids: st.SearchStrategy[str]) -> st.SearchStrategy[Thing]:
    return st.tuples(st.sampled_from(kinds), SAFE_IDS, ids)


THINGS = (
    things(ONE_OF_A_TENANT, st.just(""))
    | things([method.__name__ for method in OF_A_USER], SAFE_IDS)
    | things([method.__name__ for method in OF_A_SID], SIDS)
    | things([method.__name__ for method in OF_A_ROOM], ROOM_IDS)
)

CHANNELS = (
    things(["tenant_channel"], st.just(""))
    | things(["user_channel"], SAFE_IDS)
    | things(["room_channel"], ROOM_IDS)
    | things(["node_channel"], SIDS)
)


def slot(key: str) -> int:
    return int(key_slot(key.encode()))


@given(tenant_id=SAFE_IDS, user_id=SAFE_IDS, sid=SIDS, room_id=ROOM_IDS)
def test_all_keys_of_a_tenant_are_in_one_slot(tenant_id: str, user_id: str, sid: str, room_id: str) -> None:
    tenant = TenantKeys(tenant_id)
    made = [
        *(getattr(tenant, name) for name in ONE_OF_A_TENANT),
        *(method(tenant, user_id) for method in OF_A_USER),
        *(method(tenant, sid) for method in OF_A_SID),
        *(method(tenant, room_id) for method in OF_A_ROOM),
    ]
    assert {slot(key) for key in made} == {slot(tenant_id)}


def test_no_key_is_left_out_here() -> None:
    known = {*ONE_OF_A_TENANT, *(method.__name__ for method in [*OF_A_USER, *OF_A_SID, *OF_A_ROOM])}
    names = {name for name in {*vars(TenantKeys), *vars(TenantKeys("acme"))} if not name.startswith("_")}
    channels = {"tenant_channel", "user_channel", "users_channel", "room_channel", "node_channel"}
    assert names - known == {"tenant_id", *channels}


@given(one=THINGS, other=THINGS)
def test_two_things_never_share_a_key(one: Thing, other: Thing) -> None:
    assume(one != other)
    assert key_of(one) != key_of(other)


@given(tenant_id=SAFE_IDS, one=THINGS, other=THINGS)
def test_two_things_of_one_tenant_never_share_a_key(tenant_id: str, one: Thing, other: Thing) -> None:
    one, other = (one[0], tenant_id, one[2]), (other[0], tenant_id, other[2])
    assume(one != other)
    assert key_of(one) != key_of(other)


@given(one=CHANNELS, other=CHANNELS)
def test_two_audiences_never_share_a_channel(one: Thing, other: Thing) -> None:
    assume(one != other)
    assert key_of(one) != key_of(other)


@given(audience=CHANNELS, sid=SIDS)
def test_no_channel_is_a_connections_own(audience: Thing, sid: str) -> None:
    assert key_of(audience) != sid


@given(thing=THINGS, node_id=SIDS)
def test_no_tenant_reaches_what_belongs_to_the_cluster(thing: Thing, node_id: str) -> None:
    assert key_of(thing) not in {keys.NODES, keys.node_tenants(node_id)}


def test_keys_bear_the_names_of_the_seed() -> None:
    acme = TenantKeys("acme")
    assert acme.user("ana") == "presence:{acme}:ana"
    assert acme.online == "presence:online:{acme}"
    assert acme.connection("SID") == "ws:conn:{acme}:SID"
    assert acme.connections == "ws:tenant:{acme}:connections"
    assert acme.user_connections("ana") == "ws:user:{acme}:ana:connections"
    assert acme.room("invoice:42") == "room:{acme}:invoice:42"
    assert acme.room_users("invoice:42") == "room:{acme}:invoice:42:users"
    assert acme.entity_room("invoice:42") == "entity_room:{acme}:invoice:42"


@given(audience=CHANNELS)
def test_a_channel_tells_its_tenant(audience: Thing) -> None:
    assert keys.tenant_of(key_of(audience)) == audience[1]


@given(tenant_id=SAFE_IDS, user_id=SAFE_IDS)
def test_a_users_channel_begins_as_all_users_channels_do(tenant_id: str, user_id: str) -> None:
    tenant = TenantKeys(tenant_id)
    assert tenant.user_channel(user_id) == tenant.users_channel + user_id


# The bus.


def test_two_databases_have_two_buses() -> None:
    buses = {NodeAddress(database).bus for database in range(16)}
    assert len(buses) == 16
    assert not any(one != other and one.startswith(other) for one in buses for other in buses)


@given(tenant_id=SAFE_IDS)
def test_what_is_no_tenants_has_a_channel_that_no_tenant_has(tenant_id: str) -> None:
    assert not is_safe_id(keys.NO_TENANT)
    channel = TenantKeys(keys.NO_TENANT).tenant_channel
    assert keys.tenant_of(channel) == keys.NO_TENANT
    assert TenantKeys(tenant_id).tenant_channel != channel


def test_messages_are_published_in_the_slot_of_a_cluster_or_on_all_of_one_server() -> None:
    assert [NodeAddress(0, sharded=sharded).publish for sharded in (False, True)] == ["PUBLISH", "SPUBLISH"]


def test_every_node_has_an_id_of_its_own() -> None:
    assert NodeAddress(0).node_id != NodeAddress(0).node_id
