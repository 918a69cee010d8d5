@notifications
Feature: Notifications
  A back end says that something needs somebody's attention. They hear of it at once, wherever they are
  connected, or find it when they come back; and they always know how many they have not read.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Whoever is notified hears of it once in every tab, and nobody else does

    @notifications/1.1 @must @seed_1_2 @spec_notifications
    Example: In every tab
      > S→C `notification {id, type, title, message, priority: low|normal|high|urgent, source_type, source_id, action_url, created_at}` to all of the user's connections on all nodes
      > and its user room
      Given Ana has two tabs open
      And Ben is connected
      When Ana is notified of "Invoice 42"
      Then Ana hears of "Invoice 42" once
      And every tab of Ana shows 1 unread
      And Ben hears of no notification

    @notifications/1.2 @should @spec_notifications
    Example: In the order in which they were made
      > to all of the user's connections on all nodes
      Given Ana is connected
      When Ana is notified of "A"
      And Ana is notified of "B"
      And Ana is notified of "C"
      Then Ana hears of "A", "B", "C", in that order
      And Ana is told of 3 unread

    @notifications/1.3 @should @spec_notifications @ruling_scoped_rooms
    Example: Not somebody of the same id at another company
      > kept 30 days, per user and tenant.
      Given Anna works at "globex", under Ana's id
      And Ana and Anna are connected
      When Ana is notified of "Invoice 42"
      Then Ana hears of "Invoice 42" once
      And Anna hears of no notification
      And Anna has no notification

    @notifications/1.4 @must @seed_1_2 @spec_notifications
    Example: Whoever is away finds it later
      > offline users find it later.
      Given Ben is connected
      When Ana is notified of "Invoice 42"
      And Ana connects
      And Ana asks how many are unread
      Then Ana is answered that 1 are unread
      And Ana has the notifications "Invoice 42"
      And Ana hears of nothing new, and 1 unread

  Rule: A notification says what it is about, and what it does not say is null

    @notifications/2.1 @must @seed_1_2 @spec_notifications
    Example: Everything
      > S→C `notification {id, type, title, message, priority: low|normal|high|urgent, source_type, source_id, action_url, created_at}`
      > A notification here also has `is_read`, `read_at`.
      Given Ana is connected
      When Ana is notified of "Invoice 42" with {"type":"invoice.approval","message":"Ünread\nstill","priority":"urgent","source_type":"invoice","source_id":42,"action_url":"/invoices/42?tab=lines#2"}
      Then the notification that Ana hears has {"type":"invoice.approval","title":"Invoice 42","message":"Ünread\nstill","priority":"urgent","source_type":"invoice","source_id":"42","action_url":"/invoices/42?tab=lines#2"}
      And the back end is answered with {"title":"Invoice 42","is_read":false,"read_at":null,"source_id":"42"}

    @notifications/2.2 @must @seed_1_2 @spec_notifications @ruling_times_and_null
    Example: Nothing but what must be
      > An unset optional value is `null`, never `''`. … `priority` normal if absent.
      Given Ana is connected
      When Ana is notified of "Invoice 42"
      Then the notification that Ana hears has {"type":"note","title":"Invoice 42","message":null,"priority":"normal","source_type":null,"source_id":null,"action_url":null}

    @notifications/2.3 @should @spec_notifications
    Scenario Outline: At the bounds: <what>
      > `type` 1–50, `title` 1–255, `message` ≤ 4,000, `action_url` ≤ 500 characters: a path from `/` or an https URL, never another scheme.
      Given Ana is connected
      When Ana is notified of "Invoice 42" with <what>
      Then Ana hears of "Invoice 42" once

      Examples:
        | what                            |
        | {"priority":"low"}              |
        | {"priority":"high"}             |
        | {"message":null,"priority":null} |
        | {"expires_in":2592000}          |
        | a type of 50 characters         |
        | a message of 4000 characters    |
        | an action_url of 500 characters |
        | {"action_url":"/"}              |
        | {"action_url":"https://example.com/a?b=c#d"} |

    @notifications/2.4 @should @spec_notifications
    Example: Past the bounds
      > `type` 1–50, `title` 1–255, `message` ≤ 4,000, `action_url` ≤ 500 characters
      Given Ana is connected
      When it is refused to notify Ana, each at its place:
        | payload                              | path         |
        | {"type":""}                          | /type        |
        | a type of 51 characters              | /type        |
        | {"title":""}                         | /title       |
        | a title of 256 characters            | /title       |
        | a message of 4001 characters         | /message     |
        | {"message":""}                       | /message     |
        | {"priority":"critical"}              | /priority    |
        | {"source_type":"an invoice"}         | /source_type |
        | {"source_id":"4/2"}                  | /source_id   |
        | {"source_id":4.5}                    | /source_id   |
        | {"expires_in":0}                     | /expires_in  |
        | {"expires_in":2592001}               | /expires_in  |
        | {"user_id":""}                       | /user_id     |
        | {"user_id":"{ana}"}                  | /user_id     |
        | {"tenant_id":"globex"}               |              |
        | an action_url of 501 characters      | /action_url  |
      Then Ana hears of no notification
      And Ana has no notification

    @notifications/2.5 @should @spec_notifications
    Example: Where a notification may not lead
      > `action_url` ≤ 500 characters: a path from `/` or an https URL, never another scheme.
      Given Ana is connected
      When it is refused to notify Ana, each at its place:
        | payload                                        | path        |
        | {"action_url":""}                              | /action_url |
        | {"action_url":"invoices/42"}                   | /action_url |
        | {"action_url":"javascript:alert(1)"}           | /action_url |
        | {"action_url":"JavaScript:alert(1)"}           | /action_url |
        | {"action_url":"data:text/html,x"}              | /action_url |
        | {"action_url":"http://example.com"}            | /action_url |
        | {"action_url":"https://"}                      | /action_url |
        | {"action_url":"//example.com"}                 | /action_url |
        | {"action_url":"/\\\\example.com"}              | /action_url |
        | {"action_url":"/\\t/example.com"}              | /action_url |
        | {"action_url":"/\\n/example.com"}              | /action_url |
        | {"action_url":" /invoices"}                    | /action_url |
        | {"action_url":"/geschäft"}                     | /action_url |
      Then Ana hears of no notification

  Rule: How many are unread is told to every tab whenever it changes

    @notifications/3.1 @must @seed_1_2 @spec_notifications
    Example: One is read
      > `notification:read` C→S `{notification_id}` or `{all: true}` → S→C `notification:count {count}` to all of the user's connections.
      Given Ana has two tabs open
      And Ana was notified of "A"
      And Ana was notified of "B"
      When Ana reads "A"
      Then every tab of Ana shows 1 unread
      And Ana is answered that 1 are unread
      And Ana has the unread notifications "B"
      And Ana has the notifications "B", "A"

    @notifications/3.2 @should @spec_notifications
    Example: Reading it again changes nothing
      > `notification:read` C→S `{notification_id}` or `{all: true}` → S→C `notification:count {count}` to all of the user's connections.
      Given Ana is connected
      And Ana was notified of "A"
      And Ana was notified of "B"
      And Ana has read "A"
      When Ana reads "A"
      Then Ana is answered that 1 are unread
      And Ana is told of 1 unread

    @notifications/3.3 @must @seed_1_2 @spec_notifications
    Example: All are read
      > `notification:read` C→S `{notification_id}` or `{all: true}` → S→C `notification:count {count}` to all of the user's connections.
      Given Ana has two tabs open
      And Ana was notified 3 times
      When Ana reads everything
      Then every tab of Ana shows 0 unread
      And Ana is answered that 0 are unread
      And Ana has 3 notifications, 0 of them unread

    @notifications/3.4 @should @spec_notifications
    Example: All were read
      > `notification:read` C→S `{notification_id}` or `{all: true}` → S→C `notification:count {count}` to all of the user's connections.
      Given Ana is connected
      When Ana reads everything
      Then Ana is answered that 0 are unread
      And Ana is told of 0 unread

    @notifications/3.5 @should @rest @spec_rest
    Example: Read over REST
      > `PUT notifications/<id>/read` · `PUT notifications/read-all` (`marked_count`) … S→C `notification:count {count}` to all of the user's connections.
      Given Ana has two tabs open
      And Ana was notified of "A"
      And Ana was notified of "B"
      When Ana reads "A" over REST
      Then every tab of Ana shows 1 unread
      When Ana reads everything over REST
      Then every tab of Ana shows 0 unread

    @notifications/3.6 @should @rest @spec_rest
    Example: An unread one is deleted
      > `DELETE notifications/<id>` … S→C `notification:count {count}` to all of the user's connections.
      Given Ana has two tabs open
      And Ana was notified of "A"
      And Ana was notified of "B"
      When Ana deletes "A"
      Then every tab of Ana shows 1 unread
      And Ana has the notifications "B"

    @notifications/3.7 @should @rest @spec_rest
    Example: One is deleted that was read
      > `DELETE notifications/<id>`
      Given Ana is connected
      And Ana was notified of "A"
      And Ana has read "A"
      When Ana deletes "A"
      Then Ana hears of no notification
      And Ana has no notification

    @notifications/3.8 @must @seed_1_2 @spec_notifications
    Example: Only who asks is told when nothing changes
      > `notification:count` C→S → S→C `{count}`.
      Given Ana has two tabs open
      And Ana was notified of "A"
      When Ana asks how many are unread
      Then Ana is answered that 1 are unread
      And the second tab of Ana hears nothing

  Rule: A notification is its user's alone

    @notifications/4.1 @should @spec_notifications
    Scenario Outline: <whose> was notified
      > Another's id: `not_found`.
      Given Ana is connected
      And Ana was notified of "A"
      And <whose> was notified of "B"
      When Ana reads the notification that is not hers
      Then Ana is refused with "not_found"
      When Ana deletes over REST the notification that is not hers
      Then the request is refused with "not_found"
      When Ana reads over REST the notification that is not hers
      Then the request is refused with "not_found"
      And Ana has the unread notifications "A"
      And <whose> has the unread notifications "B"

      Examples:
        | whose |
        | Ben   |
        | Zoe   |

    @notifications/4.2 @should @spec_notifications
    Example: There never was one
      > Another's id: `not_found`.
      Given Ana is connected
      When Ana reads the notification that was never made
      Then Ana is refused with "not_found"
      When Ana deletes over REST the notification that was never made
      Then the request is refused with "not_found"

    @notifications/4.3 @should @spec_notifications
    Example: It was deleted
      > Another's id: `not_found`.
      Given Ana is connected
      And Ana was notified of "A"
      And Ana has deleted "A"
      When Ana reads the notification that was deleted
      Then Ana is refused with "not_found"
      When Ana deletes over REST the notification that was deleted
      Then the request is refused with "not_found"

    @notifications/4.4 @should @spec_notifications
    Example: Which one has been read is said clearly, or refused
      > `invalid_payload` (details: `path`, `reason`) … `notification:read` C→S `{notification_id}` or `{all: true}`
      Given Ana is connected
      When what Ana sends as "notification:read" is refused, each at its place:
        | payload                             | path             |
        | {}                                  |                  |
        | {"all":false}                       | /all             |
        | {"all":true,"notification_id":"a"}  |                  |
        | {"notification_id":5}               | /notification_id |
        | {"notification_id":""}              | /notification_id |
        | {"notification_id":"a b"}           | /notification_id |
        | {"id":"a"}                          |                  |
      And what Ana sends as "notification:count" is refused, each at its place:
        | payload            | path |
        | {"user_id":"ben"}  |      |
        | []                 |      |
      Then Ana hears of no notification

  Rule: A notification ends by itself

    @notifications/5.1 @should @spec_notifications @slow
    Example: Its time is over
      > kept 30 days, per user and tenant.
      Given Ana has two tabs open
      And Ana was notified of "Stays"
      When Ana is notified of "Ends" with {"expires_in":1}
      Then Ana hears of "Ends" once
      And Ana sees it end, and 1 unread
      And Ana has the notifications "Stays"
      When Ana reads the notification that has ended
      Then Ana is refused with "not_found"

    @notifications/5.2 @should @spec_notifications @slow
    Example: Nobody was there
      > kept 30 days, per user and tenant.
      Given Ana was notified of "Ends", for 1 second
      And Ana was notified of "Stays"
      When Ana waits until "Ends" has ended
      Then Ana has 1 notifications, 1 of them unread

  Rule: A user has a thousand notifications at most; the oldest that was read goes first, then the oldest

    @notifications/6.1 @should @spec_notifications @slow
    Example: One more
      > kept 30 days, per user and tenant.
      > `GET notifications/unread/count`
      Given Ana was notified of "Read"
      And Ana was notified of "Unread"
      And Ana is connected
      And Ana has read "Read"
      When Ana is notified 999 times in a hurry
      Then Ana has 1000 notifications, 1000 of them unread
      And the oldest notification of Ana is "Unread"
      When Ana is notified of "One more"
      Then Ana has 1000 notifications, 1000 of them unread
      And the oldest notification of Ana is not "Unread"

  Rule: A back end may say the same again

    @notifications/7.1 @should @rest @spec_rest
    Example: Under one key it happens once
      > `POST notifications` (service)
      Given Ana is connected
      When Ana is notified of "A" under the key "k 1"
      And Ana is notified of "A" under the key "k 1"
      Then it is the same notification as before
      And Ana hears of "A" once
      And Ana has the notifications "A"

    @notifications/7.2 @should @rest @spec_rest
    Example: A key is for one notification
      > `POST notifications` (service)
      Given Ana is connected
      And Ana was notified of "A" under the key "k"
      When Ana is notified of "B" under the key "k"
      Then the request is refused with "conflict"
      And Ana hears of no notification

    @notifications/7.3 @should @rest @spec_rest
    Example: A key is for one user
      > `POST notifications` (service)
      Given Ana was notified of "A" under the key "k"
      When Ben is notified of "A" under the key "k"
      Then Ana has the notifications "A"
      And Ben has the notifications "A"

  Rule: Only back ends notify

    @notifications/8.1 @should @rest @spec_rest
    Example: A user tries
      > `POST notifications` (service)
      Given Ben is connected
      When Ana tries to notify Ben
      Then the request is refused with "forbidden"
      And Ben hears of no notification

    @notifications/8.2 @should @spec_notifications
    Example: A user tries on the socket
      > Made by back ends (Python API, REST with role `service`)
      Given Ana and Ben are connected
      When Ana sends "notification" with {"user_id":"ben","type":"note","title":"Hello"}
      Then Ana is refused with "unknown_event"
      And Ben hears of no notification

  Rule: Notifications are listed newest first, page by page

    @notifications/9.1 @should @rest @spec_rest
    Example: Pages
      > `GET notifications` (`unread_only`, `limit` ≤ 100, `offset`)
      Given Ana was notified of "A"
      And Ana was notified of "B"
      And Ana was notified of "C"
      And Ana was notified of "D"
      And Ana was notified of "E"
      Then page by page, 2 at a time, these are "E", "D", "C", "B", "A"
      And page by page, 5 at a time, these are "E", "D", "C", "B", "A"
