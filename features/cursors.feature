@cursors
Feature: Cursors
  Whoever has the same business object open sees where the others are in it: a cursor, or what they have
  selected, in a color of their own. A cursor is a user's, not a tab's, and is gone when its user is.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: A move is seen by the others in the room

    @must @seed_1_2
    Example: A user moves
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben and Cy see Ana's cursor at "3:14"
      And that is accepted, with nothing more

    @must @seed_1_2
    Example: A user selects
      Given Ana and Ben are in "invoice:42"
      When Ana selects from "3:14" to "5:0"
      Then Ben sees that Ana has selected from "3:14" to "5:0"

    @should @spec_cursors
    Example: A selection is over with the next move
      Given Ana and Ben are in "invoice:42"
      When Ana selects from "3:14" to "5:0"
      And Ana moves the cursor to "6:1"
      Then Ben sees Ana's cursor at "6:1"

    @should @spec_cursors
    Example: A place may be as far as a number goes
      Given Ana and Ben are in "invoice:42"
      When Ana moves the cursor to "9007199254740991:0"
      Then Ben sees Ana's cursor at "9007199254740991:0"

    @should @spec_cursors
    Example: All of another user's tabs see it, and none of one's own
      Given Ana has "invoice:42" open in two tabs
      And Ben has "invoice:42" open in two tabs
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      And Ana hears nothing of Ana's cursor

    @should @spec_cursors
    Example: Only the room sees it, and not the other company's of the same name
      Given Ana and Ben are in "invoice:42"
      And Cy is in "invoice:43"
      And Zoe is in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      And Cy and Zoe hear nothing of Ana's cursor

    @should @spec_cursors
    Example: A user has a cursor in each room
      Given Ana and Ben are in "invoice:42"
      And Ana and Cy are in "order:7"
      And Ana's cursor is at "3:14"
      When Ana moves the cursor to "1:1" in "order:7"
      Then Cy sees Ana's cursor at "1:1" in "order:7"
      And Ben hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "3:14"

    @should @spec_cursors
    Example: A user has one color in all tabs and rooms, and for everybody
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

    @should @spec_cursors
    Example: What is no cursor
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

    @must @seed_1_2
    Example: Everybody's but one's own, sorted by user
      Given Cy, Ana and Ben are in "invoice:42"
      And Cy's cursor is at "3:3"
      And Ana's cursor is at "1:1"
      And Ben's cursor is at "2:2"
      When Ben asks for the cursors
      Then Ben is shown the cursors of Ana and Cy

    @should @spec_cursors
    Example: Nobody has one
      Given Ana and Ben are in "invoice:42"
      When Ben asks for the cursors
      Then Ben is shown no cursor

    @should @spec_cursors
    Example: Asking is nobody else's business
      Given Ana and Ben are in "invoice:42"
      And Ana's cursor is at "1:1"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "1:1"
      And Ana hears nothing

    @should @spec_cursors
    Example: The newest place is shown
      Given Ana and Ben are in "invoice:42"
      And Ana's cursor is at "1:1"
      And Ana's cursor is at "2:2"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

  Rule: A cursor ends with its user's word, with the tab that moved it, or with time

    @must @seed_1_2
    Example: It is taken away
      Given Ana, Ben and Cy are in "invoice:42"
      And Ana's cursor is at "1:1"
      When Ana takes the cursor away
      Then Ben and Cy see Ana's cursor go
      And that is accepted, with nothing more
      And Ben and Cy have heard it once

    @should @spec_cursors
    Example: What is not there is not taken away
      Given Ana and Ben are in "invoice:42"
      When Ana takes the cursor away
      Then that is accepted, with nothing more
      And Ben hears nothing of Ana's cursor

    @should @spec_cursors
    Example: It may be taken away in another tab
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana takes the cursor away
      Then Ben sees Ana's cursor go
      And Ana hears nothing of Ana's cursor

    @should @spec_cursors
    Scenario Outline: The user <goes>
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
        | loses the transport |

    @should @spec_cursors
    Example: Two tabs have one cursor, where the last move was
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana moves the cursor to "2:2"
      Then Ben sees Ana's cursor at "2:2"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

    @should @spec_cursors
    Scenario Outline: <what happens> to the tab that moved it last
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
        | A loss       | Ana loses the transport of one tab         |

    @should @spec_cursors
    Example: Another tab leaves
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana's cursor is at "1:1"
      When the second tab of Ana leaves "invoice:42"
      Then Ben hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "1:1"

    @should @spec_cursors @slow
    Example: It is not moved for long, while somebody else's is
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana moves the cursor to "1:1"
      And Ben keeps moving the cursor until Ana's is gone
      And Cy asks for the cursors
      Then Cy sees Ana's cursor go, not before its time
      And Cy is shown the cursor of Ben
      And Cy has heard it once

  Rule: Who moves fast is seen at most 30 times a second, and where they came to

    @should @spec_cursors
    Scenario Outline: In one tab, <moves> times
      Given Ana and Ben are in "invoice:42"
      When Ana moves the cursor <moves> times in about a second
      Then Ben hears of the last move, and of 30 a second at most

      Examples:
        | moves |
        | 30    |
        | 300   |

    @should @spec_cursors
    Example: In two tabs, which have one cursor
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      When Ana moves the cursor 300 times in about a second, in all her tabs
      Then Ben hears of the last move, and of 30 a second at most

  Rule: Only those in the room have a cursor there, and see any

    @should @spec_cursors
    Example: A tab that never joined
      Given Ben is in "invoice:42"
      And Ana is connected
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @should @spec_cursors
    Example: A tab that has left
      Given Ana and Ben are in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @should @spec_cursors
    Example: Another tab than the one that joined
      Given Ana and Ben are in "invoice:42"
      And Ana has a second tab open
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Ben hears nothing of Ana's cursor

    @should @spec_cursors
    Example: Whoever has left sees no more
      Given Ana, Ben and Cy are in "invoice:42"
      When Ben leaves "invoice:42"
      And Ana moves the cursor to "1:1"
      Then Cy sees Ana's cursor at "1:1"
      And Ben hears nothing of Ana's cursor

    @should @spec_cursors @spec_rulings
    Example: The other company's room of the same name
      Given Zoe is in "invoice:42"
      And Ana is connected
      Then Ana may not move, ask for or take away a cursor in "invoice:42"
      And Zoe hears nothing of Ana's cursor

  Rule: A move is activity

    @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      And Ana is away for inactivity
      When Ana moves the cursor to "1:1"
      Then everybody sees Ana as online

    @should @presence @spec_presence
    Example: Who is busy stays so
      Given Ana and Ben are in "invoice:42"
      And Ana is busy
      When Ana moves the cursor to "1:1"
      Then Ben sees Ana's cursor at "1:1"
      And everybody sees Ana as busy
