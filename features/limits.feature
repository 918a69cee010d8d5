@limits
Feature: How much a client may send
  A page that does its work never meets these limits. Who sends too much is told so, changes nothing, and is ended if it goes on.

  Background:
    Given Ana and Ben work at "acme"
    And Ana and Ben are connected

  Rule: Of what is sent at once, only so much is accepted

    @limits/1.1 @should @spec_limits
    Example: A page that opens is in a hurry
      > A connection may send 100 events a second and 200 at once
      When Ana sends "heartbeat" 190 times at once
      Then all of them are accepted

    @limits/1.2 @should @spec_limits
    Example: More events than may come at once
      > A connection may send 100 events a second and 200 at once … An event beyond that changes nothing, and its ack has the code `rate_limited`.
      > `rate_limited` (details: `retry_after` s)
      When Ana sends "heartbeat" 1000 times at once
      Then no more of them are accepted than 200 and 100 a second
      And the others are refused with the seconds to wait

    @limits/1.3 @should @spec_limits
    Example: What is refused has not happened
      > An event beyond that changes nothing, and its ack has the code `rate_limited`.
      When Ana sends "presence:update" 400 times at once
      Then the others are refused with the seconds to wait
      And Ben sees those pages that were accepted, and no other

    @limits/1.4 @should @spec_limits
    Scenario Outline: More of <event> than may come at once
      > cursors and typing are counted by themselves, 60 a second and 120 at once.
      Given Ana and Ben are in "invoice:42"
      When Ana sends "<event>" 600 times at once
      Then no more of them are accepted than 120 and 60 a second
      And the others are refused with the seconds to wait

      Examples:
        | event        |
        | cursor:move  |
        | typing:start |

    @limits/1.5 @should @spec_limits
    Example: A pointer gone wild does not keep the page from its work
      > cursors and typing are counted by themselves
      Given Ana and Ben are in "invoice:42"
      When Ana sends "cursor:move" 600 times at once
      And Ana sends "heartbeat" 150 times at once
      Then the last of them are all accepted

    @limits/1.6 @should @spec_limits
    Example: The other way round, too
      > cursors and typing are counted by themselves
      Given Ana and Ben are in "invoice:42"
      When Ana sends "heartbeat" 1000 times at once
      And Ana sends "cursor:move" 100 times at once
      Then the last of them are all accepted

    @limits/1.7 @should @spec_limits
    Example: Who has many tabs may send five times as much
      > A user may send five times that over all connections of a node.
      Given Ana has 15 tabs open on one node
      When Ana sends "heartbeat" 300 times at once in each of her tabs
      Then no more of them are accepted than 1000 and 500 a second
      And the others are refused with the seconds to wait

    @limits/1.8 @should @spec_limits
    Example: Another user is not counted
      > A user may send five times that over all connections of a node.
      When Ana sends "heartbeat" 1000 times at once
      And Ben sends "heartbeat" 150 times at once
      Then the last of them are all accepted

    @limits/1.9 @should @spec_limits
    Example: Connecting anew wins nothing
      > A new connection goes on with what a connection of the same user has left when it ended.
      When Ana sends "heartbeat" 400 times at once, over each of 6 connections to the same node, one after another
      Then no more of them are accepted than 200 and 100 a second

  Rule: Who sends too much is told once, and how long to wait

    @limits/2.1 @should @spec_limits
    Example: One error for all that is refused
      > Of an excess, only the first refused event is also an `error`
      When Ana sends "heartbeat" 1000 times at once
      Then Ana is told once of too many "heartbeat"

    @limits/2.2 @should @spec_limits
    Example: Who asks for no ack is told, too
      > Of an excess, only the first refused event is also an `error`
      When Ana sends "heartbeat" 1000 times at once, asking for no ack
      Then Ana is told once of too many "heartbeat"

    @limits/2.3 @should @spec_limits
    Example: Who waits is accepted again
      > After `retry_after` seconds a second's events are accepted again.
      When Ana sends "heartbeat" 1000 times at once
      And Ana waits as long as she is told
      And Ana sends "heartbeat" 90 times at once
      Then the last of them are all accepted

  Rule: Who goes on is ended

    @limits/3.1 @should @spec_limits @slow
    Example: Ten seconds of too much
      > A connection ends after ten seconds of excess … `error` with `event` null, then DISCONNECT.
      When Ana sends too much until the connection ends
      Then Ana is told why, and disconnected for good, after ten seconds

    @limits/3.2 @should @spec_limits @slow
    Example: Who waits each time is not
      > Who waits as told is never ended.
      When Ana sends too much for 15 seconds, and waits each time as long as she is told
      And Ana sends "heartbeat" with {}
      Then that is accepted
