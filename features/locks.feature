@locks
Feature: Locks
  Whoever is about to write something longer reserves the place in the document: for a while nobody else
  can write there, above it or below it. A lock is a user's, not a tab's, and never outlasts its time.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: A place of the document can be locked, with everything below it

    @locks/1.1 @must @seed_1_2
    Example: A user locks a place
      > `doc:lock` C→S `{room_id, path? = "", ttl? = 30 (5–300)}` → ack `{ok, lock}` … Any change, expiry included → S→C to the room `doc:lock_status {room_id, locks: [{path, user_id, user_name, acquired_at, expires_at}]}`
      > lock → `lock`
      Given Ana and Ben are editing "invoice:42"
      When Ana locks "/total"
      Then Ana and Ben see the locks: Ana's on "/total"
      And Ben has heard it once
      And the answer is the lock on "/total"
      And the lock lasts 30 seconds

    @locks/1.2 @should @spec_documents
    Example: A user locks everything
      > `doc:lock` C→S `{room_id, path? = "", ttl? = 30 (5–300)}` → ack `{ok, lock}`; `path` is a JSON Pointer, a lock covers everything below it.
      Given Ana and Ben are editing "invoice:42"
      When Ana locks the whole document
      Then Ana and Ben see the locks: Ana's on ""
      And the answer is the lock on ""

    @locks/1.3 @should @spec_documents
    Example: A lock lasts as long as asked
      > `doc:lock` C→S `{room_id, path? = "", ttl? = 30 (5–300)}`
      Given Ana and Ben are editing "invoice:42"
      When Ana locks "/a" for 5 seconds
      Then the lock lasts 5 seconds
      When Ana locks "/b" for 300 seconds
      Then the lock lasts 300 seconds

    @locks/1.4 @should @spec_documents
    Example: Locks are sorted by place
      > S→C to the room `doc:lock_status {room_id, locks: [{path, user_id, user_name, acquired_at, expires_at}]}`
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/b/0"
      And Ben has locked "/a~1b"
      When Ana locks "/b/1"
      Then Ana and Ben see the locks: Ben's on "/a~1b", Ana's on "/b/0", Ana's on "/b/1"

    @locks/1.5 @should @spec_documents
    Example: Only the room sees them
      > S→C to the room `doc:lock_status {room_id, locks: [{path, user_id, user_name, acquired_at, expires_at}]}`
      Given Ana and Ben are editing "invoice:42"
      And Cy is editing "invoice:43"
      When Ana locks "/total"
      Then Ben sees the locks: Ana's on "/total"
      And Cy hears of no lock

    @locks/1.6 @should @spec_documents
    Scenario Outline: With Ana's lock on "<mine>", Ben's on "<his>" is refused
      > `locked` (details: the lock) … A lock by another user on an overlapping path fails: `locked`.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "<mine>"
      When Ben locks "<his>"
      Then Ben is refused, for Ana has locked "<mine>"
      And Ana hears of no lock

      Examples:
        | mine | his    |
        | /a   | /a     |
        | /a   | /a/b/0 |
        | /a/b | /a     |
        |      | /a     |
        | /a   |        |

    @locks/1.7 @should @spec_documents
    Scenario Outline: With Ana's lock on "<mine>", Ben may lock "<his>"
      > a lock covers everything below it. … A lock by another user on an overlapping path fails: `locked`.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "<mine>"
      When Ben locks "<his>"
      Then Ana and Ben see the locks: Ana's on "<mine>", Ben's on "<his>"

      Examples:
        | mine    | his     |
        | /a      | /ab     |
        | /list/0 | /list/1 |

    @locks/1.8 @should @spec_documents
    Example: One's own locks may overlap
      > A lock by another user on an overlapping path fails: `locked`.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ana locks "/a/b"
      And Ana locks the whole document
      Then Ben sees the locks: Ana's on "", Ana's on "/a", Ana's on "/a/b"

    @locks/1.9 @should @spec_documents
    Example: What cannot be locked, or unlocked, or asked for
      > `invalid_payload` (details: `path`, `reason`) … `doc:lock` C→S `{room_id, path? = "", ttl? = 30 (5–300)}` … `doc:unlock` C→S `{room_id, path?}` … C→S `doc:lock_status {room_id}` asks for it.
      Given Ana and Ben are editing "invoice:42"
      When what Ana sends as "doc:lock" is refused, each at its place:
        | payload                                   | path     |
        | {"room_id":"invoice:42","ttl":4}          | /ttl     |
        | {"room_id":"invoice:42","ttl":301}        | /ttl     |
        | {"room_id":"invoice:42","ttl":7.5}        | /ttl     |
        | {"room_id":"invoice:42","ttl":"30"}       | /ttl     |
        | {"room_id":"invoice:42","ttl":null}       | /ttl     |
        | {"room_id":"invoice:42","path":"a"}       | /path    |
        | {"room_id":"invoice:42","path":"/~2"}     | /path    |
        | {"room_id":"invoice:42","path":null}      | /path    |
        | a path of 1025 characters                 | /path    |
        | {"room_id":"invoice:42","user_id":"ben"}  |          |
        | {"room_id":"invoice"}                     | /room_id |
      And what Ana sends as "doc:unlock" is refused, each at its place:
        | payload                                   | path     |
        | {"room_id":"invoice:42","path":"a"}       | /path    |
        | {"room_id":"invoice:42","ttl":5}          |          |
      And what Ana sends as "doc:lock_status" is refused, each at its place:
        | payload                                   | path     |
        | {"room_id":"invoice:42","path":"/a"}      |          |
        | {"room_id":7}                             | /room_id |
      Then Ben hears of no lock

    @locks/1.10 @should @spec_documents
    Example: A user has 20 locks in a room at most
      > `limit_exceeded` (details: `limit`)
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked 20 places
      When Ana locks "/one/more"
      Then Ana is refused with "limit_exceeded"
      And the limit is said to be 20
      When Ana locks "/place20"
      Then that is accepted
      When Ben locks "/one/more"
      Then that is accepted

  Rule: Nobody else can write where a lock is

    @locks/2.1 @should @spec_documents
    Scenario Outline: With a lock on "<place>", <patch>
      > An edit that touches a path locked by another user fails: `locked`, decided in the same atomic step as the edit.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"b":1,"list":[1,2]}
      And Ana has locked "<place>"
      When Ben edits <patch>
      Then Ben is refused, for Ana has locked "<place>"
      And Ana hears of no edit
      And the document is as it was

      Examples:
        | place   | patch                                                                              |
        | /a      | [{"op":"replace","path":"/a/x","value":9}]                                         |
        | /a/x    | [{"op":"remove","path":"/a"}]                                                      |
        | /a      | [{"op":"replace","path":"","value":{}}]                                            |
        | /a      | [{"op":"move","from":"/a/x","path":"/c"}]                                          |
        | /b      | [{"op":"copy","from":"/a","path":"/b"}]                                            |
        | /list/0 | [{"op":"add","path":"/list/-","value":3}]                                          |
        | /a      | [{"op":"replace","path":"/b","value":2},{"op":"replace","path":"/a/x","value":9}]  |

    @locks/2.2 @should @spec_documents
    Scenario Outline: With a lock on "<place>", <patch> is right
      > a lock covers everything below it. … An edit that touches a path locked by another user fails: `locked`
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"ab":1,"list":[1,2]}
      And Ana has locked "<place>"
      When Ben edits <patch>
      Then that edit is version 2
      And Ana gets that edit as version 2

      Examples:
        | place   | patch                                                                              |
        | /a      | [{"op":"replace","path":"/ab","value":2}]                                          |
        | /a/x    | [{"op":"replace","path":"/a/y","value":9}]                                         |
        | /list/0 | [{"op":"replace","path":"/list/1","value":9}]                                      |
        | /a      | [{"op":"test","path":"/a/x","value":1},{"op":"copy","from":"/a","path":"/c"}]      |

    @locks/2.3 @must @seed_1_2
    Example: The holder can, in all tabs
      > An edit that touches a path locked by another user fails: `locked`
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      And Ana has locked "/a"
      When the second tab of Ana sets "/a" to 1
      Then that edit is version 1
      And Ben gets that edit as version 1
      And Ben hears of no lock

  Rule: The holder can make a lock last longer

    @locks/3.1 @should @spec_documents
    Example: In the same tab
      > A second lock by the holder renews the first.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ana locks "/a" for 60 seconds
      Then it is the same lock, with a later end
      And Ana and Ben see the locks: Ana's on "/a"
      And the answer is the lock on "/a"
      And Ben has heard it once

    @locks/3.2 @should @spec_documents
    Example: In another tab
      > A second lock by the holder renews the first.
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      And Ana has locked "/a"
      When the second tab of Ana locks "/a" for 60 seconds
      Then it is the same lock, with a later end

  Rule: A lock ends when the holder says so

    @locks/4.1 @must @seed_1_2
    Example: The holder unlocks
      > `doc:unlock` C→S `{room_id, path?}`: holder only. Any change, expiry included → S→C to the room `doc:lock_status {room_id, locks: [{path, user_id, user_name, acquired_at, expires_at}]}`
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      And Ana has locked "/b"
      When Ana unlocks "/a"
      Then Ana and Ben see the locks: Ana's on "/b"
      And the answer has the room and its locks
      And Ben has heard it once

    @locks/4.2 @should @spec_documents
    Example: The holder unlocks everything in another tab
      > `doc:unlock` C→S `{room_id, path?}`: holder only. … Locks end with unlock, leave, goodbye and expiry
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      And Ana has locked ""
      When the second tab of Ana unlocks ""
      Then Ana and Ben see no lock

    @locks/4.3 @should @spec_documents
    Example: What is unlocked can be written and locked by others
      > Locks end with unlock, leave, goodbye and expiry
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked the whole document
      When Ana unlocks the whole document
      And Ben locks "/a"
      And Ben sets "/a" to 1
      Then that edit is version 1
      And Ana sees the locks: Ben's on "/a"

    @locks/4.4 @should @spec_documents
    Example: Another's lock is not one's own to end
      > `locked` (details: the lock) … `doc:unlock` C→S `{room_id, path?}`: holder only.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ben unlocks "/a"
      Then Ben is refused, for Ana has locked "/a"
      And Ana hears of no lock

    @locks/4.5 @should @spec_documents
    Scenario Outline: On "<place>" there is no lock that could end
      > `not_found` … `doc:unlock` C→S `{room_id, path?}`: holder only.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ana unlocks "<place>"
      Then Ana is refused with "not_found"
      And no details are given
      And Ana and Ben hear of no lock

      Examples:
        | place |
        | /b    |
        | /a/x  |
        |       |

  Rule: Whoever is in the room may ask which locks there are

    @locks/5.1 @must @seed_1_2
    Example: There are some
      > C→S `doc:lock_status {room_id}` asks for it.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ben asks for the locks
      Then Ben sees the locks: Ana's on "/a"
      And the answer has the room and its locks
      And Ana hears of no lock

    @locks/5.2 @should @spec_documents @single
    Example: There is none
      > C→S `doc:lock_status {room_id}` asks for it.
      Given Ana is in "invoice:42"
      When Ana asks for the locks
      Then the answer has the room and its locks
      And Ana sees no lock

    @locks/5.3 @should @spec_documents
    Example: They come with the document
      > `doc:sync` C→S `{room_id, since_version?, epoch?}` → S→C `{room_id, version, epoch, content, changes, locks}`
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ben asks for the document
      Then the document that Ben gets comes with the locks: Ana's on "/a"

  Rule: A lock ends with its time, or when its holder has left

    @locks/6.1 @should @spec_documents @slow
    Example: Its time is over
      > Any change, expiry included → S→C to the room `doc:lock_status {room_id, locks: [{path, user_id, user_name, acquired_at, expires_at}]}` … Locks end with unlock, leave, goodbye and expiry
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a" for 5 seconds
      When Ben asks for the locks
      Then Ana and Ben see the lock end when its time is over
      And Ana has heard it once
      When Ben sets "/a" to 1
      Then that edit is version 1
      When Ben locks "/a"
      Then Ana and Ben see the locks: Ben's on "/a"

    @locks/6.2 @should @spec_documents
    Scenario Outline: The holder <goes>
      > Locks end with unlock, leave, goodbye and expiry
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      And Ana has locked "/b"
      When Ana <goes>
      Then Ben sees no lock
      And Ben has heard it once

      Examples:
        | goes                |
        | leaves "invoice:42" |
        | says goodbye        |

    @locks/6.3 @should @spec_documents
    Example: One of the holder's tabs leaves
      > when the user's last connection in the room leaves. … Locks end with unlock, leave, goodbye and expiry
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      And Ana has locked "/a"
      When Ana leaves "invoice:42" in one tab
      Then Ben hears of no lock
      And Ben sees the locks: Ana's on "/a"

    @locks/6.4 @should @spec_documents
    Example: All of the holder's tabs leave
      > when the user's last connection in the room leaves. … Locks end with unlock, leave, goodbye and expiry
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      And Ana has locked "/a"
      When Ana leaves "invoice:42" in both tabs
      Then Ben sees no lock
      And Ben has heard it once

    @locks/6.5 @should @spec_documents
    Example: The tab in the room says goodbye, and the holder stays online
      > Locks end with unlock, leave, goodbye and expiry
      Given Ben is editing "invoice:42"
      And Ana has a second tab open
      And the second tab of Ana is in "invoice:42"
      And the second tab of Ana has locked "/a"
      When the second tab of Ana closes
      Then Ben sees no lock

    @locks/6.6 @should @spec_documents @ruling_leave_all_rooms @slow
    Example: Whoever lost the transport finds their lock when they come back
      > A connection that ends for any reason leaves all its rooms, at once, with the broadcasts. … Locks end with unlock, leave, goodbye and expiry; a lost transport leaves them to expire so that the same user can come back to them.
      Given Ana and Ben are editing "invoice:42"
      And Ana has locked "/a"
      When Ana loses the transport
      Then Ben sees Ana leave "invoice:42"
      And Ben hears of no lock
      When Ben sets "/a" to 1
      Then Ben is refused, for Ana has locked "/a"
      When Ana comes back
      And Ana joins "invoice:42"
      And Ana sets "/a" to 2
      Then that edit is version 1
      When Ana locks "/a" for 60 seconds
      Then it is the same lock, with a later end
      When Ana unlocks "/a"
      Then Ben sees no lock

  Rule: Locks stay inside the company

    @locks/7.1 @should @spec_documents @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name has its own locks
      > Two tenants' equal room_ids are two rooms … An edit that touches a path locked by another user fails: `locked`
      Given Ana and Ben are editing "invoice:42"
      And Zoe is editing "invoice:42"
      When Ana locks the whole document
      And Zoe sets "/a" to 1
      Then that edit is version 1
      And Ben sees the locks: Ana's on ""
      And Zoe hears of no lock

  Rule: A lock is no activity

    @locks/8.1 @should @presence @spec_presence @slow
    Example: Whoever only locks and unlocks stays away
      > | now | heartbeat, cursor, typing, edit, join | … | away, set by the server | online | online | that status |
      Given Ana and Ben are editing "invoice:42"
      And Ana is away for inactivity
      When Ana locks "/a"
      And Ana asks for the locks
      And Ana unlocks "/a"
      Then everybody sees Ana as away
      And Ben hears of no change of Ana's status
