@multi_node
Feature: Many nodes, one truth
  The server runs as several processes. Which one a browser has come to makes no difference: everybody
  sees the same, in the same order, even when a process or Redis fails.

  Background:
    Given Ana, Ben, Cy and Dee work at "acme"
    And Zoe works at "globex"

  Rule: Which node a user is on does not matter

    @should @presence @spec_presence
    Example: Users spread over the nodes see one list
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Cy is connected to node 1
      When Ben and Cy ask who is online
      Then the lists that Ben and Cy get show Ana, Ben and Cy

    @should @presence @spec_presence
    Example: Coming, changing and going is seen on the other node
      Given Ben is connected to node 2
      When Ana connects to node 1
      And Ana sets herself busy
      And Ana says goodbye
      Then Ben sees Ana come online, be busy and leave

    @should @presence @spec_presence
    Example: Everybody hears the same messages in the same order
      Given Cy is connected to node 1
      And Dee is connected to node 2
      When Ana on node 1 and Ben on node 2 change their status 20 times at the same time
      Then Cy and Dee have heard the same messages in the same order

    @should @presence @spec_presence
    Example: Many users at the same time
      Given Dee is connected to node 1
      When 10 users connect to both nodes at the same time
      Then everybody has the same view
      And Dee has heard of each of them once

    @should @presence @spec_presence
    Example: The company's door is closed on every node
      Given Zoe is connected to node 2
      When Ana connects to node 1
      And Ana sets herself busy
      Then Zoe hears nothing of Ana

    @should @rooms @spec_rooms
    Example: A room reaches over the nodes
      Given Ana is connected to node 1
      And Ben is connected to node 2
      When Ana joins "invoice:42"
      And Ben joins "invoice:42"
      Then Ana sees Ben enter "invoice:42"
      And "invoice:42" shows Ana and Ben to Ben

    @should @rooms @spec_rooms
    Example: Leaving is seen on the other node
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ben sees Ana leave "invoice:42"

    @should @rooms @spec_rooms
    Example: A room can be asked for on a node that nobody of it is on
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana is in "invoice:42"
      When Ben asks who is in "invoice:42"
      Then "invoice:42" shows Ana to Ben

    @should @cursors @spec_cursors
    Example: A cursor is seen on the other node
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "3:14"

    @should @typing @spec_typing
    Example: Typing is seen on the other node
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are in "invoice:42"
      And Ben types
      When Ana types in "notes"
      Then Ana and Ben see who types: Ben, Ana in "notes"

    @should @documents @spec_documents
    Example: Edits on both nodes make one order of versions
      Given Ana and Cy are connected to node 1
      And Ben and Dee are connected to node 2
      And Ana, Ben, Cy and Dee are editing "invoice:42"
      When Ana and Ben edit 25 times each at the same time
      Then the document is {"Ana":25,"Ben":25} at version 50

    @should @locks @spec_documents
    Example: A lock holds on the other node
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ben sets "/a" to 1
      Then Ben is refused, for Ana has locked "/a"
      When Ben locks "/a/b"
      Then Ben is refused, for Ana has locked "/a"
      And Ana hears of no edit
      When Ana unlocks "/a"
      Then Ben sees no lock

    @should @notifications @spec_notifications
    Example: A user with three tabs over both nodes
      Given Ana has tabs open on both nodes
      When Ana opens another tab
      And Ana is notified of "Invoice 42"
      Then Ana hears of "Invoice 42" once
      And every tab of Ana shows 1 unread
      When Ana reads everything
      Then every tab of Ana shows 0 unread

    @should @activity @spec_activity
    Example: What happens is heard on both nodes, and found on both
      Given Ana is connected to node 1
      And Ben is connected to node 2
      When Cy does "paid"
      Then Ana and Ben hear that Cy did "paid", once
      When Ben asks what happened
      Then Ben is shown "paid", and no more

  Rule: A user's tabs may be on different nodes

    @should @presence @spec_presence
    Example: The tab on one node closes, the one on the other stays
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @should @presence @spec_presence
    Example: Both close
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana closes both tabs
      Then Ben sees Ana leave
      And Ben has heard it once

    @should @presence @spec_presence
    Example: The status holds on both
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana sets herself busy
      And the second tab of Ana sends a heartbeat
      Then everybody sees Ana as busy

    @should @presence @spec_presence
    Example: Back within the grace on the other node, and nobody notices
      Given Ben is connected to node 1
      And Ana is connected to node 1
      When Ana loses the transport
      And Ana comes back on node 2
      Then Ben hears nothing of Ana, even after the grace

    @should @rooms @spec_rooms
    Example: A room open on both nodes, and one tab leaves
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana leaves "invoice:42" in one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ben and Ana

    @should @rooms @spec_rooms
    Example: A room open on both nodes, and one tab closes
      Given Ben is connected to node 1
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana closes both tabs
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @should @cursors @spec_cursors
    Example: Two tabs on both nodes have one cursor
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      And Ana's cursor is at "1:1"
      When the second tab of Ana moves the cursor to "2:2"
      Then Ben sees Ana's cursor at "2:2"
      And Ana hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

    @should @cursors @spec_cursors
    Example: Two tabs on both nodes move as fast as one may
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana moves the cursor 300 times in about a second, in all her tabs
      Then Ben hears of the last move, and of 30 a second at most

    @should @documents @spec_documents
    Example: The same edit again on the other node
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      Then Ben gets that edit as version 1
      When Ben sets "/b" to 2
      And Ana loses the transport
      And Ana comes back on node 2
      And Ana joins "invoice:42"
      And Ana sends the first edit again
      Then that edit is version 1
      And Ben hears of no edit
      When Ana asks for the document
      Then Ana gets the whole document {"a":1,"b":2} at version 2

  Rule: A node that dies is a lost transport for all who were on it

    @should @presence @spec_presence @fault @slow
    Example: Those who do not come back are gone after the grace
      Given Ana, Ben and Cy are connected to node 1
      And Dee is connected to node 2
      When node 1 is killed
      Then Dee sees Ana, Ben and Cy leave after lease and grace
      And Dee has heard of each of them once
      And the list that Dee gets shows Dee

    @should @presence @spec_presence @fault @slow
    Example: Those who come back to another node are not missed
      Given Ana and Ben are connected to node 1
      And Dee is connected to node 2
      When node 1 is killed
      And Ana comes back on node 2
      Then Dee sees Ben leave after lease and grace
      And Dee hears nothing of Ana, even after the grace
      And the list that Dee gets shows Ana and Dee

    @should @rooms @spec_rooms @fault @slow
    Example: They have left their rooms
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana is in "invoice:42"
      And Dee is in "invoice:42"
      When node 1 is killed
      Then Dee sees Ana leave "invoice:42" after the lease
      And Dee has heard it once
      And "invoice:42" still shows Dee

    @should @locks @spec_documents @fault @slow
    Example: Their locks end with their time
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana and Dee are editing "invoice:42"
      And Ana has locked "/a" for 5 seconds
      When node 1 is killed
      Then Dee sees the lock end when its time is over
      And Dee sees Ana leave "invoice:42" after the lease
      And Dee has heard of the locks once
      When Dee locks "/a"
      Then Dee sees the locks: Dee's on "/a"

    @should @presence @spec_presence @fault @slow
    Example: A node that is stopped in good order is a lost transport, too
      Given Ana is connected to node 1
      And Dee is connected to node 2
      When node 1 is stopped
      And Ana comes back on node 2
      Then Dee hears nothing of Ana, even after the grace
      And the list that Dee gets shows Ana and Dee

  Rule: Without Redis a node says so, and goes on when it is back

    @should @errors @spec_errors @fault @slow
    Scenario Outline: <event> while Redis is away
      Given Ana is connected to node 1
      And Ana is in "invoice:42"
      And Redis cannot be reached
      When Ana sends "<event>" with <payload>
      Then Ana is refused with "unavailable"
      And Ana is still connected

      Examples:
        | event           | payload                                      |
        | presence:list   | {}                                           |
        | presence:update | {"status":"busy"}                            |
        | heartbeat       | {}                                           |
        | room:join       | {"entity_type":"invoice","entity_id":"42"}   |
        | room:users      | {"room_id":"invoice:42"}                     |
        | cursor:sync     | {"room_id":"invoice:42"}                     |
        | typing:start    | {"room_id":"invoice:42"}                     |
        | typing:stop     | {"room_id":"invoice:42"}                     |
        | doc:sync        | {"room_id":"invoice:42"}                     |
        | doc:edit        | {"room_id":"invoice:42","base_version":0,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} |
        | doc:lock        | {"room_id":"invoice:42"}                     |
        | doc:unlock      | {"room_id":"invoice:42"}                     |
        | doc:lock_status | {"room_id":"invoice:42"}                     |
        | notification:read | {"all":true}                               |
        | notification:count | {}                                        |
        | activity:feed   | {}                                           |

    @should @notifications @activity @rest @spec_rest @fault @slow
    Example: Back ends are refused while Redis is away, and nothing comes of it later
      Given Ana is connected to node 1
      And Redis cannot be reached
      When a back end tries to notify Ana of "A"
      Then the request is refused with "unavailable"
      When a back end tries to record that Ben did "paid"
      Then the request is refused with "unavailable"
      When Redis is back
      And Ben is notified of "B"
      And Ben does "shipped"
      Then Ana hears that Ben did "shipped", once
      And Ana hears of no notification but how many are unread
      And over REST Ana finds "shipped"
      And Ana has no notification

    @should @connection @spec_errors @fault @slow
    Example: Nobody gets in while Redis is away
      Given Redis cannot be reached
      When Ana connects
      Then Ana is refused with "unavailable"

    @should @presence @spec_errors @fault @slow
    Example: Redis is back, with all that it knew
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Redis was away for a moment
      When Ana sets herself busy
      Then Dee sees Ana as busy
      And the list that Dee gets shows Ana and Dee

    @should @presence @spec_errors @fault @slow
    Example: Redis is back, and has forgotten everything
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana is in "invoice:42"
      And Dee is in "invoice:42"
      And Redis has lost everything
      When Ana sets herself busy
      Then Dee sees Ana as busy
      And the list that Dee gets shows Ana and Dee
      And "invoice:42" still shows Ana and Dee, in whatever order
