@documents
Feature: Documents
  A room has a document that all who are in it edit at once. Edits make its versions 1, 2, 3 and so on, the same
  ones for everybody; edits of different places are merged, and whoever has missed some is told which.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: An edit makes the next version, and all others in the room get it

    @documents/1.1 @must @seed_1_2
    Example: The first edit
      > Ack `{ok, version, epoch}`; S→C to the others `{room_id, version, epoch, user_id, user_name, changes, edit_id}`. Versions are 1, 2, 3 … without gaps, and every member gets them in order.
      > edit → `version`
      Given Ana, Ben and Cy are editing "invoice:42"
      When Ana sets "/total" to 5
      Then that edit is version 1
      And Ben and Cy get that edit as version 1
      And the document is {"total":5} at version 1
      And Ana hears of no edit

    @documents/1.2 @should @spec_documents
    Example: The next one, by somebody else
      > Versions are 1, 2, 3 … without gaps, and every member gets them in order.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"total":5}
      When Ben sets "/total" to 6
      Then that edit is version 2
      And Ana gets that edit as version 2
      And the document is {"total":6} at version 2

    @documents/1.3 @should @spec_documents
    Example: The editor's other tab gets it, too
      > S→C to the others `{room_id, version, epoch, user_id, user_name, changes, edit_id}`. Versions are 1, 2, 3 … without gaps, and every member gets them in order.
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      When Ana sets "/total" to 5
      Then the other tab of Ana gets that edit as version 1
      And Ben gets that edit as version 1

    @documents/1.4 @should @spec_documents
    Example: Whoever is in the room gets it, also without having asked for the document
      > Versions are 1, 2, 3 … without gaps, and every member gets them in order.
      Given Ana is editing "invoice:42"
      And Ben is in "invoice:42"
      When Ana sets "/total" to 5
      Then Ben gets that edit as version 1

    @documents/1.5 @should @spec_documents @ruling_scoped_rooms
    Example: Only the room gets it
      > Two tenants' equal room_ids are two rooms … Documents (members only) … S→C to the others `{room_id, version, epoch, user_id, user_name, changes, edit_id}`.
      Given Ana and Ben are editing "invoice:42"
      And Cy is editing "invoice:43"
      And Zoe is editing "invoice:42"
      When Ana sets "/total" to 5
      Then Ben gets that edit as version 1
      And Cy and Zoe hear of no edit

    @documents/1.6 @should @spec_documents
    Scenario Outline: What an edit may do: <what>
      > `changes` = JSON Patch (RFC 6902: add, remove, replace, test, move, copy)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1},"list":[1,2],"q/~":true}
      When Ana edits <patch>
      Then that edit is version 2
      And Ben gets that edit as version 2
      And the document is <document> at version 2

      Examples:
        | what                    | patch                                                  | document                                            |
        | add to an array's end   | [{"op":"add","path":"/list/-","value":3}]              | {"a":{"x":1},"list":[1,2,3],"q/~":true}             |
        | remove                  | [{"op":"remove","path":"/a/x"}]                        | {"a":{},"list":[1,2],"q/~":true}                    |
        | replace                 | [{"op":"replace","path":"/a","value":[1.5,"é",{}]}]    | {"a":[1.5,"é",{}],"list":[1,2],"q/~":true}          |
        | replace everything      | [{"op":"replace","path":"","value":{"z":1}}]           | {"z":1}                                             |
        | move                    | [{"op":"move","from":"/a/x","path":"/y"}]              | {"a":{},"list":[1,2],"q/~":true,"y":1}              |
        | copy                    | [{"op":"copy","from":"/a","path":"/a/x"}]              | {"a":{"x":{"x":1}},"list":[1,2],"q/~":true}         |
        | escaped names           | [{"op":"replace","path":"/q~1~0","value":false}]       | {"a":{"x":1},"list":[1,2],"q/~":false}              |
        | an empty name           | [{"op":"add","path":"/","value":1}]                    | {"a":{"x":1},"list":[1,2],"q/~":true,"":1}          |
        | one thing after another | [{"op":"add","path":"/a/y","value":2},{"op":"move","from":"/a/y","path":"/y"},{"op":"remove","path":"/a"}] | {"list":[1,2],"q/~":true,"y":2} |

    @documents/1.7 @should @spec_documents
    Example: A thousand operations are one edit
      > `changes` = JSON Patch (RFC 6902: add, remove, replace, test, move, copy) … sizes by schema.
      Given Ana and Ben are editing "invoice:42"
      When Ana edits with a patch of 1000 operations
      Then Ben gets that edit as version 1
      And the document is {"n":999} at version 1

    @documents/1.8 @should @spec_documents
    Example: Two people edit at the same time, and all have the same in the end
      > Versions are 1, 2, 3 … without gaps, and every member gets them in order. An edit on an older base is merged when its paths are disjoint from all edits since
      Given Ana, Ben and Cy are editing "invoice:42"
      When Ana and Ben edit 10 times each at the same time
      Then the document is {"Ana":10,"Ben":10} at version 20

  Rule: An edit that does not fit changes nothing

    @documents/2.1 @should @spec_documents
    Example: What is no patch
      > `invalid_payload` (details: `path`, `reason`) … `changes` = JSON Patch (RFC 6902: add, remove, replace, test, move, copy)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | []                                                       | /changes           |
        | [7]                                                      | /changes/0         |
        | [{"op":"increment","path":"/a/x"}]                       | /changes/0/op      |
        | [{"path":"/a/x","value":1}]                              | /changes/0         |
        | [{"op":"add","path":"/b"}]                               | /changes/0         |
        | [{"op":"move","path":"/b"}]                              | /changes/0         |
        | [{"op":"remove","path":"/a","value":1}]                  | /changes/0         |
        | [{"op":"add","path":"a","value":1}]                      | /changes/0/path    |
        | [{"op":"add","path":"/a~2","value":1}]                   | /changes/0/path    |
        | [{"op":"add","path":["a"],"value":1}]                    | /changes/0/path    |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.2 @should @spec_documents
    Example: The place is not there
      > `changes` = JSON Patch (RFC 6902: add, remove, replace, test, move, copy) … All or nothing: a patch that fails applies no part.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"replace","path":"/b","value":1}]                 | /changes/0/path    |
        | [{"op":"remove","path":"/b"}]                            | /changes/0/path    |
        | [{"op":"add","path":"/b/c","value":1}]                   | /changes/0/path    |
        | [{"op":"add","path":"/text/x","value":1}]                | /changes/0/path    |
        | [{"op":"add","path":"/yes/0","value":1}]                 | /changes/0/path    |
        | [{"op":"add","path":"/list/4","value":1}]                | /changes/0/path    |
        | [{"op":"replace","path":"/list/3","value":1}]            | /changes/0/path    |
        | [{"op":"replace","path":"/list/-","value":1}]            | /changes/0/path    |
        | [{"op":"replace","path":"/list/01","value":1}]           | /changes/0/path    |
        | [{"op":"add","path":"/list/-1","value":1}]               | /changes/0/path    |
        | [{"op":"add","path":"/list/one","value":1}]              | /changes/0/path    |
        | [{"op":"copy","from":"/b","path":"/c"}]                  | /changes/0/from    |
        | [{"op":"move","from":"/list/3","path":"/c"}]             | /changes/0/from    |
        | [{"op":"move","from":"/a","path":"/a/x/z"}]              | /changes/0/path    |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.3 @should @spec_documents
    Example: A test fails
      > `changes` = JSON Patch (RFC 6902: add, remove, replace, test, move, copy) … All or nothing: a patch that fails applies no part.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"test","path":"/a/x","value":2}]                  | /changes/0/value   |
        | [{"op":"test","path":"/b","value":1}]                    | /changes/0/value   |
        | [{"op":"test","path":"/a/x","value":true}]               | /changes/0/value   |
        | [{"op":"test","path":"/yes","value":1}]                  | /changes/0/value   |
        | [{"op":"test","path":"/a","value":{"x":true,"y":2}}]     | /changes/0/value   |
        | [{"op":"test","path":"/a/x","value":"1"}]                | /changes/0/value   |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.4 @should @spec_documents
    Example: The first part would fit
      > All or nothing: a patch that fails applies no part.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"remove","path":"/text"},{"op":"add","path":"/list/0","value":0},{"op":"remove","path":"/text"}] | /changes/2/path |
        | [{"op":"add","path":"/a/x","value":9},{"op":"test","path":"/a/x","value":1}] | /changes/1/value |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.5 @should @spec_documents
    Example: There would be no object any more
      > A room has one JSON document (object; starts `{}` at version 0).
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"replace","path":"","value":[]}]                  | /changes/0/path    |
        | [{"op":"remove","path":""}]                              | /changes/0/path    |
        | [{"op":"move","from":"/list","path":""}]                 | /changes/0/path    |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.6 @should @spec_documents
    Example: It would make a member that front ends trip over
      > Where this page and the seed are silent, the server does what a user of such a system expects, and the contract says so. … All or nothing: a patch that fails applies no part.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"add","path":"/__proto__","value":{}}]            | /changes/0/path    |
        | [{"op":"add","path":"/a/__proto__/admin","value":true}]  | /changes/0/path    |
        | [{"op":"copy","from":"/__proto__","path":"/b"}]          | /changes/0/from    |
        | [{"op":"add","path":"/b","value":[{"__proto__":{}}]}]    | /changes/0/value   |
      Then Ben hears of no edit
      And the document is as it was

    @documents/2.7 @should @spec_documents
    Scenario Outline: The edit is <what>
      > `invalid_payload` (details: `path`, `reason`) … sizes by schema.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana edits with <what>
      Then Ana is refused with "invalid_payload" at "<path>"
      And Ben hears of no edit
      And the document is as it was

      Examples:
        | what                            | path            |
        | a patch of 1001 operations      | /changes        |
        | a patch of 10000 operations     | /changes        |
        | a path of 1025 characters       | /changes/0/path |
        | a value that is nested 500 deep |                 |

    @documents/2.8 @should @spec_documents
    Example: What is no edit, and no question
      > `invalid_payload` (details: `path`, `reason`) … `doc:sync` C→S `{room_id, since_version?, epoch?}` … `doc:edit` C→S `{room_id, base_version, epoch?, changes, edit_id}`
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When what Ana sends as "doc:edit" is refused, each at its place:
        | payload | path |
        | {"room_id":"invoice:42","base_version":0,"changes":[{"op":"remove","path":"/a"}]} | |
        | {"room_id":"invoice:42","base_version":-1,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | /base_version |
        | {"room_id":"invoice:42","base_version":null,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | /base_version |
        | {"room_id":"invoice:42","base_version":0,"changes":{"op":"remove","path":"/a"},"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | /changes |
        | {"room_id":"invoice:42","base_version":0,"changes":[{"op":"remove","path":"/a"}],"edit_id":"1"} | /edit_id |
        | {"room_id":"invoice:42","base_version":0,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e000040008000000000000001"} | /edit_id |
        | {"room_id":"invoice:42","base_version":1,"epoch":null,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | /epoch |
        | {"room_id":"invoice:42","base_version":1,"epoch":7,"changes":[{"op":"remove","path":"/a"}],"edit_id":"6f1c1d2e-0000-4000-8000-000000000001"} | /epoch |
      And what Ana sends as "doc:sync" is refused, each at its place:
        | payload | path |
        | {"room_id":"invoice:42","since_version":-1} | /since_version |
        | {"room_id":"invoice:42","since_version":"1"} | /since_version |
        | {"room_id":"invoice:42","since_version":null} | /since_version |
        | {"room_id":"invoice:42","since_version":1,"epoch":""} | /epoch |
        | {"room_id":"invoice:42","since_version":1,"epoch":["a"]} | /epoch |
        | {"room_id":"invoice:42","version":1} | |
        | {"room_id":"a:b:c"} | /room_id |
      Then the document is as it was

  Rule: An edit on an older version is merged if it touches nothing that was edited since

    @documents/3.1 @should @spec_documents
    Scenario Outline: <first>, and meanwhile <second>
      > An edit on an older base is merged when its paths are disjoint from all edits since (array inserts and removals touch the whole array)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"b":1,"ab":1,"list":[1,2,3]}
      When Ben edits <first>
      And Ana edits <second> on version 1
      Then that edit is version 3
      And Ben gets that edit as version 3
      And the document is <document> at version 3

      Examples:
        | first                                             | second                                            | document                                                      |
        | [{"op":"replace","path":"/b","value":2}]          | [{"op":"replace","path":"/a/x","value":5}]        | {"a":{"x":5,"y":2},"b":2,"ab":1,"list":[1,2,3]}               |
        | [{"op":"replace","path":"/a/x","value":5}]        | [{"op":"remove","path":"/a/y"}]                   | {"a":{"x":5},"b":1,"ab":1,"list":[1,2,3]}                     |
        | [{"op":"replace","path":"/a","value":{}}]         | [{"op":"replace","path":"/ab","value":2}]         | {"a":{},"b":1,"ab":2,"list":[1,2,3]}                          |
        | [{"op":"replace","path":"/list/0","value":9}]     | [{"op":"replace","path":"/list/2","value":9}]     | {"a":{"x":1,"y":2},"b":1,"ab":1,"list":[9,2,9]}               |
        | [{"op":"add","path":"/list/0","value":0}]         | [{"op":"replace","path":"/b","value":2}]          | {"a":{"x":1,"y":2},"b":2,"ab":1,"list":[0,1,2,3]}             |
        | [{"op":"test","path":"/b","value":1}]             | [{"op":"test","path":"/b","value":1}]             | {"a":{"x":1,"y":2},"b":1,"ab":1,"list":[1,2,3]}               |
        | [{"op":"copy","from":"/b","path":"/c"}]           | [{"op":"copy","from":"/b","path":"/d"}]           | {"a":{"x":1,"y":2},"b":1,"ab":1,"list":[1,2,3],"c":1,"d":1}   |

    @documents/3.2 @should @spec_documents
    Scenario Outline: <first>, and meanwhile <second>, is a conflict
      > An edit on an older base is merged when its paths are disjoint from all edits since (array inserts and removals touch the whole array); else `version_conflict` with `details {version, epoch, changes: missed}`.
      > `version_conflict` (details: see doc:edit)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"b":1,"list":[1,2,3]}
      When Ben edits <first>
      And Ana edits <second> on version 1
      Then Ana is refused with "version_conflict"
      And Ana is told that the document is at version 2, and of the edits from 2 on

      Examples: the same place, above it, below it
        | first                                             | second                                            |
        | [{"op":"replace","path":"/b","value":2}]          | [{"op":"replace","path":"/b","value":2}]          |
        | [{"op":"replace","path":"/a","value":{"x":1}}]    | [{"op":"replace","path":"/a/x","value":5}]        |
        | [{"op":"replace","path":"","value":{"b":1}}]      | [{"op":"replace","path":"/b","value":2}]          |
        | [{"op":"move","from":"/b","path":"/c"}]           | [{"op":"replace","path":"/b","value":2}]          |

      Examples: an array of which something was put in or taken out
        | first                                             | second                                            |
        | [{"op":"add","path":"/list/0","value":0}]         | [{"op":"replace","path":"/list/2","value":9}]     |
        | [{"op":"replace","path":"/list/2","value":9}]     | [{"op":"remove","path":"/list/0"}]                |
        | [{"op":"add","path":"/list/-","value":4}]         | [{"op":"add","path":"/list/-","value":5}]         |
        | [{"op":"move","from":"/list/0","path":"/c"}]      | [{"op":"test","path":"/list/1","value":2}]        |

      Examples: read and written
        | first                                             | second                                            |
        | [{"op":"replace","path":"/b","value":2}]          | [{"op":"test","path":"/b","value":1},{"op":"add","path":"/c","value":1}] |
        | [{"op":"test","path":"/b","value":1}]             | [{"op":"replace","path":"/b","value":2}]          |
        | [{"op":"replace","path":"/a/x","value":5}]        | [{"op":"copy","from":"/a","path":"/c"}]           |

    @documents/3.3 @should @spec_documents
    Example: Whoever is told of the conflict can edit anew
      > else `version_conflict` with `details {version, epoch, changes: missed}`.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"b":1}
      When Ben sets "/b" to 2
      And Ana sets "/b" to 3 on version 1
      Then Ana is refused with "version_conflict"
      When Ana sets "/b" to 3 on version 2
      Then that edit is version 3
      And Ben gets that edit as version 3

    @documents/3.4 @should @spec_documents @single
    Example: A version that is yet to come
      > else `version_conflict` with `details {version, epoch, changes: missed}`.
      Given Ana is editing "invoice:42"
      And the document is {"b":1}
      When Ana sets "/b" to 2 on version 2
      Then Ana is refused with "version_conflict"
      And Ana is told that the document is at version 1, and of no edit
      And the document is as it was

  Rule: The same edit again is answered as the first time, and changes nothing

    @documents/4.1 @should @spec_documents
    Example: In the same tab
      > The same `edit_id` again returns the first answer and changes nothing.
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/list" to [1]
      And Ana edits [{"op":"add","path":"/list/-","value":2}]
      And Ana sends that edit again
      Then that edit is version 2
      And Ben gets that edit as version 2
      And the document is {"list":[1,2]} at version 2

    @documents/4.2 @should @spec_documents
    Example: In another tab, when others have edited since
      > The same `edit_id` again returns the first answer and changes nothing.
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      When Ana sets "/a" to 1
      Then Ben gets that edit as version 1
      When Ben sets "/a" to 2
      Then that edit is version 2
      When Ana sends the first edit again
      Then that edit is version 1
      And Ben hears of no edit
      When the second tab of Ana sends the first edit again
      Then that edit is version 1
      And Ben hears of no edit
      And the document is {"a":2} at version 2

    @documents/4.3 @should @spec_documents
    Example: After the answer was lost with the transport
      > The same `edit_id` again returns the first answer and changes nothing.
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ana loses the transport
      And Ana comes back
      And Ana joins "invoice:42"
      And Ana sends that edit again
      Then that edit is version 1
      And Ben gets that edit as version 1
      And the document is {"a":1} at version 1

    @documents/4.4 @should @spec_documents
    Example: With other changes
      > The same `edit_id` again returns the first answer and changes nothing.
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ana sets "/b" to 1 under the same id
      Then that edit is version 1
      And the document is {"a":1} at version 1

    @documents/4.5 @should @spec_documents
    Example: Another user's edit of the same id is another edit
      > `edit_id` = UUID of the client's choosing.
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ben sets "/b" to 1 under the same id
      Then that edit is version 2
      And Ana gets that edit as version 2
      And the document is {"a":1,"b":1} at version 2

    @documents/4.6 @should @spec_documents
    Example: What was refused may be sent again
      > A failed event leaves no partial effect. … The same `edit_id` again returns the first answer and changes nothing.
      Given Ana and Ben are editing "invoice:42"
      And Ben has locked "/a"
      When Ana sets "/a" to 1
      Then Ana is refused with "locked"
      When Ben unlocks "/a"
      And Ana sends the first edit again
      Then that edit is version 1
      And Ben gets that edit as version 1

  Rule: Whoever asks gets the document whole, or what they have missed

    @documents/5.1 @must @seed_1_2 @single
    Example: A document that nobody has edited
      > A room has one JSON document (object; starts `{}` at version 0).
      Given Ana is in "invoice:42"
      When Ana asks for the document
      Then Ana gets the whole document {} at version 0

    @documents/5.2 @should @spec_documents
    Example: The document as it is
      > else `content` is whole and `changes` is `[]`.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for the document
      Then Ana gets the whole document {"a":1} at version 1
      And Ben hears nothing

    @documents/5.3 @should @spec_documents
    Example: What was missed
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ben sets "/a" to 2
      And Ben sets "/b" to 3
      And Ana asks for what has changed since version 1
      Then Ana gets the edits from 2 to 3

    @documents/5.4 @should @spec_documents @single
    Example: Nothing was missed
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 1
      Then Ana gets no edits at version 1

    @documents/5.5 @should @spec_documents @single
    Example: From the beginning
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 0
      Then Ana gets the edits from 1 to 1

    @documents/5.6 @should @spec_documents @single
    Example: Since a version that is not there yet
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order; else `content` is whole and `changes` is `[]`.
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 2
      Then Ana gets the whole document {"a":1} at version 1

    @documents/5.7 @should @spec_documents
    Example: Whoever comes back is told what they have missed
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1,"list":[]}
      When Ana loses the transport
      And Ben edits [{"op":"add","path":"/list/-","value":1}]
      And Ben edits [{"op":"move","from":"/a","path":"/b"}]
      And Ana comes back
      And Ana joins "invoice:42"
      And Ana asks for what has changed since version 1
      Then Ana gets the edits from 2 to 3
      And with them Ana has the document {"b":1,"list":[1]}

    @documents/5.8 @should @spec_documents @slow @single
    Example: Of the last 500 edits, and no more
      > with `since_version` inside the kept log (500 edits) `content` is null and `changes` has the missed edits in order; else `content` is whole and `changes` is `[]`.
      Given Ana is editing "invoice:42"
      And Ana has edited 501 times
      When Ana asks for what has changed since version 1
      Then Ana gets the edits from 2 to 501
      When Ana asks for what has changed since version 0
      Then Ana gets the whole document {"n":501} at version 501
      When Ana sets "/other" to 1 on version 0
      Then Ana is refused with "version_conflict"
      And Ana is told that the document is at version 501, and of no edit
      When Ana sets "/other" to 1 on version 1
      Then that edit is version 502

    @documents/5.9 @should @spec_documents @single
    Example: A document outlives its room
      > A room has one JSON document (object; starts `{}` at version 0).
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana leaves "invoice:42"
      And Ana joins "invoice:42"
      And Ana asks for the document
      Then Ana gets the whole document {"a":1} at version 1

    @documents/5.10 @should @spec_documents
    Example: A document outlives all who had it open
      > A room has one JSON document (object; starts `{}` at version 0).
      Given Ana is editing "invoice:42" in two tabs
      And the document is {"a":1}
      When Ana closes both tabs
      And Ben connects
      And Ben joins "invoice:42"
      And Ben asks for the document
      Then Ben gets the whole document {"a":1} at version 1

  Rule: A document has 1 MiB at most

    @documents/6.1 @should @spec_documents @single
    Example: It is full
      > Content ≤ 1 MiB.
      Given Ana is editing "invoice:42"
      And the document has 6 bytes less than 1 MiB
      When Ana sets "/z" to 1
      Then that edit is version 7

    @documents/6.2 @should @spec_documents @single
    Example: It would be larger
      > `too_large` … Content ≤ 1 MiB.
      Given Ana is editing "invoice:42"
      And the document has 5 bytes less than 1 MiB
      When Ana sets "/z" to 1
      Then Ana is refused with "too_large"
      And no details are given
      And the document is as it was

    @documents/6.3 @should @spec_documents
    Scenario Outline: It would be larger on the way: <what>
      > `too_large` … All or nothing: a patch that fails applies no part. Content ≤ 1 MiB.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana edits with <what>
      Then Ana is refused with "too_large"
      And Ben hears of no edit
      And the document is as it was
      And Ana is answered

      Examples:
        | what                                                           |
        | a patch that doubles the document 40 times                     |
        | a patch that doubles the document 40 times and then empties it |

  Rule: Only those in the room read and edit its document

    @documents/7.1 @should @spec_documents
    Example: A tab that never joined
      > `not_in_room` … Documents (members only)
      Given Ben is editing "invoice:42"
      And the document is {"a":1}
      And Ana is connected
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no lock
      And the document is as it was

    @documents/7.2 @should @spec_documents
    Example: A tab that has left
      > `not_in_room` … Documents (members only)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana leaves "invoice:42"
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no edit
      And Ben hears of no lock
      And the document is as it was

    @documents/7.3 @should @spec_documents
    Example: Another tab than the one that joined
      > `not_in_room` … Documents (members only)
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      And Ana has a second tab open
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no lock
      And the document is as it was

    @documents/7.4 @should @spec_documents
    Example: Whoever has left hears of no edit
      > Documents (members only)
      Given Ana and Ben are editing "invoice:42"
      And Cy is editing "invoice:42"
      When Ben leaves "invoice:42"
      And Ana sets "/a" to 1
      Then Cy gets that edit as version 1
      And Ben hears of no edit

    @documents/7.5 @should @spec_documents @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name
      > Two tenants' equal room_ids are two rooms … Documents (members only)
      Given Zoe is editing "invoice:42"
      And Ana is connected
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Zoe hears of no edit
      And Zoe hears of no lock

    @documents/7.6 @should @spec_documents @spec_rulings @ruling_scoped_rooms
    Example: The other company's room of the same name has another document
      > Two tenants' equal room_ids are two rooms … A room has one JSON document (object; starts `{}` at version 0).
      Given Ana is editing "invoice:42"
      And Zoe is editing "invoice:42"
      When Ana sets "/secret" to 1
      And Zoe asks for the document
      Then Zoe gets the whole document {} at version 0
      And Zoe hears nothing of Ana

  Rule: An edit is activity, and reading is not

    @documents/8.1 @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      > | now | heartbeat, cursor, typing, edit, join | … | away, set by the server | online | online | that status |
      Given Ana and Ben are editing "invoice:42"
      And Ana is away for inactivity
      When Ana asks for the document
      Then everybody sees Ana as away
      And Ben hears of no change of Ana's status
      When Ana sets "/a" to 1
      Then everybody sees Ana as online

    @documents/8.2 @should @presence @spec_presence @ruling_busy_holds
    Scenario Outline: Who is <status> has chosen it, and stays so
      > | now | heartbeat, cursor, typing, edit, join | … | away, chosen | away | online | that status | | busy | busy | busy | that status |
      Given Ana and Ben are editing "invoice:42"
      And Ana is <status>
      When Ana sets "/a" to 1
      Then Ben gets that edit as version 1
      And everybody sees Ana as <seen>
      And Ben hears of no change of Ana's status

      Examples:
        | status         | seen |
        | busy           | busy |
        | away by choice | away |

  Rule: Versions are of an epoch, and of another one they are no beginning

    @documents/9.1 @should @spec_documents
    Example: All know the document by the same epoch
      > `doc:sync`, `doc:edit` and their acks carry the epoch both ways.
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      Then that edit is version 1
      And Ben gets that edit as version 1
      And Ana and Ben know the document by the same epoch

    @documents/9.2 @should @spec_documents
    Scenario Outline: What has changed since version <n> of another epoch
      > A `since_version` of another epoch gets the whole content.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ben sets "/b" to 2
      And Ana asks for what has changed since version <n> of another epoch
      Then Ana gets the whole document {"a":1,"b":2} at version 2

      Examples:
        | n |
        | 0 |
        | 1 |
        | 2 |
        | 3 |

    @documents/9.3 @should @spec_documents
    Scenario Outline: An edit on version <n> of another epoch
      > A `base_version` of another epoch gets `version_conflict` with the epoch and `changes: null`.
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana sets "/b" to 2 on version <n> of another epoch
      Then Ana is refused with "version_conflict"
      And Ana is told that the document is at version 1, and of no edit
      And Ben hears of no edit
      And the document is as it was

      Examples:
        | n |
        | 0 |
        | 1 |
        | 2 |

    @documents/9.4 @should @spec_documents @single
    Example: A front end that knows of no epochs
      > A client without an epoch is taken at its word only while the document has never lost anything.
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana sets "/b" to 2 on version 1 without an epoch
      Then that edit is version 2
      When Ana asks for what has changed since version 1 without an epoch
      Then Ana gets the edits from 2 to 2

    @documents/9.5 @should @spec_documents
    Example: The documents of two rooms have two epochs
      > A document has an `epoch`, a text that changes whenever its history cannot be continued
      Given Ana is editing "invoice:42"
      And Ben is editing "invoice:43"
      Then Ana and Ben know their documents by two epochs
