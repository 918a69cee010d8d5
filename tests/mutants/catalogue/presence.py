"""Servers that are wrong about who is there: comings, goings, the list, and the numbers of the messages."""

from __future__ import annotations

from tests.mutants.mutation import Code, Lua, Mutant

TENANT_KEYS = "app.realtime.store.keys:TenantKeys"
HANDLERS = "app.realtime.handlers.presence_handler:register_presence_handlers"

#: What a script does to say that a user came online, whether or not that is so.
JOINED = """emit(tenant_channel, 'presence:user_joined', '{"user_id":' .. json(user_id) .. ',"user_name":'
    .. json(user_name) .. ',"status":"online","seq":' .. next_seq() .. '}', { skip_sid = sid })"""

MUTANTS = {
    "forgets-tenant-in-presence": Mutant(
        "connection/3.3 presence/4.1",
        Code(f"{TENANT_KEYS}.tenant_channel", 'return f"tenant:{self._tag}"', 'return "tenant:{all}"'),
        Code(f"{TENANT_KEYS}.node_channel", 'return f"node:{self._tag}:{node_id}"', 'return f"node:{{all}}:{node_id}"'),
    ),
    "forgets-tenant-in-list": Mutant(
        "presence/3.11 rest/3.1",
        Code(f"{TENANT_KEYS}.__init__", 'f"presence:online:{self._tag}"', '"presence:online"'),
        Code(f"{TENANT_KEYS}.__init__", 'f"presence:names:{self._tag}"', '"presence:names"'),
    ),
    "forgets-tenant-in-seq": Mutant(
        "presence/8.5", Code(f"{TENANT_KEYS}.__init__", 'f"presence:seq:{self._tag}"\n', '"presence:seq"\n')
    ),
    "joined-per-tab": Mutant(
        "presence/1.2",
        Lua(
            "connect",
            "local user = read_user()\nif user then\n",
            f"local user = read_user()\nif user then\n  {JOINED}\n",
        ),
    ),
    "first-tab-out-takes-user-offline": Mutant(
        "presence/1.3",
        Lua("disconnect", "if redis.call('EXISTS', user_connections_key) == 1 then return { 1 } end", ""),
    ),
    "user-left-twice": Mutant(
        "presence/1.4",
        Lua(
            "disconnect",
            "  user_leaves(user)\n",
            """  emit(tenant_channel, 'presence:user_left', head_of(user) .. ',"seq":' .. next_seq() .. '}')
  user_leaves(user)
""",
        ),
    ),
    "goodbye-waits-for-the-grace": Mutant("presence/1.4", Lua("disconnect", "if goodbye == '1' then", "if false then")),
    "offline-at-once-on-lost-transport": Mutant(
        "presence/2.1 presence/2.6", Lua("disconnect", "if goodbye == '1' then", "if true then")
    ),
    "keeps-ghost": Mutant(
        "presence/2.2", Lua("disconnect", "redis.call('ZADD', grace_key, digits(deadline), user_id)\n", "")
    ),
    "return-is-announced": Mutant(
        "presence/2.1",
        Lua(
            "connect",
            "redis.call('ZREM', grace_key, user_id)\n\nlocal user = read_user()\n",
            f"""local user = read_user()
if redis.call('ZREM', grace_key, user_id) == 1 then
  {JOINED}
end
""",
        ),
    ),
    "grace-goes-on-after-return": Mutant(
        "presence/2.1",
        Lua("connect", "redis.call('ZREM', grace_key, user_id)\n", ""),
        Lua("presence_expire", "(not user or redis.call('EXISTS', user_connections_key) == 1)", "not user"),
    ),
    "new-name-is-ignored": Mutant(
        "presence/1.7",
        Lua("connect", "if renamed then", "if false then"),
    ),
    "list-filter-ignored": Mutant(
        "presence/3.6 presence/3.7",
        Code(
            HANDLERS,
            "presence.send_list(connection, entity_type, entity_id,",
            "presence.send_list(connection, None, None,",
        ),
    ),
    "list-filter-by-type-only": Mutant(
        "presence/3.6",
        Code(HANDLERS, "send_list(connection, entity_type, entity_id,", "send_list(connection, entity_type, None,"),
    ),
    "list-unsorted": Mutant(
        "presence/3.4",
        Lua(
            "lib/presence",
            "local members = redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit + 1)\n",
            """local members = redis.call('ZRANGEBYLEX', key, first, last, 'LIMIT', 0, limit + 1)
  table.sort(members, function(a, b) return string.match(a, '%Z*$') < string.match(b, '%Z*$') end)
""",
        ),
    ),
    "list-ends-with-its-first-page": Mutant(
        "presence/3.12", Lua("lib/presence", "if #members > limit then following =", "if false then following =")
    ),
    "page-repeats-the-last-user": Mutant(
        "presence/3.12", Lua("lib/presence", "'(' .. lines .. member_at(after)", "'[' .. lines .. member_at(after)")
    ),
    "page-has-no-limit": Mutant(
        "presence/3.12", Lua("presence_list", "place, tonumber(limit))", "place, math.max(1000, tonumber(limit)))")
    ),
    "total-is-of-the-page": Mutant(
        "presence/3.12", Lua("lib/presence", "digits(total) .. ',\"next\":'", "digits(#users) .. ',\"next\":'")
    ),
    "total-counts-whoever-is-online": Mutant(
        "presence/3.13",
        Lua(
            "lib/presence",
            "local total = redis.call('ZLEXCOUNT', key, first, last)",
            "local total = redis.call('ZCARD', names_key)",
        ),
    ),
    "later-pages-forget-the-filter": Mutant(
        "presence/3.13",
        Lua(
            "presence_list",
            "presence_list(entity_type, entity_id, place,",
            "presence_list(place == '' and entity_type or '', place == '' and entity_id or '', place,",
        ),
    ),
    "place-is-not-checked": Mutant(
        "presence/3.15",
        Code(
            "app.realtime.managers.presence_manager:PresenceManager.send_list",
            "user_at(after)",
            "pass",
        ),
    ),
    "list-has-an-old-number": Mutant(
        "presence/8.3",
        Lua(
            "presence_list",
            "local list = presence_list(entity_type, entity_id, place, tonumber(limit))\n",
            """local list = string.gsub(presence_list(entity_type, entity_id, place, tonumber(limit)), '"seq":(%d+)}$',
  function(seq) return '"seq":' .. digits(tonumber(seq) - 1) .. '}' end)
""",
        ),
    ),
    "list-is-read-and-then-sent": Mutant(
        "presence/8.7 contract/order/presence",
        Code(
            HANDLERS,
            'presence.send_list(connection, entity_type, entity_id, data.get("after"), data.get("limit"))',
            """users = presence.get_online_users(connection.tenant_id, entity_type, entity_id)
        seq = int(presence.redis.get(connection.keys.seq) or 0)
        listed = {"users": users, "total": len(users), "next": None, "seq": seq}
        services.bus.server.sleep(0.03)
        services.bus.send(connection.sid, MessageType.PRESENCE_LIST.value, listed)""",
        ),
    ),
    "seq-has-gaps": Mutant(
        "presence/8.1 contract/order/presence",
        Lua("lib/presence", "local seq = redis.call('INCR', seq_key)", "local seq = redis.call('INCRBY', seq_key, 2)"),
        Lua("lib/presence", "if seq == 1 then", "if seq == 2 then"),
    ),
    "silent-change-takes-a-number": Mutant(
        "presence/8.2 contract/order/presence",
        Lua("lib/presence", "announced and next_seq() or current_seq()", "next_seq()"),
    ),
    "delivers-out-of-order": Mutant(
        "errors/1.4 contract/order/presence",
        Code(
            "app.realtime.bus.delivery:Delivery.deliver",
            "                self._address_to(head, packet)",
            """                if not packet.startswith('["presence:update"'):
                    self._address_to(head, packet)
                    continue
                def later(head=head, packet=packet):
                    from random import uniform
                    gevent.sleep(uniform(0, 0.02))
                    self._address_to(head, packet)
                    self._outgoing.send()
                gevent.spawn(later)""",
        ),
    ),
}
