@presence
Feature: Presence
  Everybody in a company sees who is online, how, and on which page. A user's status is the user's,
  not a tab's; it ends by their own word, by activity, or by the want of it.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: The first tab comes, the last one goes

    @must @seed_4_2
    Example: The first connection is announced
      Given Ben is connected
      When Ana connects
      Then Ben sees Ana come online
      And the list that Ben gets shows Ana and Ben

    @should @spec_presence @spec_rulings
    Example: Another tab is not announced
      Given Ana and Ben are connected
      When Ana opens another tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @should @spec_presence @spec_rulings
    Example: One of two tabs closes
      Given Ben is connected
      And Ana has two tabs open
      When Ana closes one tab
      Then Ben hears nothing of Ana
      And the list that Ben gets shows Ana and Ben

    @must @seed_4_2
    Example: The last tab says goodbye
      Given Ben is connected
      And Ana has two tabs open
      When Ana closes both tabs
      Then Ben sees Ana leave at once
      And Ben has heard it once
      And the list that Ben gets shows Ben

    @must @seed_4_2
    Example: A user leaves and comes again
      Given Ana and Ben are connected
      When Ana says goodbye
      And Ana connects
      Then Ben sees Ana leave, then come online

    @should @spec_presence
    Example: What a user was doing is forgotten when they leave
      Given Ana and Ben are connected
      And Ana is busy
      And Ana is on page "/invoices"
      When Ana says goodbye
      And Ana connects
      Then everybody sees Ana as online
      And everybody sees Ana on no page

    @should @spec_presence
    Example: A user has a new name, and comes with it in another tab
      Given Ana and Ben are connected
      When Ana opens another tab with the new name "Anna"
      Then everybody sees that Ana is called "Anna"

  Rule: Whoever only lost the transport is still there for a while

    @should @spec_presence @spec_rulings
    Example: Back within the grace, and nobody notices
      Given Ana and Ben are connected
      When Ana loses the transport
      And Ana comes back
      Then Ben hears nothing of Ana, even after the grace
      And the list that Ben gets shows Ana and Ben

    @must @seed_3_1 @spec_presence
    Example: Not back within the grace, and the user is gone
      Given Ana and Ben are connected
      When Ana loses the transport
      Then the list that Ben gets shows Ana and Ben
      And Ben sees Ana leave after the grace
      And Ben has heard it once
      And the list that Ben gets shows Ben

    @should @spec_presence
    Example: A browser that closes its transport without a goodbye has only lost it
      Given Ana and Ben are connected
      When Ana's browser closes the transport without a goodbye
      Then the list that Ben gets shows Ana and Ben
      And Ben sees Ana leave after the grace

    @should @spec_presence
    Example: Two tabs lost are one user gone
      Given Ben is connected
      And Ana has two tabs open
      When Ana loses the transport
      Then Ben sees Ana leave after the grace
      And Ben has heard it once

    @should @spec_presence
    Example: One tab lost, and the other one stays
      Given Ben is connected
      And Ana has two tabs open
      When Ana loses the transport of one tab
      Then Ben hears nothing of Ana, even after the grace

    @should @spec_presence
    Scenario Outline: Whoever is <status> and comes back within the grace is still <status>
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

    @must @seed_4_3
    Example: A user asks who is online
      Given Ana and Ben are connected
      When Ana asks who is online
      Then the list that Ana gets shows Ana and Ben
      And the answer is a plain success

    @must @seed_4_3
    Scenario Outline: Asking <how> is the same
      Given Ana and Ben are connected
      When Ana asks who is online <how>
      Then the list that Ana gets shows Ana and Ben

      Examples:
        | how                    |
        | without a payload      |
        | with an empty payload  |
        | without asking for ack |

    @should @spec_presence
    Example: The list is for the one who asked
      Given Ana and Ben are connected
      When Ana asks who is online
      Then Ben hears nothing

    @should @spec_presence
    Example: The list is sorted by name, and by id between equal names
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

    @must @seed_4_3
    Example: The list has status and page
      Given Ana and Ben are connected
      And Ana is busy
      And Ana is on page "/invoices"
      When Ben asks who is online
      Then the list that Ben gets shows Ana as busy on page "/invoices"
      And the list that Ben gets shows Ben as online on no page

    @must @seed_3_1
    Example: The list can be asked for those who view an entity
      Given Ana, Ben and Cy are connected
      And Ana is viewing "invoice:42"
      And Ben is viewing "invoice:43"
      When Cy asks who is viewing "invoice:42"
      Then the list that Cy gets shows Ana

    @should @spec_presence
    Example: The list can be asked for those who view any entity of a type
      Given Ana, Ben and Cy are connected
      And Ana is viewing "invoice:42"
      And Ben is viewing "order:42"
      When Cy asks who is viewing any "invoice"
      Then the list that Cy gets shows Ana

    @should @spec_presence
    Example: A number asks for the same entity as its text
      Given Ana and Cy are connected
      And Ana is viewing "invoice:42"
      When Cy asks who is viewing "invoice" number 42
      Then the list that Cy gets shows Ana

    @should @spec_presence
    Example: Nobody views it
      Given Ana and Cy are connected
      When Cy asks who is viewing "invoice:42"
      Then the list that Cy gets is empty

    @should @spec_presence
    Example: An entity's id without its type is refused
      Given Ana is connected
      When Ana asks who is viewing number 42 of no type
      Then Ana is refused with "invalid_payload" at ""

    @must @seed_4_2
    Example: The list ends at the company's door
      Given Ana and Zoe are connected
      When Ana asks who is online
      Then the list that Ana gets shows Ana

  Rule: A user says how they are and where, and the whole company hears it

    @must @seed_4_3
    Scenario Outline: A user sets themselves <status>
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

    @should @spec_rulings
    Scenario Outline: The location counts with any status: <status>
      Given Ana and Ben are connected
      When Ana sets herself <status> on page "/orders" viewing "order:7"
      Then Ben is told that Ana is <status> on page "/orders" viewing "order:7"

      Examples:
        | status |
        | online |
        | away   |
        | busy   |

    @must @seed_4_3
    Example: A user moves to another page without a word on status
      Given Ana and Ben are connected
      When Ana moves to page "/invoices"
      Then Ben is told that Ana is online on page "/invoices" viewing nothing
      And the answer is the presence of Ana as it now is

    @should @spec_rulings
    Scenario Outline: What is absent stays, what is null is cleared: <change>
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

    @should @spec_presence
    Example: An update without a payload is an update
      Given Ana and Ben are connected
      When Ana updates her presence without a payload
      Then Ben is told that Ana is online on page nothing viewing nothing

    @should @spec_presence
    Example: An update is announced even if it changes nothing
      Given Ana and Ben are connected
      And Ana is busy
      When Ana sets herself busy
      Then Ben is told that Ana is busy

    @should @spec_presence
    Scenario Outline: A page may be any text: <page>
      Given Ana and Ben are connected
      When Ana moves to page "<page>"
      Then Ben is told that Ana is online on page "<page>" viewing nothing

      Examples:
        | page                       |
        | /Übersicht/日本語/😀        |
        | <script>alert(1)</script>  |
        | x                          |

    @must @seed_4_3
    Scenario Outline: <status> is not a status one can choose
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

    @should @spec_presence @spec_rulings
    Scenario Outline: <now>, then <trigger>: <then>
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

    @should @spec_presence
    Scenario Outline: Closing a tab does not touch the status: <status>
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

    @should @spec_presence
    Example: A heartbeat from one tab does not undo what was chosen in another
      Given Ben is connected
      And Ana has two tabs open
      And Ana is busy
      When the second tab of Ana sends a heartbeat
      Then everybody sees Ana as busy
      And Ben hears nothing of Ana

    @should @spec_presence @slow
    Example: A chosen away stays chosen when the inactivity is long
      Given Ben is connected
      And Ana is away by choice
      When Ana has been inactive for long
      And Ana sends a heartbeat
      Then everybody sees Ana as away
      And Ben hears of no change of Ana's status

  Rule: Whoever does nothing for long is away, unless busy

    @must @seed_3_1 @slow
    Example: An inactive user becomes away
      Given Ana and Ben are connected
      When Ana has been inactive for long
      Then Ben is told that Ana is away
      And the list that Ben gets shows Ana as away on no page

    @should @spec_presence @slow
    Example: A busy user never becomes away
      Given Ana and Ben are connected
      And Ana is busy
      When Ana has been inactive for long
      Then everybody sees Ana as busy
      And Ben hears nothing of Ana

    @should @spec_presence @slow
    Example: Heartbeats keep a user online
      Given Ana and Ben are connected
      When Ana sends heartbeats while Ben does nothing and becomes away
      Then everybody sees Ana as online
      And Ben hears nothing of Ana

    @should @spec_presence @slow
    Example: Inactive heartbeats do not
      Given Ana and Ben are connected
      When Ana sends inactive heartbeats until long after
      Then everybody sees Ana as away

    @should @spec_presence @slow
    Example: Activity in one tab keeps the user online in all
      Given Ben is connected
      And Ana has two tabs open
      When the second tab of Ana sends heartbeats while Ben does nothing and becomes away
      Then everybody sees Ana as online

  Rule: A heartbeat is acknowledged with the time

    @must @seed_4_3
    Scenario Outline: A heartbeat <how>
      Given Ana is connected
      When Ana sends a heartbeat <how>
      Then Ana gets a heartbeat_ack with the time of now

      Examples:
        | how                   |
        | without a payload     |
        | with an empty payload |
        | that says active      |
        | that says inactive    |

    @should @spec_rulings
    Example: The ack has the same time, and no connection's id
      Given Ana is connected
      When Ana sends a heartbeat
      Then the answer has the time of now, too

    @should @spec_presence
    Example: A heartbeat is activity
      Given Ana and Ben are connected
      When Ana sends a heartbeat
      Then Ana's last activity is that heartbeat

    @should @spec_presence
    Example: An inactive heartbeat is not
      Given Ana and Ben are connected
      When Ana sends an inactive heartbeat
      Then Ana's last activity is before that heartbeat

    @should @spec_presence
    Example: A heartbeat is nobody else's business
      Given Ana and Ben are connected
      When Ana sends a heartbeat
      Then Ben hears nothing

  Rule: The presence messages of a company are counted, without gaps

    @should @spec_presence
    Example: Each message has the next number
      Given Ben is connected
      When Ana connects
      And Ana sets herself busy
      And Ana says goodbye
      Then Ben has heard 3 presence messages with consecutive numbers

    @should @spec_presence
    Example: Lists, heartbeats and rooms take no number
      Given Ana and Ben are connected
      When Ana asks who is online
      And Ana sends a heartbeat
      And Ana joins "invoice:42"
      And Ana leaves "invoice:42"
      And Ana sets herself busy
      Then Ben has heard 1 presence message with the next number

    @should @spec_presence
    Example: The list carries the number of the last message before it
      Given Ana and Ben are connected
      And Ana is busy
      When Ben asks who is online
      Then the list has the number of the message that Ana is busy

    @should @spec_presence
    Example: The answer to an update has its number
      Given Ana and Ben are connected
      When Ana sets herself busy
      Then the answer has the number that Ben hears

    @should @spec_presence
    Example: Each company counts for itself
      Given Ana, Ben and Zoe are connected
      When Zoe sets herself busy
      And Ana sets herself busy
      Then Ben has heard 1 presence message with the next number

    @should @spec_presence
    Example: Whoever missed a message sees the gap, asks, and is right again
      Given Ana, Ben and Cy are connected
      And the message that Ana is busy never reached Ben
      When Ana moves to page "/orders"
      Then Ben sees a gap
      And with the list that he asks for Ben sees what Cy sees

    @should @spec_presence
    Example: A list is never older than what came before it
      Given Ana and Ben are connected
      When Ana moves through 20 pages while Ben asks 20 times who is online
      Then no list that Ben got was older than a message before it
      And Ben knows the page that Ana is on
