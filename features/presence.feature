@presence
Feature: Presence
  Everybody in a company sees who is online, how, and on which page. A user's status is the user's,
  not a tab's; it ends by their own word, by activity, or by the want of it.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: The first tab comes, the last one goes

    @presence/1.1 @must @seed_4_2
    Example: The first connection is announced
      > First connection: joined.
      > `presence:user_joined` `{user_id, user_name, status, seq}`
      Given Ben is connected
      When Ana connects
      Then Ben sees Ana come online
      And the list that Ben gets shows Ana and Ben

    @presence/1.2 @should @spec_presence @spec_rulings @ruling_first_in_last_out
    Example: Another tab is not announced
      > Further tabs: no joined, no left.
      Given Ana and Ben are connected
      When Ana opens another tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @presence/1.3 @should @spec_presence @spec_rulings @ruling_first_in_last_out
    Example: One of two tabs closes
      > Further tabs: no joined, no left.
      Given Ben is connected
      And Ana has two tabs open
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @presence/1.4 @must @seed_4_2 @ruling_disconnect_reason @ruling_first_in_last_out @ruling_grace
    Example: The last tab says goodbye
      > The client said goodbye (Socket.IO disconnect) on its last connection: offline, `user_left`, at once.
      > `presence:user_left` `{user_id, user_name, seq}`.
      Given Ben is connected
      And Ana has two tabs open
      When Ana closes both tabs
      Then Ben sees Ana leave at once
      And Ben has heard it once
      And the list that Ben gets shows Ben

    @presence/1.5 @must @seed_4_2 @ruling_disconnect_reason
    Example: A user leaves and comes again
      > First connection: joined. … The client said goodbye (Socket.IO disconnect) on its last connection: offline, `user_left`, at once.
      Given Ana and Ben are connected
      When Ana says goodbye
      And Ana connects
      Then Ben sees Ana leave, then come online

    @presence/1.6 @should @spec_presence
    Example: What a user was doing is forgotten when they leave
      > The client said goodbye (Socket.IO disconnect) on its last connection: offline, `user_left`, at once.
      Given Ana and Ben are connected
      And Ana is busy
      And Ana is on page "/invoices"
      When Ana says goodbye
      And Ana connects
      Then everybody sees Ana as online
      And everybody sees Ana on no page

    @presence/1.7 @should @spec_presence
    Example: A user has a new name, and comes with it in another tab
      > `name` (default "Unknown"), `email`, `role` (default "user") are read too.
      Given Ana and Ben are connected
      When Ana opens another tab with the new name "Anna"
      Then everybody sees that Ana is called "Anna"

  Rule: Whoever only lost the transport is still there for a while

    @presence/2.1 @should @spec_presence @spec_rulings @ruling_grace @slow
    Example: Back within the grace, and nobody notices
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices
      Given Ana and Ben are connected
      When Ana loses the transport
      And Ana comes back
      Then Ben hears nothing of Ana, even after the grace
      And the list that Ben gets shows Ana and Ben

    @presence/2.2 @must @seed_3_1 @spec_presence @ruling_disconnect_reason @ruling_grace @slow
    Example: Not back within the grace, and the user is gone
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60) … else `user_left`, once.
      Given Ana and Ben are connected
      When Ana loses the transport
      Then the list that Ben gets shows Ana and Ben
      And Ben sees Ana leave after the grace
      And Ben has heard it once
      And the list that Ben gets shows Ben

    @presence/2.3 @should @spec_presence @ruling_disconnect_reason @ruling_grace @slow
    Example: A browser that closes its transport without a goodbye has only lost it
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60) … else `user_left`, once.
      Given Ana and Ben are connected
      When Ana's browser closes the transport without a goodbye
      Then the list that Ben gets shows Ana and Ben
      And Ben sees Ana leave after the grace

    @presence/2.4 @should @spec_presence @ruling_grace @slow
    Example: Two tabs lost are one user gone
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60) … else `user_left`, once.
      Given Ben is connected
      And Ana has two tabs open
      When Ana loses the transport
      Then Ben sees Ana leave after the grace
      And Ben has heard it once

    @presence/2.5 @should @spec_presence @ruling_first_in_last_out @slow
    Example: One tab lost, and the other one stays
      > Further tabs: no joined, no left.
      Given Ben is connected
      And Ana has two tabs open
      When Ana loses the transport of one tab
      Then Ben hears nothing of Ana, even after the grace

    @presence/2.6 @should @spec_presence
    Scenario Outline: Whoever is <status> and comes back within the grace is still <status>
      > The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices
      Given Ana and Ben are connected
      And Ana is <status>
      And Ana is on page "/invoices"
      When Ana loses the transport
      And Ana comes back
      Then everybody sees Ana as <seen>
      And everybody sees Ana on page "/invoices"

      Examples:
        | status         | seen |
        | busy           | busy |
        | away by choice | away |

  Rule: The list says who is online

    @presence/3.1 @must @seed_4_3
    Example: A user asks who is online
      > `presence:list` C→S … → S→C `{users: [{user_id, user_name, status, current_page, last_active_at}], total, next, seq}`
      Given Ana and Ben are connected
      When Ana asks who is online
      Then the list that Ana gets shows Ana and Ben
      And the answer is a plain success

    @presence/3.2 @must @seed_4_3
    Scenario Outline: Asking <how> is the same
      > an event without payload accepts none or `{}`. … Every C→S event may ask for an ack.
      Given Ana and Ben are connected
      When Ana asks who is online <how>
      Then the list that Ana gets shows Ana and Ben

      Examples:
        | how                    |
        | without a payload      |
        | with an empty payload  |
        | without asking for ack |

    @presence/3.3 @should @spec_presence
    Example: The list is for the one who asked
      > `presence:list` C→S `{entity_type?, entity_id?}` (filter: users viewing that entity) → S→C
      Given Ana and Ben are connected
      When Ana asks who is online
      Then Ben hears nothing

    @presence/3.4 @should @spec_presence
    Example: The list is sorted by name, and by id between equal names
      > sorted by name, id.
      Given these users of "acme" are connected:
        | id | name  |
        | u5 | émile |
        | u4 | Ben   |
        | u1 | zed   |
        | u2 | Ben   |
        | u3 | Zed   |
        | u6 | adam  |
      When the user "u1" asks who is online
      Then the list has the ids u2, u4, u3, u6, u1, u5

    @presence/3.5 @must @seed_4_3
    Example: The list has status and page
      > S→C `{users: [{user_id, user_name, status, current_page, last_active_at}], total, next, seq}`
      Given Ana and Ben are connected
      And Ana is busy
      And Ana is on page "/invoices"
      When Ben asks who is online
      Then the list that Ben gets shows Ana as busy on page "/invoices"
      And the list that Ben gets shows Ben as online on no page

    @presence/3.6 @must @seed_3_1
    Example: The list can be asked for those who view an entity
      > `presence:list` C→S `{entity_type?, entity_id?}` (filter: users viewing that entity)
      Given Ana, Ben and Cy are connected
      And Ana is viewing "invoice:42"
      And Ben is viewing "invoice:43"
      When Cy asks who is viewing "invoice:42"
      Then the list that Cy gets shows Ana

    @presence/3.7 @should @spec_presence
    Example: The list can be asked for those who view any entity of a type
      > `presence:list` C→S `{entity_type?, entity_id?}` (filter: users viewing that entity)
      Given Ana, Ben and Cy are connected
      And Ana is viewing "invoice:42"
      And Ben is viewing "order:42"
      When Cy asks who is viewing any "invoice"
      Then the list that Cy gets shows Ana

    @presence/3.8 @should @spec_presence
    Example: A number asks for the same entity as its text
      > `entity_id` string `[A-Za-z0-9._-]{1,128}` or integer (answered as string).
      Given Ana and Cy are connected
      And Ana is viewing "invoice:42"
      When Cy asks who is viewing "invoice" number 42
      Then the list that Cy gets shows Ana

    @presence/3.9 @should @spec_presence
    Example: Nobody views it
      > `presence:list` C→S `{entity_type?, entity_id?}` (filter: users viewing that entity)
      Given Ana and Cy are connected
      When Cy asks who is viewing "invoice:42"
      Then the list that Cy gets is empty

    @presence/3.10 @should @spec_presence @single
    Example: An entity's id without its type is refused
      > `presence:list` C→S `{entity_type?, entity_id?}` (filter: users viewing that entity) … `invalid_payload` (details: `path`, `reason`)
      Given Ana is connected
      When Ana asks who is viewing number 42 of no type
      Then Ana is refused with "invalid_payload" at ""

    @presence/3.11 @must @seed_4_2
    Example: The list ends at the company's door
      > Nothing ever crosses tenants.
      Given Ana and Zoe are connected
      When Ana asks who is online
      Then the list that Ana gets shows Ana

    @presence/3.12 @should @spec_presence
    Scenario Outline: A long list comes in pages
      > It carries at most 1,000 users (`PRESENCE_LIST_LIMIT`), or the `limit` that was asked for, with the `total` and `next` (null at the end)
      Given these users of "acme" are connected:
        | id | name  |
        | u5 | émile |
        | u4 | Ben   |
        | u1 | zed   |
        | u2 | Ben   |
        | u3 | Zed   |
      When the user "u1" reads in pages of <size> who is online
      Then the pages have the ids u2, u4, u3, u1, u5
      And each page has <size> users at most, and the total of all

      Examples:
        | size |
        | 1    |
        | 2    |
        | 1000 |

    @presence/3.13 @should @spec_presence
    Example: The viewers of an entity come in pages, too
      > `presence:list {after: next}` brings the following page.
      Given Ana, Ben and Cy are connected
      And Ana is viewing "invoice:42"
      And Cy is viewing "invoice:42"
      When Ben reads in pages of 1 who is viewing "invoice:42"
      Then the pages show Ana and Cy
      And each page has 1 users at most, and the total of all

    @presence/3.14 @should @spec_presence
    Example: Each page says which messages are in it
      > Each page has its own `seq`: of a user, whatever has the higher `seq` is true, be it a page or a message. So pages stay right while others come and go.
      Given Ana, Ben and Cy are connected
      When Ana asks for the first page of 1, and for the rest once Cy is busy
      Then the last page shows Cy as busy, and has the number of that message

    @presence/3.15 @should @spec_presence @single
    Example: A place that no page had is refused
      > `invalid_payload` (details: `path`, `reason`)
      Given Ana is connected
      When Ana asks who follows the place "nowhere" in the list
      Then Ana is refused with "invalid_payload" at "/after"

  Rule: A user says how they are and where, and the whole company hears it

    @presence/4.1 @must @seed_4_3
    Scenario Outline: A user sets themselves <status>
      > S→C to the whole tenant, sender included … update → the presence as it now is.
      > S→C to the whole tenant, sender included: `{user_id, user_name, status, current_page, current_entity_type, current_entity_id, seq}`.
      Given Ana, Ben and Zoe are connected
      And Ana has a second tab open
      When Ana sets herself <status>
      Then Ana and Ben are told that Ana is <status>
      And both tabs of Ana are told
      And Zoe hears nothing of Ana
      And the answer is the presence of Ana as it now is

      Examples:
        | status |
        | online |
        | away   |
        | busy   |

    @presence/4.2 @should @spec_rulings
    Scenario Outline: The location counts with any status: <status>
      > location fields apply with any status
      Given Ana and Ben are connected
      When Ana sets herself <status> on page "/orders" viewing "order:7"
      Then Ben is told that Ana is <status> on page "/orders" viewing "order:7"

      Examples:
        | status |
        | online |
        | away   |
        | busy   |

    @presence/4.3 @must @seed_4_3
    Example: A user moves to another page without a word on status
      > `presence:update` C→S `{status?: online|away|busy, current_page?, entity_type?, entity_id?}` … update → the presence as it now is.
      Given Ana and Ben are connected
      When Ana moves to page "/invoices"
      Then Ben is told that Ana is online on page "/invoices" viewing nothing
      And the answer is the presence of Ana as it now is

    @presence/4.4 @should @spec_rulings @ruling_null_clears
    Scenario Outline: What is absent stays, what is null is cleared: <change>
      > explicit `null` clears, absence keeps.
      Given Ana and Ben are connected
      And Ana is on page "/invoices"
      And Ana is viewing "invoice:42"
      When Ana updates her presence with <change>
      Then Ben is told that Ana is <status> on page <page> viewing <entity>

      Examples:
        | change                                    | status | page        | entity       |
        | {}                                        | online | "/invoices" | "invoice:42" |
        | {"status":"busy"}                         | busy   | "/invoices" | "invoice:42" |
        | {"current_page":null}                     | online | nothing     | "invoice:42" |
        | {"entity_type":null,"entity_id":null}     | online | "/invoices" | nothing      |
        | {"current_page":"/orders"}                | online | "/orders"   | "invoice:42" |
        | {"entity_type":"order","entity_id":"7"}   | online | "/invoices" | "order:7"    |
        | {"entity_type":"order","entity_id":7}     | online | "/invoices" | "order:7"    |
        | {"entity_id":"43"}                        | online | "/invoices" | "invoice:43" |

    @presence/4.5 @should @spec_presence
    Example: An update without a payload is an update
      > an event without payload accepts none or `{}`.
      Given Ana and Ben are connected
      When Ana updates her presence without a payload
      Then Ben is told that Ana is online on page nothing viewing nothing

    @presence/4.6 @should @spec_presence
    Example: An update is announced even if it changes nothing
      > `presence:update` C→S `{status?: online|away|busy, current_page?, entity_type?, entity_id?}` … S→C to the whole tenant, sender included
      Given Ana and Ben are connected
      And Ana is busy
      When Ana sets herself busy
      Then Ben is told that Ana is busy

    @presence/4.7 @should @spec_presence
    Scenario Outline: A page may be any text: <page>
      > `presence:update` C→S `{status?: online|away|busy, current_page?, entity_type?, entity_id?}`
      Given Ana and Ben are connected
      When Ana moves to page "<page>"
      Then Ben is told that Ana is online on page "<page>" viewing nothing

      Examples:
        | page                       |
        | /Übersicht/日本語/😀        |
        | <script>alert(1)</script>  |
        | x                          |

    @presence/4.8 @must @seed_4_3
    Scenario Outline: <status> is not a status one can choose
      > `presence:update` C→S `{status?: online|away|busy, current_page?, entity_type?, entity_id?}`
      Given Ana and Ben are connected
      When Ana updates her presence with {"status":"<status>"}
      Then Ana is refused with "invalid_payload" at "/status"
      And Ben hears nothing of Ana

      Examples:
        | status  |
        | offline |
        | Busy    |
        | dnd     |
        |         |

  Rule: The status is the user's, and only some things end it

    @presence/5.1 @should @spec_presence @spec_rulings @ruling_busy_holds @ruling_away_by_choice
    Scenario Outline: <now>, then <trigger>: <then>
      > A user's status is the user's, not a tab's. What ends what: … | online | online | online | that status | | away, set by the server | online | online | that status | | away, chosen | away | online | that status | | busy | busy | busy | that status |
      > | now | heartbeat, cursor, typing, edit, join | presence:update without status | with status |
      > A second tab opening is activity, and does not undo busy.
      Given Ben is connected
      And Ana is <now>
      When Ana <trigger>
      Then everybody sees Ana as <then>
      And Ana's change of status was announced only if there was one, or if she asked

      Examples: online
        | now    | trigger                  | then   |
        | online | sends a heartbeat        | online |
        | online | joins "invoice:42"       | online |
        | online | opens another tab        | online |
        | online | moves to page "/x"       | online |
        | online | sets herself online      | online |
        | online | sets herself away        | away   |
        | online | sets herself busy        | busy   |

      @slow
      Examples: away, set by the server
        | now                 | trigger                     | then   |
        | away for inactivity | sends a heartbeat           | online |
        | away for inactivity | joins "invoice:42"          | online |
        | away for inactivity | opens another tab           | online |
        | away for inactivity | moves to page "/x"          | online |
        | away for inactivity | sets herself online         | online |
        | away for inactivity | sets herself away           | away   |
        | away for inactivity | sets herself busy           | busy   |
        | away for inactivity | sends an inactive heartbeat | away   |

      Examples: away, chosen
        | now            | trigger                  | then   |
        | away by choice | sends a heartbeat        | away   |
        | away by choice | joins "invoice:42"       | away   |
        | away by choice | opens another tab        | away   |
        | away by choice | moves to page "/x"       | online |
        | away by choice | sets herself online      | online |
        | away by choice | sets herself away        | away   |
        | away by choice | sets herself busy        | busy   |

      Examples: busy
        | now  | trigger                  | then   |
        | busy | sends a heartbeat        | busy   |
        | busy | joins "invoice:42"       | busy   |
        | busy | opens another tab        | busy   |
        | busy | moves to page "/x"       | busy   |
        | busy | sets herself online      | online |
        | busy | sets herself away        | away   |
        | busy | sets herself busy        | busy   |

    @presence/5.2 @should @spec_presence
    Scenario Outline: Closing a tab does not touch the status: <status>
      > A user's status is the user's, not a tab's.
      Given Ben is connected
      And Ana has two tabs open
      And Ana is <status>
      When Ana closes one tab
      Then everybody sees Ana as <seen>
      And Ben hears nothing of Ana

      Examples:
        | status         | seen |
        | busy           | busy |
        | away by choice | away |

    @presence/5.3 @should @spec_presence @ruling_busy_holds
    Example: A heartbeat from one tab does not undo what was chosen in another
      > A user's status is the user's, not a tab's. … | busy | busy | busy | that status |
      Given Ben is connected
      And Ana has two tabs open
      And Ana is busy
      When the second tab of Ana sends a heartbeat
      Then everybody sees Ana as busy
      And Ben hears nothing of Ana

    @presence/5.4 @should @spec_presence @slow
    Example: A chosen away stays chosen when the inactivity is long
      > heartbeat, cursor, typing, edit, join … | away, chosen | away | online | that status |
      Given Ben is connected
      And Ana is away by choice
      When Ana has been inactive for long
      And Ana sends a heartbeat
      Then everybody sees Ana as away
      And Ben hears of no change of Ana's status

  Rule: Whoever does nothing for long is away, unless busy

    @presence/6.1 @must @seed_3_1 @slow
    Example: An inactive user becomes away
      > After `AWAY_TIMEOUT_SECONDS` (300) without activity an online user becomes away
      > Sent also when the server changes a status.
      Given Ana and Ben are connected
      When Ana has been inactive for long
      Then Ben is told that Ana is away
      And the list that Ben gets shows Ana as away on no page

    @presence/6.2 @should @spec_presence @ruling_busy_holds @ruling_away_by_choice @slow
    Example: A busy user never becomes away
      > After `AWAY_TIMEOUT_SECONDS` (300) without activity an online user becomes away; never a busy one.
      Given Ana and Ben are connected
      And Ana is busy
      When Ana has been inactive for long
      Then everybody sees Ana as busy
      And Ben hears nothing of Ana

    @presence/6.3 @should @spec_presence @slow
    Example: Heartbeats keep a user online
      > `heartbeat` C→S `{active?: bool = true}` … After `AWAY_TIMEOUT_SECONDS` (300) without activity an online user becomes away
      Given Ana and Ben are connected
      When Ana sends heartbeats while Ben does nothing and becomes away
      Then everybody sees Ana as online
      And Ben hears nothing of Ana

    @presence/6.4 @should @spec_presence @slow
    Example: Inactive heartbeats do not
      > `heartbeat {active: false}` only keeps the connection alive.
      Given Ana and Ben are connected
      When Ana sends inactive heartbeats until long after
      Then everybody sees Ana as away

    @presence/6.5 @should @spec_presence @slow
    Example: Activity in one tab keeps the user online in all
      > A user's status is the user's, not a tab's. … After `AWAY_TIMEOUT_SECONDS` (300) without activity an online user becomes away
      Given Ben is connected
      And Ana has two tabs open
      When the second tab of Ana sends heartbeats while Ben does nothing and becomes away
      Then everybody sees Ana as online

    @presence/6.6 @should @spec_presence @slow
    Example: Whoever becomes away after heartbeats is back with the next one
      > `last_active_at` may lag up to 10 s behind heartbeats; a status never lags.
      Given Ana and Ben are connected
      And Ana has sent some heartbeats
      And Ana is away for inactivity
      When Ana sends a heartbeat
      Then everybody sees Ana as online

  Rule: A heartbeat is acknowledged with the time

    @presence/7.1 @must @seed_4_3 @ruling_heartbeat_timestamp @single
    Scenario Outline: A heartbeat <how>
      > `heartbeat` C→S `{active?: bool = true}` → S→C `heartbeat_ack {timestamp}`.
      > Every time is RFC 3339 UTC with milliseconds and `Z`.
      Given Ana is connected
      When Ana sends a heartbeat <how>
      Then Ana gets a heartbeat_ack with the time of now

      Examples:
        | how                   |
        | without a payload     |
        | with an empty payload |
        | that says active      |
        | that says inactive    |

    @presence/7.2 @should @spec_rulings @ruling_heartbeat_timestamp @single
    Example: The ack has the same time, and no connection's id
      > Success: `{"ok": true, …}` with the event's result fields. … → S→C `heartbeat_ack {timestamp}`.
      Given Ana is connected
      When Ana sends a heartbeat
      Then the answer has the time of now, too

    @presence/7.3 @should @spec_presence
    Example: A heartbeat is activity
      > `heartbeat` C→S `{active?: bool = true}`
      Given Ana and Ben are connected
      When Ana sends a heartbeat
      Then Ana's last activity is that heartbeat

    @presence/7.4 @should @spec_presence
    Example: An inactive heartbeat is not
      > `heartbeat {active: false}` only keeps the connection alive.
      Given Ana and Ben are connected
      When Ana sends an inactive heartbeat
      Then Ana's last activity is before that heartbeat

    @presence/7.5 @should @spec_presence
    Example: A heartbeat is nobody else's business
      > `heartbeat` C→S `{active?: bool = true}` → S→C `heartbeat_ack {timestamp}`.
      Given Ana and Ben are connected
      When Ana sends a heartbeat
      Then Ben hears nothing

    @presence/7.6 @should @spec_presence
    Example: Each heartbeat is activity, soon after it was sent
      > `last_active_at` may lag up to 10 s behind heartbeats; a status never lags.
      Given Ana and Ben are connected
      And Ana has sent some heartbeats
      When Ana sends a heartbeat
      Then Ana's last activity is that heartbeat within ten seconds

  Rule: The presence messages of a company are counted, without gaps

    @presence/8.1 @should @spec_presence
    Example: Each message has the next number
      > `seq` is one counter per tenant over all presence messages: no gaps, no reordering, on any node.
      Given Ben is connected
      When Ana connects
      And Ana sets herself busy
      And Ana says goodbye
      Then Ben has heard 3 presence messages with consecutive numbers

    @presence/8.2 @should @spec_presence
    Example: Lists, heartbeats and rooms take no number
      > `seq` is one counter per tenant over all presence messages: no gaps
      Given Ana and Ben are connected
      When Ana asks who is online
      And Ana sends a heartbeat
      And Ana joins "invoice:42"
      And Ana leaves "invoice:42"
      And Ana sets herself busy
      Then Ben has heard 1 presence message with the next number

    @presence/8.3 @should @spec_presence
    Example: The list carries the number of the last message before it
      > A list never arrives after a newer message; a message whose `seq` is not above the last list's is already in that list.
      Given Ana and Ben are connected
      And Ana is busy
      When Ben asks who is online
      Then the list has the number of the message that Ana is busy

    @presence/8.4 @should @spec_presence
    Example: The answer to an update has its number
      > update → the presence as it now is.
      Given Ana and Ben are connected
      When Ana sets herself busy
      Then the answer has the number that Ben hears

    @presence/8.5 @should @spec_presence
    Example: Each company counts for itself
      > `seq` is one counter per tenant over all presence messages
      Given Ana, Ben and Zoe are connected
      When Zoe sets herself busy
      And Ana sets herself busy
      Then Ben has heard 1 presence message with the next number

    @presence/8.6 @should @spec_presence
    Example: Whoever missed a message sees the gap, asks, and is right again
      > A client that sees a gap asks for `presence:list` and is right again.
      Given Ana, Ben and Cy are connected
      And the message that Ana is busy never reached Ben
      When Ana moves to page "/orders"
      Then Ben sees a gap
      And with the list that he asks for Ben sees what Cy sees

    @presence/8.7 @should @spec_presence
    Example: A list is never older than what came before it
      > A list never arrives after a newer message
      Given Ana and Ben are connected
      When Ana moves through 20 pages while Ben asks 20 times who is online
      Then no list that Ben got was older than a message before it
      And Ben knows the page that Ana is on
