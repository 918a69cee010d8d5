@rooms
Feature: Rooms
  Everybody who has the same business object open is in its room and sees who else is. A room belongs
  to one company: the other company's object of the same name is another room.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Whoever joins sees who is there, and is seen

    @rooms/1.1 @must @seed_5_2 @single
    Example: The first one in a room
      > → S→C to the joiner `room:users {room_id, users: [{user_id, user_name, joined_at}]}` … join → `room_id, users`
      > `room:join` C→S `{entity_type, entity_id}`
      Given Ana is connected
      When Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And the answer has the room and its users, too

    @rooms/1.2 @must @seed_5_2
    Example: The next one
      > to the others `room:user_joined {user_id, user_name, room_id}` if the user was not yet in.
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And "invoice:42" shows Ben and Ana to Ana
      And Ana is not told that she entered herself

    @rooms/1.3 @must @seed_5_2
    Example: Only the room hears it
      > to the others `room:user_joined {user_id, user_name, room_id}` if the user was not yet in.
      Given Ben is in "invoice:42"
      And Cy is in "invoice:43"
      And Ana is connected
      When Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And Cy hears nothing of Ana

    @rooms/1.4 @should @spec_rooms
    Example: Users are sorted by when they came
      > sorted by joined_at
      Given Cy is in "invoice:42"
      And Ana is in "invoice:42"
      And Ben is connected
      When Ben joins "invoice:42"
      Then "invoice:42" shows Cy, Ana and Ben to Ben

    @rooms/1.5 @should @spec_rulings @ruling_no_sid
    Example: A user in a room has an id, a name and a time, and no connection's id
      > `room:users {room_id, users: [{user_id, user_name, joined_at}]}`
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then each user that Ana sees in "invoice:42" has a user_id, a user_name and a joined_at, nothing else

    @rooms/1.6 @should @spec_rooms
    Example: Joining again is harmless
      > Joining again is harmless.
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      When Ana joins "invoice:42" again
      Then "invoice:42" shows Ben and Ana to Ana
      And Ana is in "invoice:42" since she came first
      And Ben hears nothing of Ana

    @rooms/1.7 @should @spec_rooms @spec_rulings @ruling_first_in_last_out
    Example: A second tab in the room is not announced
      > to the others `room:user_joined {user_id, user_name, room_id}` if the user was not yet in.
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana joins "invoice:42" in another tab
      Then "invoice:42" shows Ana and Ben to Ana
      And Ana is in "invoice:42" since she came first
      And Ben hears nothing of Ana
      And the first tab of Ana hears nothing

    @rooms/1.8 @must @seed_5_1
    Example: A user may be in many rooms
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves. … At most 50 rooms a connection (`limit_exceeded`).
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "order:7"
      And Cy is in "invoice:42"
      When Ana leaves "order:7"
      Then Ben sees Ana leave "order:7"
      And Cy hears nothing of Ana
      And "invoice:42" still shows Ana and Cy

  Rule: A room is named by its entity

    @rooms/2.1 @should @spec_rooms
    Scenario Outline: A number is answered as text: <id>
      > `entity_id` string `[A-Za-z0-9._-]{1,128}` or integer (answered as string).
      Given Ben is connected
      And Ana is connected
      When Ana joins the "invoice" with the id <id>
      Then Ana is in "<room>"
      When Ben joins "<room>"
      Then Ana sees Ben enter "<room>"

      Examples:
        | id                | room                     |
        | 42                | invoice:42               |
        | 0                 | invoice:0                |
        | -5                | invoice:-5               |
        | 9007199254740991  | invoice:9007199254740991 |

    @rooms/2.2 @should @spec_rooms @single
    Scenario Outline: The entity's name may be <what>
      > `entity_type` `[A-Za-z][A-Za-z0-9_-]{0,63}`, `entity_id` string `[A-Za-z0-9._-]{1,128}`
      Given Ana is connected
      When Ana joins the room of <what>
      Then Ana is in the room of <what>

      Examples:
        | what                            |
        | a type of one letter            |
        | a type of 64 characters         |
        | a type with digits, - and _     |
        | an id of one dot                |
        | an id of 128 characters         |
        | an id with dots, - and _        |
        | a type and an id in capitals    |

    @rooms/2.3 @should @spec_rooms
    Example: Capitals count
      > `room_id` = `entity_type:entity_id`, inside the tenant. … `entity_type` `[A-Za-z][A-Za-z0-9_-]{0,63}`
      Given Ben is in "invoice:a"
      And Ana is connected
      When Ana joins "Invoice:A"
      Then "Invoice:A" shows Ana to Ana
      And Ben hears nothing of Ana

    @rooms/2.4 @must @seed_5_2
    Scenario Outline: Without <what> there is no room
      > Seed texts stay: "Not authenticated", "entity_type and entity_id required", "room_id required".
      Given Ana and Ben are connected
      When Ana sends "room:join" with <payload>
      Then Ana is refused with "invalid_payload" and the message "entity_type and entity_id required"
      And Ben hears nothing of Ana

      Examples:
        | what               | payload                   |
        | a type             | {"entity_id":"42"}        |
        | an id              | {"entity_type":"invoice"} |
        | either             | {}                        |

    @rooms/2.5 @should @spec_rooms
    Scenario Outline: No entity is called that: <payload>
      > `entity_type` `[A-Za-z][A-Za-z0-9_-]{0,63}`, `entity_id` string `[A-Za-z0-9._-]{1,128}` or integer (answered as string).
      Given Ana and Ben are connected
      When Ana sends "room:join" with <payload>
      Then Ana is refused with "invalid_payload" at "<path>"
      And Ben hears nothing of Ana

      Examples:
        | payload                                              | path         |
        | {"entity_type":"","entity_id":"42"}                  | /entity_type |
        | {"entity_type":"1a","entity_id":"42"}                | /entity_type |
        | {"entity_type":"a:b","entity_id":"42"}               | /entity_type |
        | {"entity_type":"a b","entity_id":"42"}               | /entity_type |
        | {"entity_type":"{a}","entity_id":"42"}               | /entity_type |
        | {"entity_type":"é","entity_id":"42"}                 | /entity_type |
        | {"entity_type":"invoice\\n","entity_id":"42"}         | /entity_type |
        | {"entity_type":42,"entity_id":"42"}                  | /entity_type |
        | {"entity_type":null,"entity_id":"42"}                | /entity_type |
        | {"entity_type":"invoice","entity_id":""}             | /entity_id   |
        | {"entity_type":"invoice","entity_id":"a:b"}          | /entity_id   |
        | {"entity_type":"invoice","entity_id":"a/b"}          | /entity_id   |
        | {"entity_type":"invoice","entity_id":"42\\n"}         | /entity_id   |
        | {"entity_type":"invoice","entity_id":"*"}            | /entity_id   |
        | {"entity_type":"invoice","entity_id":4.5}            | /entity_id   |
        | {"entity_type":"invoice","entity_id":true}           | /entity_id   |
        | {"entity_type":"invoice","entity_id":null}           | /entity_id   |
        | {"entity_type":"invoice","entity_id":["42"]}         | /entity_id   |
        | {"entity_type":"invoice","entity_id":9007199254740992} | /entity_id |
        | {"entity_type":"invoice","entity_id":"42","x":1}     |              |

    @rooms/2.6 @should @spec_rooms @single
    Scenario Outline: No entity has a name of that length: <what>
      > `entity_type` `[A-Za-z][A-Za-z0-9_-]{0,63}`, `entity_id` string `[A-Za-z0-9._-]{1,128}`
      Given Ana is connected
      When Ana joins the room of <what>
      Then Ana is refused with "invalid_payload" at "<path>"

      Examples:
        | what                     | path         |
        | a type of 65 characters  | /entity_type |
        | an id of 129 characters  | /entity_id   |

  Rule: A user leaves a room when their last tab does

    @rooms/3.1 @must @seed_5_2
    Example: A user leaves
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      > `room:leave` C→S `{room_id}`
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ben sees Ana leave "invoice:42"
      And "invoice:42" still shows Ben
      And the answer has the room

    @rooms/3.2 @must @seed_5_2
    Example: Whoever has left hears no more
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      And Cy is connected
      When Ana leaves "invoice:42"
      And Cy joins "invoice:42"
      Then Ben sees Cy enter "invoice:42"
      And Ana hears nothing of "invoice:42"

    @rooms/3.3 @should @spec_rooms
    Example: The one who leaves is not told
      > to the others `room:user_left {user_id, user_name, room_id}`
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana hears nothing of "invoice:42"

    @rooms/3.4 @should @spec_rulings @ruling_first_in_last_out
    Example: One of two tabs leaves
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42" in one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ana and Ben

    @rooms/3.5 @should @spec_rulings @ruling_first_in_last_out
    Example: The other tab leaves, too
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42" in both tabs
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @rooms/3.6 @should @spec_rooms
    Example: The tab that left hears no more, the other one does
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ana has "invoice:42" open in two tabs
      And Ben is connected
      When Ana leaves "invoice:42" in one tab
      And Ben joins "invoice:42"
      Then the other tab of Ana sees Ben enter "invoice:42"
      And that tab of Ana hears nothing of "invoice:42"

    @rooms/3.7 @should @spec_rooms
    Example: Leaving a room one is not in
      > Leaving a room one is not in fails: `not_in_room`, no broadcast.
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben hears nothing of Ana
      And "invoice:42" still shows Ben

    @rooms/3.8 @should @spec_rooms
    Example: Leaving twice
      > Leaving a room one is not in fails: `not_in_room`, no broadcast.
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      And Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @rooms/3.9 @should @spec_rooms
    Example: Another tab's room is not this tab's to leave
      > Leaving a room one is not in fails: `not_in_room`, no broadcast.
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      And Ana has a second tab open
      When the second tab of Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben hears nothing of Ana

    @rooms/3.10 @must @seed_5_2
    Scenario Outline: <event> needs a room
      > Seed texts stay: "Not authenticated", "entity_type and entity_id required", "room_id required".
      Given Ana and Ben are connected
      When Ana sends "<event>" with {}
      Then Ana is refused with "invalid_payload" and the message "room_id required"

      Examples:
        | event      |
        | room:leave |
        | room:users |

    @rooms/3.11 @should @spec_rooms @single
    Scenario Outline: <event> with <payload> is refused
      > `room_id` = `entity_type:entity_id`, inside the tenant. … `invalid_payload` (details: `path`, `reason`)
      Given Ana is connected
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "invalid_payload" at "<path>"

      Examples:
        | event      | payload                         | path     |
        | room:leave | {"room_id":""}                  | /room_id |
        | room:leave | {"room_id":"invoice"}           | /room_id |
        | room:leave | {"room_id":"invoice:"}          | /room_id |
        | room:leave | {"room_id":"a:b:c"}             | /room_id |
        | room:leave | {"room_id":42}                  | /room_id |
        | room:leave | {"room_id":"invoice:42","x":1}  |          |
        | room:users | {"room_id":null}                | /room_id |
        | room:users | {"room_id":"{acme}:42"}         | /room_id |
        | room:users | {"room_id":["invoice:42"]}      | /room_id |
        | room:users | {"room_id":"invoice:42\\n"}      | /room_id |

    @rooms/3.12 @must @seed_5_1 @single
    Example: An empty room forgets who was there
      > An empty room leaves no key behind.
      Given Ana is in "invoice:42"
      When Ana leaves "invoice:42"
      And Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And Ana is in "invoice:42" since she came again

  Rule: A connection that ends leaves all its rooms, at once

    @rooms/4.1 @must @seed_5_1 @ruling_leave_all_rooms
    Example: With a goodbye
      > A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "invoice:42"
      And Cy is in "order:7"
      When Ana says goodbye
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once
      And Cy sees Ana leave "order:7"
      And Cy has heard it once

    @rooms/4.2 @should @spec_rooms @spec_rulings @ruling_leave_all_rooms @slow
    Example: With a lost transport, although the user is still online
      > A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "invoice:42"
      And Cy is in "order:7"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42" before she leaves the company
      And Cy sees Ana leave "order:7"

    @rooms/4.3 @should @spec_rooms @slow
    Example: Whoever comes back joins again
      > A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42"
      When Ana comes back
      And Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And "invoice:42" shows Ben and Ana to Ana

    @rooms/4.4 @should @spec_rulings @ruling_leave_all_rooms
    Example: The tab in the room closes, and the user stays online
      > A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ben is in "invoice:42"
      And Ana has a second tab open
      And the second tab of Ana is in "invoice:42"
      When the second tab of Ana closes
      Then Ben sees Ana leave "invoice:42"
      And the list that Ben gets shows Ana and Ben

    @rooms/4.5 @should @spec_rulings @ruling_first_in_last_out
    Example: One of two tabs in the room closes
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ana and Ben

    @rooms/4.6 @should @spec_rooms @spec_connecting
    Example: When the token expires
      > A connection ends at its token's `exp`: `error` with `token_expired`, then disconnect. … A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ana is connected with a token that is about to expire
      And Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When the token of Ana expires
      Then Ben sees Ana leave "invoice:42"

  Rule: What a user had in a room ends before they are gone from it

    @rooms/5.1 @should @cursors @typing @locks @spec_rooms
    Scenario Outline: The user <goes>
      > S→C to the others `{room_id, user_id}`; also on leave and disconnect. … ends with leave, disconnect … Locks end with unlock, leave, goodbye and expiry
      Given Ana and Ben are in "invoice:42"
      And Ana has locked "/notes" for 5 seconds
      And Ana's cursor is at "1:1"
      And Ana types in "notes"
      When Ana <goes>
      Then Ben hears that Ana's <endings> ended before she left "invoice:42"

      Examples:
        | goes                | endings                 |
        | leaves "invoice:42" | cursor, typing and lock |
        | says goodbye        | cursor, typing and lock |

      @slow
      Examples: noticed late where the transport is polling
        | goes                | endings                 |
        | loses the transport | cursor and typing       |

  Rule: Anybody of the company may ask who is in a room

    @rooms/6.1 @must @seed_5_2
    Example: A member asks
      > `room:users` C→S `{room_id}` → S→C `room:users`, for any user of the tenant that policy lets in.
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ben asks who is in "invoice:42"
      Then "invoice:42" shows Ana and Ben to Ben
      And the answer has the room and its users, too

    @rooms/6.2 @must @seed_5_2
    Example: Somebody else asks
      > `room:users` C→S `{room_id}` → S→C `room:users`, for any user of the tenant that policy lets in.
      Given Ana is in "invoice:42"
      And Cy is connected
      When Cy asks who is in "invoice:42"
      Then "invoice:42" shows Ana to Cy
      And Ana hears nothing of Cy

    @rooms/6.3 @must @seed_5_2 @single
    Example: Nobody is there
      > `room:users` C→S `{room_id}` → S→C `room:users`, for any user of the tenant that policy lets in.
      Given Ana is connected
      When Ana asks who is in "invoice:42"
      Then "invoice:42" shows nobody to Ana

    @rooms/6.4 @should @spec_rooms
    Example: Asking is not joining
      > `room:users` C→S `{room_id}` → S→C `room:users`, for any user of the tenant that policy lets in.
      Given Ana is in "invoice:42"
      And Cy is connected
      And Ben is connected
      When Cy asks who is in "invoice:42"
      And Ben joins "invoice:42"
      Then Ana sees Ben enter "invoice:42"
      And Cy hears nothing of "invoice:42"

  Rule: Nothing crosses from one company to another

    @rooms/7.1 @should @spec_rooms @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name
      > Two tenants' equal room_ids are two rooms
      Given Zoe is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And Zoe hears nothing of Ana

    @rooms/7.2 @should @spec_rooms @spec_rulings @ruling_scoped_rooms
    Example: The other company's room cannot be listed
      > Two tenants' equal room_ids are two rooms
      Given Zoe is in "invoice:42"
      And Ana is connected
      When Ana asks who is in "invoice:42"
      Then "invoice:42" shows nobody to Ana

    @rooms/7.3 @should @spec_rooms @spec_rulings @ruling_scoped_rooms
    Example: Leaving the room of the same name touches only one's own
      > Two tenants' equal room_ids are two rooms
      Given Zoe is in "invoice:42"
      And Ana is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Zoe hears nothing of Ana
      And "invoice:42" still shows Zoe to Zoe

    @rooms/7.4 @should @spec_rooms @spec_rulings @ruling_scoped_rooms
    Scenario Outline: A room that is called like <channel> is only a room
      > no room_id reaches a tenant's, a user's or a connection's channel.
      Given Ana is connected
      And Zoe and Ben are connected
      When Ana joins a room that is called like <channel>
      And Zoe sets herself busy
      And Zoe joins "invoice:42"
      And Ben joins "invoice:42"
      Then Ana hears nothing of Zoe
      And Ana hears nothing of "invoice:42"

      Examples:
        | channel                |
        | the other tenant       |
        | her own tenant         |
        | the other user         |
        | her own user           |
        | her colleague          |
        | a connection           |
        | the other room         |

    @rooms/7.5 @should @spec_rooms @ruling_scoped_rooms
    Example: What happens in a room that is called like the tenant stays in it
      > no room_id reaches a tenant's, a user's or a connection's channel.
      Given Zoe and Ben are connected
      And Ana is connected
      When Ana joins a room that is called like the other tenant
      And Ana joins a room that is called like her own tenant
      Then Zoe and Ben hear nothing of Ana

    @rooms/7.6 @should @spec_connecting @spec_rulings
    Scenario Outline: A forged claim of the other company: <token>
      > The token is an **access** token (a refresh token is refused), signed as configured
      Given Zoe is in "invoice:42"
      When Ana connects as a user of "globex" with <token>
      Then Ana is refused with "unauthenticated"
      And Zoe hears nothing of Ana

      Examples: forged
        | token                           |
        | a token signed with another key |
        | a token without signature       |
        | a token changed after signing   |

      @ruling_refused_tokens
      Examples: not an access token
        | token                           |
        | a refresh token                 |

  Rule: A connection may be in 50 rooms

    @rooms/8.1 @should @spec_rooms
    Example: The 51st room is refused
      > At most 50 rooms a connection (`limit_exceeded`).
      Given Ana is in 50 rooms
      And Ben is in "invoice:51"
      When Ana joins "invoice:51"
      Then Ana is refused with "limit_exceeded"
      And the limit is said to be 50
      And Ben hears nothing of Ana
      And "invoice:51" still shows Ben

    @rooms/8.2 @should @spec_rooms @single
    Example: One has to be left first
      > At most 50 rooms a connection (`limit_exceeded`).
      Given Ana is in 50 rooms
      And one more room is refused to Ana
      When Ana leaves one of them
      And Ana joins "invoice:51"
      Then "invoice:51" shows Ana to Ana

    @rooms/8.3 @should @spec_rooms @single
    Example: Joining again does not count
      > Joining again is harmless. … At most 50 rooms a connection (`limit_exceeded`).
      Given Ana is in 50 rooms
      When Ana joins one of them again
      Then that is accepted

    @rooms/8.4 @should @spec_rooms
    Example: Each tab counts for itself
      > At most 50 rooms a connection (`limit_exceeded`).
      Given Ana is in 50 rooms
      When Ana joins "invoice:51" in another tab
      Then "invoice:51" shows Ana to Ana
