@typing
Feature: Typing
  Whoever has the same business object open sees who is writing in it just now, and in which field. It is
  over when they stop, go, have written it into the document, or have not said so again for a while.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Everybody in the room sees who types

    @must @seed_1_2
    Example: Somebody types in a field
      Given Ana and Ben are in "invoice:42"
      When Ana types in "notes"
      Then Ana and Ben see who types: Ana in "notes"
      And that is accepted, with nothing more

    @must @seed_1_2
    Example: Somebody types somewhere
      Given Ana and Ben are in "invoice:42"
      When Ana types
      Then Ana and Ben see who types: Ana

    @should @spec_typing
    Example: Several people, by the time they began
      Given Ana, Ben and Cy are in "invoice:42"
      And Cy types in "notes"
      And Ana types
      When Ben types in "notes"
      Then Ana, Ben and Cy see who types: Cy in "notes", Ana, Ben in "notes"

    @should @spec_typing
    Example: One user in several fields
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types
      When Ana types in "/lines/0/text"
      Then Ben sees who types: Ana in "notes", Ana, Ana in "/lines/0/text"

    @should @spec_typing
    Example: Who still types changes nothing, and is not announced
      Given Ana and Ben are in "invoice:42"
      And Cy is connected
      And Ana types in "notes"
      And Ben types
      When Ana types in "notes" again
      Then Ana and Ben hear nothing of typing
      When Cy joins "invoice:42"
      Then Cy sees who types: Ana in "notes", Ben

    @should @spec_typing
    Example: Nor is the same field in another tab
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana types in "notes"
      Then Ana and Ben hear nothing of typing

    @should @spec_typing
    Example: Only the room sees it, and not the other company's of the same name
      Given Ana and Ben are in "invoice:42"
      And Cy is in "invoice:43"
      And Zoe is in "invoice:42"
      When Ana types in "notes"
      Then Ben sees who types: Ana in "notes"
      And Cy and Zoe hear nothing of typing

    @should @spec_typing
    Example: Whoever joins sees who types
      Given Ana is in "invoice:42"
      And Ben is connected
      And Ana types in "notes"
      When Ben joins "invoice:42"
      Then Ben sees who types: Ana in "notes"
      And Ben has heard who types once
      And Ana hears nothing of typing

    @should @spec_typing
    Example: Whoever joins while nobody types is told nothing of it
      Given Ana is in "invoice:42"
      And Ben is connected
      When Ben joins "invoice:42"
      Then Ana and Ben hear nothing of typing

    @should @spec_typing
    Example: What is no typing
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

    @must @seed_1_2
    Example: In one field
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types in "total"
      When Ana stops typing in "notes"
      Then Ana and Ben see who types: Ana in "total"
      And that is accepted, with nothing more

    @should @spec_typing
    Example: Everywhere
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      And Ana types
      And Ben types in "total"
      When Ana stops typing
      Then Ana and Ben see who types: Ben in "total"
      And Ana and Ben have heard who types once

    @should @spec_typing
    Example: In another tab
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana stops typing in "notes"
      Then Ben sees who types: nobody

    @should @spec_typing
    Example: Stopping what one has not begun is harmless
      Given Ana and Ben are in "invoice:42"
      And Ben types in "notes"
      When Ana stops typing in "notes"
      And Ana stops typing
      Then that is accepted, with nothing more
      And Ben sees who types: Ben in "notes"
      And Ana and Ben hear nothing of typing

  Rule: Typing ends with the tab in which it began

    @should @spec_typing
    Example: It leaves
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana leaves "invoice:42"
      Then Ben sees who types: nobody
      And Ana hears nothing of typing

    @should @spec_typing
    Example: It says goodbye
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana says goodbye
      Then Ben sees Ana leave "invoice:42"
      And Ben sees who types: nobody

    @should @spec_typing
    Example: It loses the transport
      Given Ana and Ben are in "invoice:42"
      And Ana types in "notes"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42"
      And Ben sees who types: nobody

    @should @spec_typing
    Example: Another tab leaves
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When Ana leaves "invoice:42" in one tab
      Then Ben sees who types: Ana in "notes"
      And Ben hears nothing of typing

    @should @spec_typing
    Example: One of two tabs leaves, and what the other one began goes on
      Given Ana has "invoice:42" open in two tabs
      And Ben is in "invoice:42"
      And Ana types in "notes"
      When the second tab of Ana types in "total"
      And Ana leaves "invoice:42" in one tab
      Then Ben sees who types: Ana in "notes"
      And Ben has heard who types twice

  Rule: Typing ends by itself when nothing is said for a while

    @should @spec_typing @slow
    Example: One has gone silent, the other one goes on
      Given Ana, Ben and Cy are in "invoice:42"
      When Ana types in "notes"
      And Ben keeps typing in "total" until Ana has stopped
      Then Cy sees who types: Ben in "total"
      And Ana has typed for the time that typing lasts
      And Cy has heard who types 3 times

  Rule: What was typed is in the document, so an edit of a field ends typing in it

    @should @documents @spec_typing
    Scenario Outline: Typing in <field>, and then <patch>: <who>
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

    @should @documents @spec_typing
    Example: Any edit ends typing somewhere
      Given Ana and Ben are editing "invoice:42"
      And Ana types
      And Ana types in "total"
      When Ana sets "/notes" to 1
      Then Ben sees who types: Ana in "total"

    @should @documents @spec_typing
    Example: Somebody else's edit does not
      Given Ana and Ben are editing "invoice:42"
      And Ana types in "notes"
      And Ana types
      When Ben sets "/notes" to 1
      Then Ben sees who types: Ana in "notes", Ana

    @should @documents @spec_typing
    Example: Nor does an edit that is refused
      Given Ana and Ben are editing "invoice:42"
      And Ana types in "notes"
      When Ana edits [{"op":"replace","path":"/notes","value":1}]
      Then Ana is refused with "invalid_payload"
      And Ben sees who types: Ana in "notes"

  Rule: A user types in 20 fields of a room at most

    @should @spec_typing
    Example: The 21st is refused
      Given Ana and Ben are in "invoice:42"
      And Ana types in 20 fields
      When Ana types in "one more"
      Then Ana is refused with "limit_exceeded"
      And the limit is said to be 20
      When Ana types in "field20" again
      Then that is accepted

  Rule: Only those in the room type there, and see who does

    @should @spec_typing
    Example: A tab that never joined
      Given Ben is in "invoice:42"
      And Ana is connected
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @should @spec_typing
    Example: A tab that has left
      Given Ana and Ben are in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @should @spec_typing
    Example: Another tab than the one that joined
      Given Ana and Ben are in "invoice:42"
      And Ana has a second tab open
      Then Ana may not start or stop typing in "invoice:42"
      And Ben hears nothing of typing

    @should @spec_typing @spec_rulings
    Example: The other company's room of the same name
      Given Zoe is in "invoice:42"
      And Ana is connected
      Then Ana may not start or stop typing in "invoice:42"
      And Zoe hears nothing of typing

  Rule: Typing is activity

    @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      Given Ben is in "invoice:42"
      And Ana is in "invoice:42"
      And Ana is away for inactivity
      When Ana types in "notes"
      Then everybody sees Ana as online

    @should @presence @spec_presence
    Example: Who is busy stays so
      Given Ana and Ben are in "invoice:42"
      And Ana is busy
      When Ana types in "notes"
      Then Ben sees who types: Ana in "notes"
      And everybody sees Ana as busy
