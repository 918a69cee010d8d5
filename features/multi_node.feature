@multi_node
Feature: Many nodes, one truth
  The server runs as several processes. Which one a browser has come to makes no difference: everybody
  sees the same, in the same order, even when a process or Redis fails.

  Background:
    Given Ana, Ben, Cy and Dee work at "acme"
    And Zoe works at "globex"

  Rule: Which node a user is on does not matter

    @multi_node/1.1 @should @presence @spec_presence @ruling_state_in_redis
    Example: Users spread over the nodes see one list
      > in Redis: two nodes must agree
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Cy is connected to node 1
      When Ben and Cy ask who is online
      Then the lists that Ben and Cy get show Ana, Ben and Cy

    @multi_node/1.2 @should @presence @spec_presence
    Example: Coming, changing and going is seen on the other node
      > S→C to the whole tenant, sender included … `seq` is one counter per tenant over all presence messages: no gaps, no reordering, on any node.
      Given Ben is connected to node 2
      When Ana connects to node 1
      And Ana sets herself busy
      And Ana says goodbye
      Then Ben sees Ana come online, be busy and leave

    @multi_node/1.3 @should @presence @spec_presence
    Example: Everybody hears the same messages in the same order
      > `seq` is one counter per tenant over all presence messages: no gaps, no reordering, on any node.
      Given Cy is connected to node 1
      And Dee is connected to node 2
      When Ana on node 1 and Ben on node 2 change their status 20 times at the same time
      Then Cy and Dee have heard the same messages in the same order

    @multi_node/1.4 @should @presence @spec_presence
    Example: Many users at the same time
      > First connection: joined. … A connection sees every broadcast that happens after its list.
      Given Dee is connected to node 1
      When 10 users connect to both nodes at the same time
      Then everybody has the same view
      And Dee has heard of each of them once

    @multi_node/1.5 @should @presence @spec_presence @ruling_scoped_rooms
    Example: The company's door is closed on every node
      > Nothing ever crosses tenants.
      Given Zoe is connected to node 2
      When Ana connects to node 1
      And Ana sets herself busy
      Then Zoe hears nothing of Ana

    @multi_node/1.6 @should @rooms @spec_rooms @ruling_state_in_redis
    Example: A room reaches over the nodes
      > to the others `room:user_joined {user_id, user_name, room_id}` if the user was not yet in. … in Redis: two nodes must agree
      Given Ana is connected to node 1
      And Ben is connected to node 2
      When Ana joins "invoice:42"
      And Ben joins "invoice:42"
      Then Ana sees Ben enter "invoice:42"
      And "invoice:42" shows Ana and Ben to Ben

    @multi_node/1.7 @should @rooms @spec_rooms @ruling_state_in_redis
    Example: Leaving is seen on the other node
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves. … in Redis: two nodes must agree
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana is in "invoice:42"
      And Ben is in "invoice:42"
      When Ana leaves "invoice:42"
      Then Ben sees Ana leave "invoice:42"

    @multi_node/1.8 @should @rooms @spec_rooms @ruling_state_in_redis
    Example: A room can be asked for on a node that nobody of it is on
      > `room:users` C→S `{room_id}` → S→C `room:users`, for any user of the tenant that policy lets in. … in Redis: two nodes must agree
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana is in "invoice:42"
      When Ben asks who is in "invoice:42"
      Then "invoice:42" shows Ana to Ben

    @multi_node/1.9 @should @cursors @spec_cursors
    Example: A cursor is seen on the other node
      > S→C to the others `{room_id, user_id, user_name, color, line, column, selection_start, selection_end}`. … `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are in "invoice:42"
      When Ana moves the cursor to "3:14"
      Then Ben sees Ana's cursor at "3:14"
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "3:14"

    @multi_node/1.10 @should @typing @spec_typing
    Example: Typing is seen on the other node
      > → S→C to the room, on each change, `typing:users {room_id, users: [{user_id, user_name, field}]}`.
      Given Ana is connected to node 1
      And Ben is connected to node 2
      And Ana and Ben are in "invoice:42"
      And Ben types
      When Ana types in "notes"
      Then Ana and Ben see who types: Ben, Ana in "notes"

    @multi_node/1.11 @should @documents @spec_documents
    Example: Edits on both nodes make one order of versions
      > Versions are 1, 2, 3 … without gaps, and every member gets them in order.
      Given Ana and Cy are connected to node 1
      And Ben and Dee are connected to node 2
      And Ana, Ben, Cy and Dee are editing "invoice:42"
      When Ana and Ben edit 25 times each at the same time
      Then the document is {"Ana":25,"Ben":25} at version 50

    @multi_node/1.12 @should @locks @spec_documents
    Example: A lock holds on the other node
      > A lock by another user on an overlapping path fails: `locked`. … An edit that touches a path locked by another user fails: `locked`, decided in the same atomic step as the edit.
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

    @multi_node/1.13 @should @notifications @spec_notifications
    Example: A user with three tabs over both nodes
      > to all of the user's connections on all nodes … S→C `notification:count {count}` to all of the user's connections.
      Given Ana has tabs open on both nodes
      When Ana opens another tab
      And Ana is notified of "Invoice 42"
      Then Ana hears of "Invoice 42" once
      And every tab of Ana shows 1 unread
      When Ana reads everything
      Then every tab of Ana shows 0 unread

    @multi_node/1.14 @should @activity @spec_activity
    Example: What happens is heard on both nodes, and found on both
      > `activity` S→C to the tenant
      Given Ana is connected to node 1
      And Ben is connected to node 2
      When Cy does "paid"
      Then Ana and Ben hear that Cy did "paid", once
      When Ben asks what happened
      Then Ben is shown "paid", and no more

  Rule: A user's tabs may be on different nodes

    @multi_node/2.1 @should @presence @spec_presence @ruling_state_in_redis @ruling_first_in_last_out
    Example: The tab on one node closes, the one on the other stays
      > Further tabs: no joined, no left.
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @multi_node/2.2 @should @presence @spec_presence @ruling_state_in_redis @ruling_first_in_last_out
    Example: Both close
      > The client said goodbye (Socket.IO disconnect) on its last connection: offline, `user_left`, at once.
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana closes both tabs
      Then Ben sees Ana leave
      And Ben has heard it once

    @multi_node/2.3 @should @presence @spec_presence @ruling_busy_holds
    Example: The status holds on both
      > A user's status is the user's, not a tab's. … | busy | busy | busy | that status |
      Given Ben is connected to node 2
      And Ana has tabs open on both nodes
      When Ana sets herself busy
      And the second tab of Ana sends a heartbeat
      Then everybody sees Ana as busy

    @multi_node/2.4 @should @presence @spec_presence @ruling_grace @slow
    Example: Back within the grace on the other node, and nobody notices
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices
      Given Ben is connected to node 1
      And Ana is connected to node 1
      When Ana loses the transport
      And Ana comes back on node 2
      Then Ben hears nothing of Ana, even after the grace

    @multi_node/2.5 @should @rooms @spec_rooms @ruling_state_in_redis @ruling_first_in_last_out
    Example: A room open on both nodes, and one tab leaves
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana leaves "invoice:42" in one tab
      Then Ben hears nothing of Ana
      And "invoice:42" still shows Ben and Ana

    @multi_node/2.6 @should @rooms @spec_rooms @ruling_state_in_redis @ruling_first_in_last_out
    Example: A room open on both nodes, and one tab closes
      > to the others `room:user_left {user_id, user_name, room_id}` when the user's last connection in the room leaves.
      Given Ben is connected to node 1
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana closes both tabs
      Then Ben sees Ana leave "invoice:42"
      And Ben has heard it once

    @multi_node/2.7 @should @cursors @spec_cursors
    Example: Two tabs on both nodes have one cursor
      > Coalesced per user and room … `cursor:sync` C→S `{room_id}` → S→C `{room_id, cursors: [...]}` without one's own.
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      And Ana's cursor is at "1:1"
      When the second tab of Ana moves the cursor to "2:2"
      Then Ben sees Ana's cursor at "2:2"
      And Ana hears nothing of Ana's cursor
      When Ben asks for the cursors
      Then Ben is shown Ana's cursor at "2:2"

    @multi_node/2.8 @should @cursors @spec_cursors
    Example: Two tabs on both nodes move as fast as one may
      > Coalesced per user and room to at most 30 a second; the last position always arrives.
      Given Ben is connected to node 2
      And Ben is in "invoice:42"
      And Ana has "invoice:42" open on both nodes
      When Ana moves the cursor 200 times in about a second, in all her tabs
      Then Ben hears of the last move, and of 30 a second at most

    @multi_node/2.9 @should @documents @spec_documents
    Example: The same edit again on the other node
      > The same `edit_id` again returns the first answer and changes nothing.
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

    @multi_node/3.1 @should @presence @spec_presence @ruling_grace @fault @slow
    Example: Those who do not come back are gone after the grace
      > else `user_left`, once. … A node that dies (kill -9, power) counts as transport loss for all its connections, noticed within 15 s by the others.
      Given Ana, Ben and Cy are connected to node 1
      And Dee is connected to node 2
      When node 1 is killed
      Then Dee sees Ana, Ben and Cy leave after lease and grace
      And Dee has heard of each of them once
      And the list that Dee gets shows Dee

    @multi_node/3.2 @should @presence @spec_presence @fault @slow
    Example: Those who come back to another node are not missed
      > back within it on any node, nobody notices; else `user_left`, once. A node that dies (kill -9, power) counts as transport loss for all its connections, noticed within 15 s by the others.
      Given Ana and Ben are connected to node 1
      And Dee is connected to node 2
      When node 1 is killed
      And Ana comes back on node 2
      Then Dee sees Ben leave after lease and grace
      And Dee hears nothing of Ana, even after the grace
      And the list that Dee gets shows Ana and Dee

    @multi_node/3.3 @should @rooms @spec_rooms @ruling_leave_all_rooms @fault @slow
    Example: They have left their rooms
      > A node that dies (kill -9, power) counts as transport loss for all its connections, noticed within 15 s by the others. … A connection that ends for any reason leaves all its rooms, at once, with the broadcasts.
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana is in "invoice:42"
      And Dee is in "invoice:42"
      When node 1 is killed
      Then Dee sees Ana leave "invoice:42" after the lease
      And Dee has heard it once
      And "invoice:42" still shows Dee

    @multi_node/3.4 @should @locks @spec_documents @fault @slow
    Example: Their locks end with their time
      > Locks end with unlock, leave, goodbye and expiry; a lost transport leaves them to expire so that the same user can come back to them.
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

    @multi_node/3.5 @should @presence @spec_presence @fault @slow
    Example: A node that is stopped in good order is a lost transport, too
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices
      Given Ana is connected to node 1
      And Dee is connected to node 2
      When node 1 is stopped
      And Ana comes back on node 2
      Then Dee hears nothing of Ana, even after the grace
      And the list that Dee gets shows Ana and Dee

  Rule: Without Redis a node says so, and goes on when it is back

    @multi_node/4.1 @should @errors @spec_errors @fault @slow @single
    Scenario Outline: <event> while Redis is away
      > `unavailable` (Redis is away)
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

    @multi_node/4.2 @should @notifications @activity @rest @spec_rest @fault @slow
    Example: Back ends are refused while Redis is away, and nothing comes of it later
      > `unavailable` (Redis is away) … A failed event leaves no partial effect.
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

    @multi_node/4.3 @should @connection @spec_errors @fault @slow @single
    Example: Nobody gets in while Redis is away
      > Official clients reconnect by themselves after the transport is lost, and never after a Socket.IO DISCONNECT or CONNECT_ERROR. A node that stops, and a refusal that passes (Redis away, draining, a node that is not ready), close the transport, or refuse the handshake with 503 and `Retry-After`. The client is back by itself, elsewhere or later. DISCONNECT and CONNECT_ERROR are for what is final.
      Given Redis cannot be reached
      When Ana tries to connect
      Then Ana is turned away for the moment
      When Redis is back
      Then Ana gets in by trying again

    @multi_node/4.4 @should @presence @spec_errors @fault @slow
    Example: Redis is back, with all that it knew
      > `unavailable` (Redis is away)
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Redis was away for a moment
      When Ana sets herself busy
      Then Dee sees Ana as busy
      And the list that Dee gets shows Ana and Dee

    @multi_node/4.5 @should @presence @spec_errors @fault @slow
    Example: Redis is back, and has forgotten everything
      > `unavailable` (Redis is away)
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana is in "invoice:42"
      And Dee is in "invoice:42"
      And Redis has lost everything
      When Ana sets herself busy
      Then Dee sees Ana as busy
      And the list that Dee gets shows Ana and Dee
      And "invoice:42" still shows Ana and Dee, in whatever order

    @multi_node/4.6 @should @documents @spec_documents @fault @slow
    Example: Redis is back, and has forgotten the document
      > A document has an `epoch`, a text that changes whenever its history cannot be continued: Redis lost it or went back behind what was told, it expired, or it was opened anew. … Every member of the room then gets the whole document. … A client without an epoch is taken at its word only while the document has never lost anything.
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana and Dee are editing "invoice:42"
      And the document is {"a":1}
      When Redis loses everything
      Then Ana and Dee are told of another epoch, which begins with {} at version 0
      When Ana sets "/b" to 2
      And Ana sets "/c" to 3
      Then that edit is version 2
      And Dee gets that edit as version 2
      When Dee asks for what has changed since version 1 of the epoch before
      Then Dee gets the whole document {"b":2,"c":3} at version 2
      When Dee asks for what has changed since version 1 without an epoch
      Then Dee gets the whole document {"b":2,"c":3} at version 2
      When Dee sets "/d" to 4 on version 1 without an epoch
      Then Dee is refused with "version_conflict"
      And Dee is told that the document is at version 2, and of no edit
      When Dee asks for what has changed since version 1
      Then Dee gets the edits from 2 to 2

    @multi_node/4.7 @should @documents @spec_documents @fault @slow
    Example: Redis is back, and has gone back behind what was told
      > A document has an `epoch`, a text that changes whenever its history cannot be continued: Redis lost it or went back behind what was told, it expired, or it was opened anew. … Every member of the room then gets the whole document. … A version is never reused
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Ana and Dee are editing "invoice:42"
      And the document is {"a":1}
      And Redis has saved what it has
      When Ana sets "/b" to 2
      Then Dee gets that edit as version 2
      When Redis goes back to what it has saved
      Then Ana and Dee are told of another epoch, which begins with {"a":1} at version 1
      When Ana sets "/c" to 3
      And Ana sets "/d" to 4
      Then that edit is version 3
      When Dee asks for what has changed since version 2 of the epoch before
      Then Dee gets the whole document {"a":1,"c":3,"d":4} at version 3
      When Dee asks for what has changed since version 2 without an epoch
      Then Dee gets the whole document {"a":1,"c":3,"d":4} at version 3
      When Dee sets "/e" to 5 on version 2 of the epoch before
      Then Dee is refused with "version_conflict"
      And Dee is told that the document is at version 3, and of no edit
      When Dee sets "/e" to 5
      Then that edit is version 4

    @multi_node/4.8 @should @presence @spec_presence @fault @slow
    Example: Redis is back, and the count of presence messages goes on above what was told
      > No counter on the wire ever goes back unnoticed.
      Given Ana is connected to node 1
      And Dee is connected to node 2
      And Redis has saved what it has
      When Ana sets herself busy
      Then Dee sees Ana as busy
      When Redis goes back to what it has saved
      And Ana sets herself busy
      Then Dee sees Ana as busy
      And the list that Dee gets shows Ana and Dee
