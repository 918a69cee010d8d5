@rooms
Feature: Rooms
  Everybody who has the same business object open is in its room and sees who else is. A room belongs
  to one company: the other company's object of the same name is another room.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Whoever joins sees who is there, and is seen

    @must @seed_5_2
    Example: The first one in a room
      Given Ana is connected
      When Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And the answer has the room and its users, too

    @must @seed_5_2
    Example: The next one
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And "invoice:42" shows Ben and Ana to Ana
      And Ana is not told that she entered herself

    @must @seed_5_2
    Example: Only the room hears it
      Given Ben is in "invoice:42"
      And Cy is in "invoice:43"
      And Ana is connected
      When Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And Cy hears nothing of Ana

    @should @spec_rooms
    Example: Users are sorted by when they came
      Given Cy is in "invoice:42"
      And Ana is in "invoice:42"
      And Ben is connected
      When Ben joins "invoice:42"
      Then "invoice:42" shows Cy, Ana and Ben to Ben

    @should @spec_rulings
    Example: A user in a room has an id, a name and a time, and no connection's id
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then each user that Ana sees in "invoice:42" has a user_id, a user_name and a joined_at, nothing else

    @should @spec_rooms
    Example: Joining again is harmless
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      When Ana joins "invoice:42" again
      Then "invoice:42" shows Ben and Ana to Ana
      And Ana is in "invoice:42" since she came first
      And Ben hears nothing of Ana

    @should @spec_rooms @spec_rulings
    Example: A second tab in the room is not announced
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana joins "invoice:42" in another tab
      Then "invoice:42" shows Ana and Ben to Ana
      And Ana is in "invoice:42" since she came first
      And Ben hears nothing of Ana
      And the first tab of Ana hears nothing

    @must @seed_5_1
    Example: A user may be in many rooms
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "order:7"
      And Cy is in "invoice:42"
      When Ana leaves "order:7"
      Then Ben sees Ana leave "order:7"
      And Cy hears nothing of Ana
      And "invoice:42" still shows Ana and Cy

  Rule: A room is named by its entity

    @should @spec_rooms
    Scenario Outline: A number is answered as text: <id>
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

    @should @spec_rooms
    Scenario Outline: The entity's name may be <what>
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

    @should @spec_rooms
    Example: Capitals count
      Given Ben is in "invoice:a"
      And Ana is connected
      When Ana joins "Invoice:A"
      Then "Invoice:A" shows Ana to Ana
      And Ben hears nothing of Ana

    @must @seed_5_2
    Scenario Outline: Without <what> there is no room
      Given Ana and Ben are connected
      When Ana sends "room:join" with <payload>
      Then Ana is refused with "invalid_payload" and the message "entity_type and entity_id required"
      And Ben hears nothing of Ana

      Examples:
        | what               | payload                   |
        | a type             | {"entity_id":"42"}        |
        | an id              | {"entity_type":"invoice"} |
        | either             | {}                        |

    @should @spec_rooms
    Scenario Outline: No entity is called that: <payload>
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

    @should @spec_rooms
    Scenario Outline: No entity has a name of that length: <what>
      Given Ana is connected
      When Ana joins the room of <what>
      Then Ana is refused with "invalid_payload" at "<path>"

      Examples:
        | what                     | path         |
        | a type of 65 characters  | /entity_type |
        | an id of 129 characters  | /entity_id   |

  Rule: A user leaves a room when their last tab does

    @must @seed_5_2
    Example: A user leaves
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ben sees Ana leave "invoice:42"
      And "invoice:42" still shows Ben
      And the answer has the room

    @must @seed_5_2
    Example: Whoever has left hears no more
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      And Cy is connected
      When Ana leaves "invoice:42"
      And Cy joins "invoice:42"
      Then Ben sees Cy enter "invoice:42"
      And Ana hears nothing of "invoice:42"

    @should @spec_rooms
    Example: The one who leaves is not told
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana hears nothing of "invoice:42"

    @should @spec_rulings
    Example: One of two tabs leaves
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42" in one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ana and Ben

    @should @spec_rulings
    Example: The other tab leaves, too
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42" in both tabs
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @should @spec_rooms
    Example: The tab that left hears no more, the other one does
      Given Ana has "invoice:42" open in two tabs
      And Ben is connected
      When Ana leaves "invoice:42" in one tab
      And Ben joins "invoice:42"
      Then the other tab of Ana sees Ben enter "invoice:42"
      And that tab of Ana hears nothing of "invoice:42"

    @should @spec_rooms
    Example: Leaving a room one is not in
      Given Ben is in "invoice:42"
      And Ana is connected
      When Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben hears nothing of Ana
      And "invoice:42" still shows Ben

    @should @spec_rooms
    Example: Leaving twice
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      And Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @should @spec_rooms
    Example: Another tab's room is not this tab's to leave
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      And Ana has a second tab open
      When the second tab of Ana leaves "invoice:42"
      Then Ana is refused with "not_in_room"
      And Ben hears nothing of Ana

    @must @seed_5_2
    Scenario Outline: <event> needs a room
      Given Ana and Ben are connected
      When Ana sends "<event>" with {}
      Then Ana is refused with "invalid_payload" and the message "room_id required"

      Examples:
        | event      |
        | room:leave |
        | room:users |

    @should @spec_rooms
    Scenario Outline: <event> with <payload> is refused
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

    @must @seed_5_1
    Example: An empty room forgets who was there
      Given Ana is in "invoice:42"
      When Ana leaves "invoice:42"
      And Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And Ana is in "invoice:42" since she came again

  Rule: A connection that ends leaves all its rooms, at once

    @must @seed_5_1
    Example: With a goodbye
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "invoice:42"
      And Cy is in "order:7"
      When Ana says goodbye
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once
      And Cy sees Ana leave "order:7"
      And Cy has heard it once

    @should @spec_rooms @spec_rulings
    Example: With a lost transport, although the user is still online
      Given Ana is in "invoice:42"
      And Ana is in "order:7"
      And Ben is in "invoice:42"
      And Cy is in "order:7"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42" before she leaves the company
      And Cy sees Ana leave "order:7"

    @should @spec_rooms
    Example: Whoever comes back joins again
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42"
      When Ana comes back
      And Ana joins "invoice:42"
      Then Ben sees Ana enter "invoice:42"
      And "invoice:42" shows Ben and Ana to Ana

    @should @spec_rulings
    Example: The tab in the room closes, and the user stays online
      Given Ben is in "invoice:42"
      And Ana has a second tab open
      And the second tab of Ana is in "invoice:42"
      When the second tab of Ana closes
      Then Ben sees Ana leave "invoice:42"
      And the list that Ben gets shows Ana and Ben

    @should @spec_rulings
    Example: One of two tabs in the room closes
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ana and Ben

    @should @spec_rooms @spec_connecting
    Example: When the token expires
      Given Ana is connected with a token that is about to expire
      And Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When the token of Ana expires
      Then Ben sees Ana leave "invoice:42"

  Rule: What a user had in a room ends before they are gone from it

    @should @cursors @typing @locks @spec_rooms
    Scenario Outline: The user <goes>
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
        | loses the transport | cursor and typing       |

  Rule: Anybody of the company may ask who is in a room

    @must @seed_5_2
    Example: A member asks
      Given Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ben asks who is in "invoice:42"
      Then "invoice:42" shows Ana and Ben to Ben
      And the answer has the room and its users, too

    @must @seed_5_2
    Example: Somebody else asks
      Given Ana is in "invoice:42"
      And Cy is connected
      When Cy asks who is in "invoice:42"
      Then "invoice:42" shows Ana to Cy
      And Ana hears nothing of Cy

    @must @seed_5_2
    Example: Nobody is there
      Given Ana is connected
      When Ana asks who is in "invoice:42"
      Then "invoice:42" shows nobody to Ana

    @should @spec_rooms
    Example: Asking is not joining
      Given Ana is in "invoice:42"
      And Cy is connected
      And Ben is connected
      When Cy asks who is in "invoice:42"
      And Ben joins "invoice:42"
      Then Ana sees Ben enter "invoice:42"
      And Cy hears nothing of "invoice:42"

  Rule: Nothing crosses from one company to another

    @should @spec_rooms @spec_rulings
    Example: The other company's room of the same name
      Given Zoe is in "invoice:42"
      And Ana is connected
      When Ana joins "invoice:42"
      Then "invoice:42" shows Ana to Ana
      And Zoe hears nothing of Ana

    @should @spec_rooms @spec_rulings
    Example: The other company's room cannot be listed
      Given Zoe is in "invoice:42"
      And Ana is connected
      When Ana asks who is in "invoice:42"
      Then "invoice:42" shows nobody to Ana

    @should @spec_rooms @spec_rulings
    Example: Leaving the room of the same name touches only one's own
      Given Zoe is in "invoice:42"
      And Ana is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Zoe hears nothing of Ana
      And "invoice:42" still shows Zoe to Zoe

    @should @spec_rooms @spec_rulings
    Scenario Outline: A room that is called like <channel> is only a room
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

    @should @spec_rooms
    Example: What happens in a room that is called like the tenant stays in it
      Given Zoe and Ben are connected
      And Ana is connected
      When Ana joins a room that is called like the other tenant
      And Ana joins a room that is called like her own tenant
      Then Zoe and Ben hear nothing of Ana

    @should @spec_connecting @spec_rulings
    Scenario Outline: A forged claim of the other company: <token>
      Given Zoe is in "invoice:42"
      When Ana connects as a user of "globex" with <token>
      Then Ana is refused with "unauthenticated"
      And Zoe hears nothing of Ana

      Examples:
        | token                           |
        | a token signed with another key |
        | a token without signature       |
        | a token changed after signing   |
        | a refresh token                 |

  Rule: A connection may be in 50 rooms

    @should @spec_rooms
    Example: The 51st room is refused
      Given Ana is in 50 rooms
      And Ben is in "invoice:51"
      When Ana joins "invoice:51"
      Then Ana is refused with "limit_exceeded"
      And the limit is said to be 50
      And Ben hears nothing of Ana
      And "invoice:51" still shows Ben

    @should @spec_rooms
    Example: One has to be left first
      Given Ana is in 50 rooms
      When Ana leaves one of them
      And Ana joins "invoice:51"
      Then "invoice:51" shows Ana to Ana

    @should @spec_rooms
    Example: Joining again does not count
      Given Ana is in 50 rooms
      When Ana joins one of them again
      Then that is accepted

    @should @spec_rooms
    Example: Each tab counts for itself
      Given Ana is in 50 rooms
      When Ana joins "invoice:51" in another tab
      Then "invoice:51" shows Ana to Ana
