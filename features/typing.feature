@typing
Feature: Typing
  Whoever has the same business object open sees who is writing in it just now, and in which field. It is
  over when they stop, go, have written it into the document, or have not said so again for a while.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Everybody in the room sees who types

    @typing/1.1 @must @seed_1_2
    Example: Somebody types in a field
      > `typing:start` C→S `{room_id, field?}` · `typing:stop` C→S `{room_id, field?}` → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      When Ana types in "notes"
      Then Ana and Ben see who types: Ana in "notes"
      And that is accepted, with nothing more

    @typing/1.2 @must @seed_1_2
    Example: Somebody types somewhere
      > `typing:start` C→S `{room_id, field?}` … → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      When Ana types
      Then Ana and Ben see who types: Ana

    @typing/1.3 @should @spec_typing
    Example: Several people, by the time they began
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana, Ben and Cy are in "invoice:42"
      And Cy types in "notes"
      And Ana types
      When Ben types in "notes"
      Then Ana, Ben and Cy see who types: Cy in "notes", Ana, Ben in "notes"

    @typing/1.4 @should @spec_typing
    Example: One user in several fields
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types
      When Ana types in "/lines/0/text"
      Then Ben sees who types: Ana in "notes", Ana, Ana in "/lines/0/text"

    @typing/1.5 @should @spec_typing
    Example: Who still types changes nothing, and is not announced
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Cy is connected
      And Ana types in "notes"
      And Ben types
      When Ana types in "notes" again
      Then Ana and Ben hear nothing of typing
      When Cy joins "invoice:42"
      Then Cy sees who types: Ana in "notes", Ben

    @typing/1.6 @should @spec_typing
    Example: Nor is the same field in another tab
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana types in "notes"
      Then Ana and Ben hear nothing of typing

    @typing/1.7 @should @spec_typing @ruling_scoped_rooms
    Example: Only the room sees it, and not the other company's of the same name
      > Two tenants' equal room_ids are two rooms … → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Cy is in "invoice:43"
      And Zoe is in "invoice:42"
      When Ana types in "notes"
      Then Ben sees who types: Ana in "notes"
      And Cy and Zoe hear nothing of typing

    @typing/1.8 @should @spec_typing
    Example: Whoever joins sees who types
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana is in "invoice:42"
      And Ben is connected
      And Ana types in "notes"
      When Ben joins "invoice:42"
      Then Ben sees who types: Ana in "notes"
      And Ben has heard who types once
      And Ana hears nothing of typing

    @typing/1.9 @should @spec_typing
    Example: Whoever joins while nobody types is told nothing of it
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana is in "invoice:42"
      And Ben is connected
      When Ben joins "invoice:42"
      Then Ana and Ben hear nothing of typing

    @typing/1.10 @should @spec_typing
    Example: What is no typing
      > `invalid_payload` (details: `path`, `reason`) … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
      Given Ana and Ben are in "invoice:42"
      When what Ana sends as "typing:start" is refused, each at its place:
        | payload                                 | path     |
        | {"room_id":"invoice:42","field":""}     | /field   |
        | {"room_id":"invoice:42","field":7}      | /field   |
        | {"room_id":"invoice:42","field":"a\\n"} | /field   |
        | a field of 256 characters               | /field   |
        | {"room_id":"invoice:42","x":1}          |          |
        | {"room_id":"invoice","field":"a"}       | /room_id |
      And what Ana sends as "typing:stop" is refused, each at its place:
        | payload                                 | path     |
        | {"room_id":"invoice:42","field":[]}     | /field   |
        | {"room_id":null}                        | /room_id |
      Then Ana and Ben hear nothing of typing

  Rule: Typing ends when somebody stops

    @typing/2.1 @must @seed_1_2
    Example: In one field
      > `typing:stop` C→S `{room_id, field?}` → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types in "total"
      When Ana stops typing in "notes"
      Then Ana and Ben see who types: Ana in "total"
      And that is accepted, with nothing more

    @typing/2.2 @should @spec_typing
    Example: Everywhere
      > `typing:stop` C→S `{room_id, field?}` → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types
      And Ben types in "total"
      When Ana stops typing
      Then Ana and Ben see who types: Ben in "total"
      And Ana and Ben have heard who types once

    @typing/2.3 @should @spec_typing
    Example: In another tab
      > `typing:stop` C→S `{room_id, field?}` → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana stops typing in "notes"
      Then Ben sees who types: nobody

    @typing/2.4 @should @spec_typing
    Example: Stopping what one has not begun is harmless
      > `typing:stop` C→S `{room_id, field?}` → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana and Ben are in "invoice:42"
      And Ben types in "notes"
      When Ana stops typing in "notes"
      And Ana stops typing
      Then that is accepted, with nothing more
      And Ben sees who types: Ben in "notes"
      And Ana and Ben hear nothing of typing

  Rule: Typing ends with the tab in which it began

    @typing/3.1 @should @spec_typing
    Example: It leaves
      > ends with leave, disconnect
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana leaves "invoice:42"
      Then Ben sees who types: nobody
      And Ana hears nothing of typing

    @typing/3.2 @should @spec_typing
    Example: It says goodbye
      > ends with leave, disconnect
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana says goodbye
      Then Ben sees Ana leave "invoice:42"
      And Ben sees who types: nobody

    @typing/3.3 @should @spec_typing @slow
    Example: It loses the transport
      > ends with leave, disconnect
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42"
      And Ben sees who types: nobody

    @typing/3.4 @should @spec_typing
    Example: Another tab leaves
      > ends with leave, disconnect
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When Ana leaves "invoice:42" in one tab
      Then Ben sees who types: Ana in "notes"
      And Ben hears nothing of typing

    @typing/3.5 @should @spec_typing
    Example: One of two tabs leaves, and what the other one began goes on
      > ends with leave, disconnect
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana types in "total"
      And Ana leaves "invoice:42" in one tab
      Then Ben sees who types: Ana in "notes"
      And Ben has heard who types twice

  Rule: Typing ends by itself when nothing is said for a while

    @typing/4.1 @should @spec_typing @slow
    Example: One has gone silent, the other one goes on
      > Expires 6 s after the last start
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana types in "notes"
      And Ben keeps typing in "total" until Ana has stopped
      Then Cy sees who types: Ben in "total"
      And Ana has typed for the time that typing lasts
      And Cy has heard who types 3 times

  Rule: What was typed is in the document, so an edit of a field ends typing in it

    @typing/5.1 @should @documents @spec_typing
    Scenario Outline: Typing in <field>, and then <patch>: <who>
      > ends with leave, disconnect and a doc:edit by that user in that field.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"notes":"","a":{"b":{"c":1}},"ab":2}
      And Ana types in "<field>"
      When Ana edits <patch>
      Then that edit is version 2
      And Ben sees who types: <who>

      Examples: written in, above or below
        | field | patch                                            | who    |
        | notes | [{"op":"replace","path":"/notes","value":"x"}]   | nobody |
        | /a/b  | [{"op":"replace","path":"/a/b/c","value":2}]     | nobody |
        | /a/b  | [{"op":"replace","path":"/a","value":{}}]        | nobody |
        | a     | [{"op":"move","from":"/a/b","path":"/b"}]        | nobody |

      Examples: written somewhere else, or only read
        | field | patch                                            | who          |
        | notes | [{"op":"replace","path":"/ab","value":3}]        | Ana in "notes" |
        | notes | [{"op":"test","path":"/notes","value":""}]       | Ana in "notes" |
        | notes | [{"op":"copy","from":"/notes","path":"/copy"}]   | Ana in "notes" |

    @typing/5.2 @should @documents @spec_typing
    Example: Any edit ends typing somewhere
      > ends with leave, disconnect and a doc:edit by that user in that field.
      Given Ana and Ben are editing "invoice:42"
      And Ana types
      And Ana types in "total"
      When Ana sets "/notes" to 1
      Then Ben sees who types: Ana in "total"

    @typing/5.3 @should @documents @spec_typing
    Example: Somebody else's edit does not
      > a doc:edit by that user in that field.
      Given Ana and Ben are editing "invoice:42"
      And Ana types in "notes"
      And Ana types
      When Ben sets "/notes" to 1
      Then Ben sees who types: Ana in "notes", Ana

    @typing/5.4 @should @documents @spec_typing
    Example: Nor does an edit that is refused
      > A failed event leaves no partial effect.
      Given Ana and Ben are editing "invoice:42"
      And Ana types in "notes"
      When Ana edits [{"op":"replace","path":"/notes","value":1}]
      Then Ana is refused with "invalid_payload"
      And Ben sees who types: Ana in "notes"

  Rule: A user types in 20 fields of a room at most

    @typing/6.1 @should @spec_typing
    Example: The 21st is refused
      > `limit_exceeded` (details: `limit`)
      Given Ana and Ben are in "invoice:42"
      And Ana types in 20 fields
      When Ana types in "one more"
      Then Ana is refused with "limit_exceeded"
      And the limit is said to be 20
      When Ana types in "field20" again
      Then that is accepted

  Rule: Only those in the room type there, and see who does

    @typing/7.1 @should @spec_typing
    Example: A tab that never joined
      > Typing (members only) … `not_in_room`
      Given Ben is in "invoice:42"
      And Ana is connected
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @typing/7.2 @should @spec_typing
    Example: A tab that has left
      > Typing (members only) … `not_in_room`
      Given Ana and Ben are in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @typing/7.3 @should @spec_typing
    Example: Another tab than the one that joined
      > Typing (members only) … `not_in_room`
      Given Ana and Ben are in "invoice:42"
      And Ana has a second tab open
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @typing/7.4 @should @spec_typing @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name
      > Typing (members only) … Two tenants' equal room_ids are two rooms
      Given Zoe is in "invoice:42"
      And Ana is connected
      Then Ana may not start or stop typing in "invoice:42"
      And Zoe hears nothing of typing

  Rule: Typing is activity

    @typing/8.1 @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      > heartbeat, cursor, typing, edit, join … | away, set by the server | online | online | that status |
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      And Ana is away for inactivity
      When Ana types in "notes"
      Then everybody sees Ana as online

    @typing/8.2 @should @presence @spec_presence @ruling_busy_holds
    Example: Who is busy stays so
      > heartbeat, cursor, typing, edit, join … | busy | busy | busy | that status |
      Given Ana and Ben are in "invoice:42"
      And Ana is busy
      When Ana types in "notes"
      Then Ben sees who types: Ana in "notes"
      And everybody sees Ana as busy
