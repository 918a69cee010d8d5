@documents
Feature: Documents
  A room has a document that all who are in it edit at once. Edits make its versions 1, 2, 3 and so on, the same
  ones for everybody; edits of different places are merged, and whoever has missed some is told which.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: An edit makes the next version, and all others in the room get it

    @must @seed_1_2
    Example: The first edit
      Given Ana, Ben and Cy are editing "invoice:42"
      When Ana sets "/total" to 5
      Then that edit is version 1
      And Ben and Cy get that edit as version 1
      And the document is {"total":5} at version 1
      And Ana hears of no edit

    @should @spec_documents
    Example: The next one, by somebody else
      Given Ana and Ben are editing "invoice:42"
      And the document is {"total":5}
      When Ben sets "/total" to 6
      Then that edit is version 2
      And Ana gets that edit as version 2
      And the document is {"total":6} at version 2

    @should @spec_documents
    Example: The editor's other tab gets it, too
      Given Ana is editing "invoice:42" in two tabs
      And Ben is editing "invoice:42"
      When Ana sets "/total" to 5
      Then the other tab of Ana gets that edit as version 1
      And Ben gets that edit as version 1

    @should @spec_documents
    Example: Whoever is in the room gets it, also without having asked for the document
      Given Ana is editing "invoice:42"
      And Ben is in "invoice:42"
      When Ana sets "/total" to 5
      Then Ben gets that edit as version 1

    @should @spec_documents
    Example: Only the room gets it
      Given Ana and Ben are editing "invoice:42"
      And Cy is editing "invoice:43"
      And Zoe is editing "invoice:42"
      When Ana sets "/total" to 5
      Then Ben gets that edit as version 1
      And Cy and Zoe hear of no edit

    @should @spec_documents
    Scenario Outline: What an edit may do: <what>
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

    @should @spec_documents
    Example: A thousand operations are one edit
      Given Ana and Ben are editing "invoice:42"
      When Ana edits with a patch of 1000 operations
      Then Ben gets that edit as version 1
      And the document is {"n":999} at version 1

    @should @spec_documents
    Example: Two people edit at the same time, and all have the same in the end
      Given Ana, Ben and Cy are editing "invoice:42"
      When Ana and Ben edit 10 times each at the same time
      Then the document is {"Ana":10,"Ben":10} at version 20

  Rule: An edit that does not fit changes nothing

    @should @spec_documents
    Example: What is no patch
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

    @should @spec_documents
    Example: The place is not there
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

    @should @spec_documents
    Example: A test fails
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

    @should @spec_documents
    Example: The first part would fit
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"remove","path":"/text"},{"op":"add","path":"/list/0","value":0},{"op":"remove","path":"/text"}] | /changes/2/path |
        | [{"op":"add","path":"/a/x","value":9},{"op":"test","path":"/a/x","value":1}] | /changes/1/value |
      Then Ben hears of no edit
      And the document is as it was

    @should @spec_documents
    Example: There would be no object any more
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":{"x":1,"y":2},"list":[1,2,3],"text":"word","yes":true}
      When Ana is refused each of these edits, at its place:
        | patch                                                    | path               |
        | [{"op":"replace","path":"","value":[]}]                  | /changes/0/path    |
        | [{"op":"remove","path":""}]                              | /changes/0/path    |
        | [{"op":"move","from":"/list","path":""}]                 | /changes/0/path    |
      Then Ben hears of no edit
      And the document is as it was

    @should @spec_documents
    Example: It would make a member that front ends trip over
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

    @should @spec_documents
    Scenario Outline: The edit is <what>
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

    @should @spec_documents
    Example: What is no edit, and no question
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
      And what Ana sends as "doc:sync" is refused, each at its place:
        | payload | path |
        | {"room_id":"invoice:42","since_version":-1} | /since_version |
        | {"room_id":"invoice:42","since_version":"1"} | /since_version |
        | {"room_id":"invoice:42","since_version":null} | /since_version |
        | {"room_id":"invoice:42","version":1} | |
        | {"room_id":"a:b:c"} | /room_id |
      Then the document is as it was

  Rule: An edit on an older version is merged if it touches nothing that was edited since

    @should @spec_documents
    Scenario Outline: <first>, and meanwhile <second>
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

    @should @spec_documents
    Scenario Outline: <first>, and meanwhile <second>, is a conflict
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

    @should @spec_documents
    Example: Whoever is told of the conflict can edit anew
      Given Ana and Ben are editing "invoice:42"
      And the document is {"b":1}
      When Ben sets "/b" to 2
      And Ana sets "/b" to 3 on version 1
      Then Ana is refused with "version_conflict"
      When Ana sets "/b" to 3 on version 2
      Then that edit is version 3
      And Ben gets that edit as version 3

    @should @spec_documents
    Example: A version that is yet to come
      Given Ana is editing "invoice:42"
      And the document is {"b":1}
      When Ana sets "/b" to 2 on version 2
      Then Ana is refused with "version_conflict"
      And Ana is told that the document is at version 1, and of no edit
      And the document is as it was

  Rule: The same edit again is answered as the first time, and changes nothing

    @should @spec_documents
    Example: In the same tab
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/list" to [1]
      And Ana edits [{"op":"add","path":"/list/-","value":2}]
      And Ana sends that edit again
      Then that edit is version 2
      And Ben gets that edit as version 2
      And the document is {"list":[1,2]} at version 2

    @should @spec_documents
    Example: In another tab, when others have edited since
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

    @should @spec_documents
    Example: After the answer was lost with the transport
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ana loses the transport
      And Ana comes back
      And Ana joins "invoice:42"
      And Ana sends that edit again
      Then that edit is version 1
      And Ben gets that edit as version 1
      And the document is {"a":1} at version 1

    @should @spec_documents
    Example: With other changes
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ana sets "/b" to 1 under the same id
      Then that edit is version 1
      And the document is {"a":1} at version 1

    @should @spec_documents
    Example: Another user's edit of the same id is another edit
      Given Ana and Ben are editing "invoice:42"
      When Ana sets "/a" to 1
      And Ben sets "/b" to 1 under the same id
      Then that edit is version 2
      And Ana gets that edit as version 2
      And the document is {"a":1,"b":1} at version 2

    @should @spec_documents
    Example: What was refused may be sent again
      Given Ana and Ben are editing "invoice:42"
      And Ben has locked "/a"
      When Ana sets "/a" to 1
      Then Ana is refused with "locked"
      When Ben unlocks "/a"
      And Ana sends the first edit again
      Then that edit is version 1
      And Ben gets that edit as version 1

  Rule: Whoever asks gets the document whole, or what they have missed

    @must @seed_1_2
    Example: A document that nobody has edited
      Given Ana is in "invoice:42"
      When Ana asks for the document
      Then Ana gets the whole document {} at version 0

    @should @spec_documents
    Example: The document as it is
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for the document
      Then Ana gets the whole document {"a":1} at version 1
      And Ben hears nothing

    @should @spec_documents
    Example: What was missed
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ben sets "/a" to 2
      And Ben sets "/b" to 3
      And Ana asks for what has changed since version 1
      Then Ana gets the edits from 2 to 3

    @should @spec_documents
    Example: Nothing was missed
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 1
      Then Ana gets no edits at version 1

    @should @spec_documents
    Example: From the beginning
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 0
      Then Ana gets the edits from 1 to 1

    @should @spec_documents
    Example: Since a version that is not there yet
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana asks for what has changed since version 2
      Then Ana gets the whole document {"a":1} at version 1

    @should @spec_documents
    Example: Whoever comes back is told what they have missed
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

    @should @spec_documents @slow
    Example: Of the last 500 edits, and no more
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

    @should @spec_documents
    Example: A document outlives its room
      Given Ana is editing "invoice:42"
      And the document is {"a":1}
      When Ana leaves "invoice:42"
      And Ana joins "invoice:42"
      And Ana asks for the document
      Then Ana gets the whole document {"a":1} at version 1

    @should @spec_documents
    Example: A document outlives all who had it open
      Given Ana is editing "invoice:42" in two tabs
      And the document is {"a":1}
      When Ana closes both tabs
      And Ben connects
      And Ben joins "invoice:42"
      And Ben asks for the document
      Then Ben gets the whole document {"a":1} at version 1

  Rule: A document has 1 MiB at most

    @should @spec_documents
    Example: It is full
      Given Ana is editing "invoice:42"
      And the document has 6 bytes less than 1 MiB
      When Ana sets "/z" to 1
      Then that edit is version 7

    @should @spec_documents
    Example: It would be larger
      Given Ana is editing "invoice:42"
      And the document has 5 bytes less than 1 MiB
      When Ana sets "/z" to 1
      Then Ana is refused with "too_large"
      And no details are given
      And the document is as it was

    @should @spec_documents
    Scenario Outline: It would be larger on the way: <what>
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

    @should @spec_documents
    Example: A tab that never joined
      Given Ben is editing "invoice:42"
      And the document is {"a":1}
      And Ana is connected
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no lock
      And the document is as it was

    @should @spec_documents
    Example: A tab that has left
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      When Ana leaves "invoice:42"
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no edit
      And Ben hears of no lock
      And the document is as it was

    @should @spec_documents
    Example: Another tab than the one that joined
      Given Ana and Ben are editing "invoice:42"
      And the document is {"a":1}
      And Ana has a second tab open
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Ben hears of no lock
      And the document is as it was

    @should @spec_documents
    Example: Whoever has left hears of no edit
      Given Ana and Ben are editing "invoice:42"
      And Cy is editing "invoice:42"
      When Ben leaves "invoice:42"
      And Ana sets "/a" to 1
      Then Cy gets that edit as version 1
      And Ben hears of no edit

    @should @spec_documents @spec_rulings
    Example: The other company's room of the same name
      Given Zoe is editing "invoice:42"
      And Ana is connected
      Then Ana may not read, edit or lock the document of "invoice:42"
      And Zoe hears of no edit
      And Zoe hears of no lock

    @should @spec_documents @spec_rulings
    Example: The other company's room of the same name has another document
      Given Ana is editing "invoice:42"
      And Zoe is editing "invoice:42"
      When Ana sets "/secret" to 1
      And Zoe asks for the document
      Then Zoe gets the whole document {} at version 0
      And Zoe hears nothing of Ana

  Rule: An edit is activity, and reading is not

    @should @presence @spec_presence @slow
    Example: Who was away for inactivity is back
      Given Ana and Ben are editing "invoice:42"
      And Ana is away for inactivity
      When Ana asks for the document
      Then everybody sees Ana as away
      And Ben hears of no change of Ana's status
      When Ana sets "/a" to 1
      Then everybody sees Ana as online

    @should @presence @spec_presence
    Scenario Outline: Who is <status> has chosen it, and stays so
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
