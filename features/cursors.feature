@cursors
Feature: Cursors
  Whoever has the same business object open sees where the others are in it: a cursor, or what they have
  selected, in a color of their own. A cursor is a user's, not a tab's, and is gone when its user is.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: A move is seen by the others in the room

    @cursors/1.1 @must @seed_1_2
    Example: A user moves
      > `cursor:move` C→S `{room_id, line, column, selection_start?, selection_end?}` (integers ≥ 0; a selection is `{line, column}`) → S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`.
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben and Cy see Ana's cursor at "3:14"
      And that is accepted, with nothing more

    @cursors/1.2 @must @seed_1_2
    Example: A user selects
      > a selection is `{line, column}`) → S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`.
      Given Ana and Ben are in "invoice:42"
      When Ana selects from "3:14" to "5:0"
      Then Ben sees that Ana has selected from "3:14" to "5:0"

    @cursors/1.3 @should @spec_cursors
    Example: A selection is over with the next move
      > An unset optional value is `null`, never `''`. … S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`.
      Given Ana and Ben are in "invoice:42"
      When Ana selects from "3:14" to "5:0"
      And Ana moves the cursor to "6:1"
      Then Ben sees Ana's cursor at "6:1"

    @cursors/1.4 @should @spec_cursors
    Example: A place may be as far as a number goes
      > `cursor:move` C→S `{room_id, line, column, selection_start?, selection_end?}` (integers ≥ 0
      Given Ana and Ben are in "invoice:42"
      When Ana moves the cursor to "9007199254740991:0"
      Then Ben sees Ana's cursor at "9007199254740991:0"

    @cursors/1.5 @should @spec_cursors
    Example: All of another user's tabs see it, and none of one's own
      > S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`.
      Given Ana has "invoice:42" open in two tabs
      And Ben has "invoice:42" open in two tabs
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      And Ana hears nothing of Ana's cursor

    @cursors/1.6 @should @spec_cursors @ruling_scoped_rooms
    Example: Only the room sees it, and not the other company's of the same name
      > Two tenants' equal room_ids are two rooms, and no room_id reaches a tenant's, a user's or a connection's channel. … Cursors (members only, else `not_in_room`)
      Given Ana and Ben are in "invoice:42"
      And Cy is in "invoice:43"
      And Zoe is in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      And Cy and Zoe hear nothing of Ana's cursor

    @cursors/1.7 @should @spec_cursors
    Example: A user has a cursor in each room
      > S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`. … Coalesced per user and room
      Given Ana and Ben are in "invoice:42"
      And Ana and Cy are in "order:7"
      And Ana's cursor is at "3:14"
      When Ana moves the cursor to "1:1" in "order:7"
      Then Cy sees Ana's cursor at "1:1" in "order:7"
      And Ben hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "3:14"

    @cursors/1.8 @should @spec_cursors
    Example: A user has one color in all tabs and rooms, and for everybody
      > `color`: stable per user, from a palette legible on light and dark.
      Given Ana has "invoice:42" open in two tabs
      And Ben and Cy are in "invoice:42"
      And Ana and Cy are in "order:7"
      When Ana moves the cursor to "1:1"
      And the second tab of Ana moves the cursor to "2:2"
      And Ana moves the cursor to "1:1" in "order:7"
      Then Ben sees Ana's cursor at "2:2"
      When Cy asks for the cursors
      Then Cy is shown the cursor of Ana
      And everybody sees Ana in one color

    @cursors/1.9 @should @spec_cursors
    Example: What is no cursor
      > `invalid_payload` (details: `path`, `reason`) … `cursor:move` C→S `{room_id, line, column, selection_start?, selection_end?}` (integers ≥ 0; a selection is `{line, column}`)
      Given Ana and Ben are in "invoice:42"
      When what Ana sends as "cursor:move" is refused, each at its place:
        | payload                                                                           | path             |
        | {"room_id":"invoice:42","line":1}                                                 |                  |
        | {"room_id":"invoice:42","column":1}                                               |                  |
        | {"room_id":"invoice:42","line":-1,"column":1}                                     | /line            |
        | {"room_id":"invoice:42","line":1,"column":1.5}                                    | /column          |
        | {"room_id":"invoice:42","line":"1","column":1}                                    | /line            |
        | {"room_id":"invoice:42","line":1,"column":true}                                   | /column          |
        | {"room_id":"invoice:42","line":9007199254740992,"column":1}                       | /line            |
        | {"room_id":"invoice:42","line":1,"column":1,"selection_start":{"line":1}}         | /selection_start |
        | {"room_id":"invoice:42","line":1,"column":1,"selection_end":[1,1]}                | /selection_end   |
        | {"room_id":"invoice:42","line":1,"column":1,"selection_end":{"line":1,"column":-1}} | /selection_end/column |
        | {"room_id":"invoice:42","line":1,"column":1,"color":"#ff0000"}                    |                  |
      Then Ben hears nothing of Ana's cursor

  Rule: Whoever asks is shown the others' cursors

    @cursors/2.1 @must @seed_1_2
    Example: Everybody's but one's own, sorted by user
      > `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Cy, Ana and Ben are in "invoice:42"
      And Cy's cursor is at "3:3"
      And Ana's cursor is at "1:1"
      And Ben's cursor is at "2:2"
      When Ben asks for the cursors
      Then Ben is shown the cursors of Ana and Cy

    @cursors/2.2 @should @spec_cursors
    Example: Nobody has one
      > `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Ana and Ben are in "invoice:42"
      When Ben asks for the cursors
      Then Ben is shown no cursor

    @cursors/2.3 @should @spec_cursors
    Example: Asking is nobody else's business
      > `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Ana and Ben are in "invoice:42"
      And Ana's cursor is at "1:1"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "1:1"
      And Ana hears nothing

    @cursors/2.4 @should @spec_cursors
    Example: The newest place is shown
      > the last position always arrives. `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Ana and Ben are in "invoice:42"
      And Ana's cursor is at "1:1"
      And Ana's cursor is at "2:2"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

  Rule: A cursor ends with its user's word, with the tab that moved it, or with time

    @cursors/3.1 @must @seed_1_2
    Example: It is taken away
      > `cursor:remove` C→S `{room_id}` → S→C to the others `{room_id, user_id}`
      Given Ana, Ben and Cy are in "invoice:42"
      And Ana's cursor is at "1:1"
      When Ana takes the cursor away
      Then Ben and Cy see Ana's cursor go
      And that is accepted, with nothing more
      And Ben and Cy have heard it once

    @cursors/3.2 @should @spec_cursors
    Example: What is not there is not taken away
      > `cursor:remove` C→S `{room_id}` → S→C to the others `{room_id, user_id}`
      Given Ana and Ben are in "invoice:42"
      When Ana takes the cursor away
      Then that is accepted, with nothing more
      And Ben hears nothing of Ana's cursor

    @cursors/3.3 @should @spec_cursors
    Example: It may be taken away in another tab
      > `cursor:remove` C→S `{room_id}` → S→C to the others `{room_id, user_id}`
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana takes the cursor away
      Then Ben sees Ana's cursor go
      And Ana hears nothing of Ana's cursor

    @cursors/3.4 @should @spec_cursors
    Scenario Outline: The user <goes>
      > S→C to the others `{room_id, user_id}`; also on leave and disconnect.
      Given Ana and Ben are in "invoice:42"
      And Ana's cursor is at "1:1"
      When Ana <goes>
      Then Ben sees Ana's cursor go
      And Ben has heard it once
      When Ben asks for the cursors
      Then Ben is shown no cursor

      Examples:
        | goes                |
        | leaves "invoice:42" |
        | says goodbye        |

      @slow
      Examples: lost, which over long-polling only a ping timeout shows
        | goes                |
        | loses the transport |

    @cursors/3.5 @should @spec_cursors
    Example: Two tabs have one cursor, where the last move was
      > Coalesced per user and room to at most 30 a second; the last position always arrives.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana moves the cursor to "2:2"
      Then Ben sees Ana's cursor at "2:2"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

    @cursors/3.6 @should @spec_cursors @ruling_first_in_last_out
    Scenario Outline: <what happens> to the tab that moved it last
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves. … S→C to the others `{room_id, user_id}`; also on leave and disconnect.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana moves the cursor to "2:2"
      Then Ben sees Ana's cursor at "2:2"
      When <it ends>
      Then Ben sees Ana's cursor go
      And Ben has heard it once
      And "invoice:42" still shows Ana and Ben

      Examples:
        | what happens | it ends                                    |
        | Leaving      | the second tab of Ana leaves "invoice:42"  |
        | Goodbye      | the second tab of Ana closes               |

      @slow
      Examples: lost, which over long-polling only a ping timeout shows
        | what happens | it ends                                    |
        | A loss       | Ana loses the transport of one tab         |

    @cursors/3.7 @should @spec_cursors
    Example: Another tab leaves
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves. … S→C to the others `{room_id, user_id}`; also on leave and disconnect.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana leaves "invoice:42"
      Then Ben hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "1:1"

    @cursors/3.8 @should @spec_cursors @slow
    Example: It is not moved for long, while somebody else's is
      > A cursor lives 300 s without a move.
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana moves the cursor to "1:1"
      And Ben keeps moving the cursor until Ana's is gone
      And Cy asks for the cursors
      Then Cy sees Ana's cursor go, not before its time
      And Cy is shown the cursor of Ben
      And Cy has heard it once

  Rule: Who moves fast is seen at most 30 times a second, and where they came to

    @cursors/4.1 @should @spec_cursors
    Scenario Outline: In one tab, <moves> times
      > Coalesced per user and room to at most 30 a second; the last position always arrives.
      Given Ana and Ben are in "invoice:42"
      When Ana moves the cursor <moves> times in about a second
      Then Ben hears of the last move, and of 30 a second at most

      Examples:
        | moves |
        | 30    |
        | 100   |

    @cursors/4.2 @should @spec_cursors
    Example: In two tabs, which have one cursor
      > Coalesced per user and room to at most 30 a second; the last position always arrives.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana moves the cursor 200 times in about a second, in all her tabs
      Then Ben hears of the last move, and of 30 a second at most

  Rule: Only those in the room have a cursor there, and see any

    @cursors/5.1 @should @spec_cursors
    Example: A tab that never joined
      > Cursors (members only, else `not_in_room`)
      Given Ben is in "invoice:42"
      And Ana is connected
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @cursors/5.2 @should @spec_cursors
    Example: A tab that has left
      > Cursors (members only, else `not_in_room`)
      Given Ana and Ben are in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @cursors/5.3 @should @spec_cursors
    Example: Another tab than the one that joined
      > Cursors (members only, else `not_in_room`)
      Given Ana and Ben are in "invoice:42"
      And Ana has a second tab open
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @cursors/5.4 @should @spec_cursors
    Example: Whoever has left sees no more
      > Cursors (members only, else `not_in_room`)
      Given Ana, Ben and Cy are in "invoice:42"
      When Ben leaves "invoice:42"
      And Ana moves the cursor to "1:1"
      Then Cy sees Ana's cursor at "1:1"
      And Ben hears nothing of Ana's cursor

    @cursors/5.5 @should @spec_cursors @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name
      > Two tenants' equal room_ids are two rooms, and no room_id reaches a tenant's, a user's or a connection's channel. … Cursors (members only, else `not_in_room`)
      Given Zoe is in "invoice:42"
      And Ana is connected
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Zoe hears nothing of Ana's cursor

  Rule: A move is activity

    @cursors/6.1 @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      > | now | heartbeat, cursor, typing, edit, join | … | away, set by the server | online | online | that status |
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      And Ana is away for inactivity
      When Ana moves the cursor to "1:1"
      Then everybody sees Ana as online

    @cursors/6.2 @should @presence @spec_presence @ruling_busy_holds
    Example: Who is busy stays so
      > | now | heartbeat, cursor, typing, edit, join | … | busy | busy | busy | that status |
      Given Ana and Ben are in "invoice:42"
      And Ana is busy
      When Ana moves the cursor to "1:1"
      Then Ben sees Ana's cursor at "1:1"
      And everybody sees Ana as busy
