@errors
Feature: Answers, errors and nonsense
  Every event can be answered. What fails has no effect and says why, in the answer and as an `error`
  event. Whatever a client sends, the connection lives on and the others notice nothing.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Ana and Ben are connected

  Rule: Every event may ask for an ack

    @errors/1.1 @should @spec_errors
    Scenario Outline: <event> is answered with <result>
      > Every C→S event may ask for an ack. Success: `{"ok": true, …}` with the event's result fields.
      > An ack carries what the caller would ask for next: join → `room_id, users`
      When Ana sends "<event>" with <payload>
      Then that is accepted, with <result>

      Examples:
        | event           | payload                                    | result                 |
        | heartbeat       | {}                                         | a timestamp            |
        | presence:list   | {}                                         | nothing more           |
        | presence:update | {"status":"busy"}                          | the presence of Ana    |
        | room:join       | {"entity_type":"invoice","entity_id":"42"} | the room and its users |
        | room:users      | {"room_id":"invoice:42"}                   | the room and its users |

    @errors/1.2 @should @spec_errors
    Example: A room left is answered with the room
      > Every C→S event may ask for an ack. Success: `{"ok": true, …}` with the event's result fields.
      Given Ana is in "invoice:42"
      When Ana sends "room:leave" with {"room_id":"invoice:42"}
      Then that is accepted, with the room

    @errors/1.3 @must @seed_4_3 @seed_5_2
    Scenario Outline: <event> works without asking for an ack
      > Every C→S event may ask for an ack.
      When Ana sends "<event>", asking for no ack, with <payload>
      Then Ana gets "<answer>" and no error

      Examples:
        | event           | payload                                    | answer          |
        | heartbeat       | nothing                                    | heartbeat_ack   |
        | presence:list   | nothing                                    | presence:list   |
        | presence:update | {"status":"busy"}                          | presence:update |
        | room:join       | {"entity_type":"invoice","entity_id":"42"} | room:users      |
        | room:users      | {"room_id":"invoice:42"}                   | room:users      |
        | notification:read | {"all":true}                             | notification:count |
        | notification:count | nothing                                 | notification:count |
        | activity:feed   | nothing                                    | activity:feed   |

    @errors/1.4 @should @spec_errors
    Example: Events are handled in the order sent
      > `seq` is one counter per tenant over all presence messages: no gaps, no reordering, on any node.
      When Ana moves through 30 pages without waiting
      Then Ben sees the pages in that order

  Rule: Every failure is also an error event, to the sender alone

    @errors/2.1 @must @seed_5_2 @spec_errors
    Scenario Outline: <event> with <payload> fails with <code>
      > Failure: `{"ok": false, "error": Error}`. Every failure is *also* emitted to the sender as `error`.
      > `Error = {message, code, event, details}`; `message` is for people, `code` for programs, `event` is the C→S event that failed or null, `details` an object or null.
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "<code>"
      And the error names the event "<event>"
      And Ben hears nothing

      Examples:
        | event           | payload                  | code            |
        | presence:update | {"status":"bored"}       | invalid_payload |
        | presence:list   | {"entity_id":"42"}       | invalid_payload |
        | heartbeat       | {"active":"yes"}         | invalid_payload |
        | room:join       | {"entity_type":"1"}      | invalid_payload |
        | room:leave      | {"room_id":"invoice:42"} | not_in_room     |
        | room:users      | {"room_id":"invoice"}    | invalid_payload |
        | no:such         | {}                       | unknown_event   |
        | notification:read | {"notification_id":"none"} | not_found   |
        | notification:count | {"all":true}          | invalid_payload |
        | activity:feed   | {"limit":0}              | invalid_payload |
        | cursor:move     | {"room_id":"invoice:42","line":1,"column":1} | not_in_room |
        | typing:start    | {"room_id":"invoice:42"} | not_in_room     |
        | doc:edit        | {"room_id":"invoice:42","base_version":0,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | not_in_room |
        | doc:lock        | {"room_id":"invoice:42"} | not_in_room     |

    @errors/2.2 @must @seed_5_2 @spec_errors
    Scenario Outline: Without asking for an ack, <event> with <payload> still gets the error <code>
      > Every failure is *also* emitted to the sender as `error`.
      When Ana sends "<event>", asking for no ack, with <payload>
      Then Ana gets the error "<code>"
      And the error names the event "<event>"
      And Ben hears nothing

      Examples:
        | event           | payload                  | code            |
        | presence:update | {"status":"bored"}       | invalid_payload |
        | presence:list   | {"entity_id":"42"}       | invalid_payload |
        | heartbeat       | {"active":"yes"}         | invalid_payload |
        | room:join       | nothing                  | invalid_payload |
        | room:leave      | {"room_id":"invoice:42"} | not_in_room     |
        | room:users      | nothing                  | invalid_payload |
        | no:such         | nothing                  | unknown_event   |
        | cursor:remove   | {"room_id":"invoice:42"} | not_in_room     |
        | doc:edit        | nothing                  | invalid_payload |
        | doc:lock_status | {"room_id":"invoice:42"} | not_in_room     |

    @errors/2.3 @should @spec_errors
    Example: The sender's other tabs get no error
      > Every failure is *also* emitted to the sender as `error`.
      Given Ana has a second tab open
      When Ana sends "no:such" with {}
      Then Ana is refused with "unknown_event"
      And the second tab of Ana hears nothing

  Rule: An event that the contract does not know is unknown_event

    @errors/3.1 @should @spec_errors
    Scenario Outline: <event> is unknown
      > `unknown_event` … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "unknown_event" and the message "Unknown event"
      And Ben hears nothing

      Examples: never heard of
        | event          | payload     |
        | nope           | nothing     |
        | nope           | {"a":[1,2]} |
        | presence       | {}          |
        | Presence:List  | {}          |
        | presence.list  | {}          |
        | __proto__      | {}          |
        | *              | {}          |
        | émile          | {}          |

      Examples: what only the server says
        | event                | payload                                                            |
        | presence:user_joined | {"user_id":"ben","user_name":"Ben","status":"online","seq":1}      |
        | presence:user_left   | {"user_id":"ben","user_name":"Ben","seq":1}                        |
        | room:user_joined     | {"user_id":"ben","user_name":"Ben","room_id":"invoice:42"}         |
        | room:user_left       | {"user_id":"ben","user_name":"Ben","room_id":"invoice:42"}         |
        | typing:users         | {"room_id":"invoice:42","users":[]}                                |
        | heartbeat_ack        | {}                                                                 |
        | error                | {}                                                                 |

      Examples: names that the protocol uses itself
        | event         | payload |
        | connect       | {}      |
        | disconnect    | {}      |
        | connect_error | {}      |
        | message       | {}      |

  Rule: A payload that the contract does not allow is invalid_payload, and changes nothing

    @errors/4.1 @should @spec_errors
    Scenario Outline: <event> with <payload> is no matter
      > an event without payload accepts none or `{}`.
      When Ana sends "<event>" with <payload>
      Then that is accepted

      Examples:
        | event           | payload |
        | presence:list   | nothing |
        | presence:list   | {}      |
        | presence:update | nothing |
        | presence:update | {}      |
        | heartbeat       | nothing |
        | heartbeat       | {}      |

    @errors/4.2 @should @spec_errors
    Scenario Outline: <event> with <payload>
      > Every payload is one JSON object; an event without payload accepts none or `{}`. … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "invalid_payload" at ""
      And Ben hears nothing
      And nothing has changed for Ana and Ben
      And Ana is answered

      Examples:
        | event           | payload            |
        | presence:list   | null               |
        | presence:list   | []                 |
        | presence:list   | [{}]               |
        | presence:list   | "x"                |
        | presence:list   | 7                  |
        | presence:list   | true               |
        | presence:list   | {"x":1}            |
        | presence:list   | two objects        |
        | presence:update | null               |
        | presence:update | []                 |
        | presence:update | "busy"             |
        | presence:update | 7                  |
        | presence:update | false              |
        | presence:update | {"x":1}            |
        | presence:update | two objects        |
        | heartbeat       | null               |
        | heartbeat       | []                 |
        | heartbeat       | "x"                |
        | heartbeat       | 7                  |
        | heartbeat       | 0                  |
        | heartbeat       | {"x":1}            |
        | heartbeat       | two objects        |
        | room:join       | null               |
        | room:join       | []                 |
        | room:join       | "invoice:42"       |
        | room:join       | 42                 |
        | room:leave      | null               |
        | room:leave      | "invoice:42"       |
        | room:leave      | 7                  |
        | room:users      | null               |
        | room:users      | ["invoice:42"]     |
        | room:users      | 7                  |
        | cursor:move     | null               |
        | typing:start    | 7                  |
        | doc:sync        | null               |
        | doc:edit        | []                 |
        | doc:lock_status | two objects        |
        | auth:refresh    | "a.b.c"            |
        | auth:refresh    | {}                 |
        | auth:refresh    | {"token":"a.b.c","x":1} |

    @errors/4.3 @should @spec_errors
    Scenario Outline: <event> with what no payload should be: <payload>
      > `invalid_payload` (details: `path`, `reason`) … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "invalid_payload"
      And Ben hears nothing
      And nothing has changed for Ana and Ben
      And Ana is answered

      Examples:
        | event           | payload                       |
        | presence:list   | lists nested 100 deep         |
        | presence:list   | objects nested 100 deep       |
        | presence:list   | lists nested 5000 deep        |
        | presence:list   | objects nested 5000 deep      |
        | presence:list   | bytes                         |
        | presence:list   | an object with bytes in it    |
        | presence:list   | {"entity_type":"a","entity_id":1e999} |
        | presence:update | lists nested 100 deep         |
        | presence:update | objects nested 100 deep       |
        | presence:update | lists nested 5000 deep        |
        | presence:update | objects nested 5000 deep      |
        | presence:update | bytes                         |
        | presence:update | an object with bytes in it    |
        | presence:update | a page of 2049 characters     |
        | presence:update | a page of 900 KiB             |
        | presence:update | {"current_page":"\ud800"}     |
        | presence:update | {"current_page":NaN}          |
        | presence:update | {"current_page":""}           |
        | presence:update | {"current_page":["/x"]}       |
        | presence:update | {"entity_type":"a:b"}         |
        | presence:update | {"entity_type":"a","entity_id":"b:c"} |
        | presence:update | {"status":null}               |
        | presence:update | {"status":"busy","current_page":7} |
        | heartbeat       | lists nested 100 deep         |
        | heartbeat       | objects nested 100 deep       |
        | heartbeat       | lists nested 5000 deep        |
        | heartbeat       | objects nested 5000 deep      |
        | heartbeat       | bytes                         |
        | heartbeat       | an object with bytes in it    |
        | heartbeat       | {"active":1}                  |
        | heartbeat       | {"active":null}               |
        | room:join       | lists nested 5000 deep        |
        | room:join       | objects nested 100 deep       |
        | room:join       | bytes                         |
        | room:leave      | lists nested 5000 deep        |
        | room:leave      | bytes                         |
        | room:users      | lists nested 5000 deep        |
        | room:users      | bytes                         |
        | cursor:move     | {"room_id":"invoice:42","line":1e999,"column":1} |
        | typing:start    | {"room_id":"invoice:42","field":"\ud800"} |
        | doc:sync        | objects nested 5000 deep      |
        | doc:edit        | objects nested 5000 deep      |
        | doc:lock        | {"room_id":"invoice:42","ttl":NaN} |

    @errors/4.4 @should @spec_errors
    Example: Half an update is none
      > A failed event leaves no partial effect.
      When Ana sends "presence:update" with {"status":"busy","entity_type":"a:b","entity_id":"1"}
      Then Ana is refused with "invalid_payload" at "/entity_type"
      And everybody sees Ana as online

    @errors/4.5 @should @cursors @typing @documents @locks @spec_errors
    Example: What is done in a room names the room
      > Seed texts stay: "Not authenticated", "entity_type and entity_id required", "room_id required".
      When Ana names no room in any of these events:
        | event           |
        | cursor:move     |
        | cursor:sync     |
        | cursor:remove   |
        | typing:start    |
        | typing:stop     |
        | doc:sync        |
        | doc:edit        |
        | doc:lock        |
        | doc:unlock      |
        | doc:lock_status |
      Then Ben hears nothing
      And Ana is answered

  Rule: A packet that cannot be read is answered, and the connection lives on

    @errors/5.1 @should @spec_errors
    Scenario Outline: The packet <packet>
      > No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana sends the packet <packet>
      Then Ana gets the error "invalid_payload"
      And Ben hears nothing
      And Ana is answered

      Examples:
        | packet                                      |
        | 2                                           |
        | 2{                                          |
        | 2[                                          |
        | 2[]                                         |
        | 2{}                                         |
        | 2"presence:list"                            |
        | 2["presence:list"                           |
        | 2["presence:list",{}                        |
        | 2["presence:list",{}]]                      |
        | 2[5]                                        |
        | 2[null,{}]                                  |
        | 2[{"presence:list":{}}]                     |
        | 7["presence:list"]                          |
        | 9                                           |
        | x                                           |
        | 51-["presence:list",{"_placeholder":true,"num":0}] |
        | 5999999999-["presence:list"]                |
        | 2["presence:update",{"status":"busy"}]garbage |
        | 2["presence:update",{"status":"busy",}]     |
        | 2["presence:update",{'status':'busy'}]      |

    @errors/5.2 @should @spec_errors
    Scenario Outline: The transport carries <frame>
      > No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana's transport carries <frame>
      Then Ana gets the error "invalid_payload"
      And Ben hears nothing
      And Ana is answered

      Examples: what is no Engine.IO packet
        | frame                       |
        | x                           |
        | 9                           |
        | {}                          |
        | bAAA                        |
        | é                           |
        | 42["heartbeat"]é            |

    @errors/5.3 @should @spec_errors
    Example: A wrong frame does not take the right one before it along
      > No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana's transport carries a heartbeat and then half a frame
      Then Ana gets a heartbeat_ack with the time of now
      And Ana is answered

    @errors/5.4 @should @spec_errors
    Example: Unreadable data with an ack asked for is answered in the ack
      > Failure: `{"ok": false, "error": Error}`. … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      When Ana sends the event "presence:update" with broken JSON, asking for an ack
      Then Ana is refused with "invalid_payload"
      And Ana is answered

    @errors/5.5 @should @spec_errors
    Scenario Outline: The packet <packet> is nobody's event
      > No input, however malformed, kills a connection handler, changes state
      When Ana sends the packet <packet>
      Then Ben hears nothing
      And Ana is answered

      Examples:
        | packet                          |
        | 2/other,["presence:list"]       |
        | 0                               |
        | 0{"token":"garbage"}            |
        | 37[]                            |
        | 37[{"ok":true}]                 |
        | 3999999999999[]                 |
        | 1/other,                        |

  Rule: A message of more than 1 MiB ends the connection

    @errors/6.1 @must @seed_1_1
    Scenario Outline: <event> with 2 MiB
      > payload limit 1 MiB, all by settings.
      When Ana sends 2 MiB as "<event>"
      Then Ana is disconnected
      And Ben is not told of any change by Ana

      Examples:
        | event           |
        | presence:list   |
        | presence:update |
        | heartbeat       |
        | room:join       |

    @errors/6.2 @should @spec_transport
    Example: She may come back at once
      > payload limit 1 MiB, all by settings.
      When Ana sends 2 MiB as "presence:update"
      And Ana comes back
      Then Ana is answered

    @errors/6.3 @should @spec_transport @spec_presence
    Scenario Outline: Whom <event> with 2 MiB cuts off has lost the transport, and is not gone at once
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60)
      When Ana sends 2 MiB as "<event>"
      Then Ana is disconnected
      And Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

      Examples:
        | event           |
        | presence:list   |
        | presence:update |
        | heartbeat       |
        | room:join       |

  Rule: What the contract calls wrong is refused where it is wrong

    @errors/7.1 @should @spec_errors
    Scenario Outline: All that is wrong as <event>
      > `invalid_payload` (details: `path`, `reason`) … A failed event leaves no partial effect.
      When Ana sends everything that the contract calls wrong as "<event>"
      Then each of it is refused, at its place
      And Ben hears nothing
      And nothing has changed for Ana and Ben
      And Ana is answered

      Examples:
        | event              |
        | presence:update    |
        | presence:list      |
        | heartbeat          |
        | room:join          |
        | room:leave         |
        | room:users         |
        | cursor:move        |
        | cursor:sync        |
        | cursor:remove      |
        | typing:start       |
        | typing:stop        |
        | doc:sync           |
        | doc:edit           |
        | doc:lock           |
        | doc:unlock         |
        | doc:lock_status    |
        | notification:read  |
        | notification:count |
        | activity:feed      |
