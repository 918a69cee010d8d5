@activity
Feature: Activity
  What happens to a company's business objects is told to everybody in it, and can be looked up by page,
  by object and by person. Whoever was away gets what they have missed.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Everybody in the company hears of it once

    @must @seed_1_2 @spec_activity
    Example: In every tab, the doer's too
      Given Ana has two tabs open
      And Ben is connected
      And Zoe is connected
      When Ana does "paid"
      Then Ana and Ben hear that Ana did "paid", once
      And Zoe hears of no activity

    @must @seed_1_2 @spec_activity
    Example: What is said of it
      Given Ben is connected
      When Ana does "paid" with {"entity_id":7,"entity_name":"Rechnung Nr. 7 – Müller","details":{"total":12.5,"lines":[1,{"ü":null}],"empty":{},"none":[]}}
      Then the activity that Ben hears has {"user_id":"ana","user_name":"Ana","action":"paid","entity_type":"invoice","entity_id":"7","entity_name":"Rechnung Nr. 7 – Müller","details":{"total":12.5,"lines":[1,{"ü":null}],"empty":{},"none":[]}}

    @must @seed_1_2 @spec_activity
    Example: Without details
      Given Ben is connected
      When Ana does "paid"
      Then the activity that Ben hears has {"entity_id":"42","details":null}

    @should @spec_activity
    Example: What is no activity
      Given Ben is connected
      When it is refused to record what Ana did, each at its place:
        | payload                          | path         |
        | {"user_id":""}                   | /user_id     |
        | {"user_id":"a{b"}                | /user_id     |
        | {"user_name":""}                 | /user_name   |
        | {"user_name":7}                  | /user_name   |
        | {"action":""}                    | /action      |
        | an action of 101 characters      | /action      |
        | {"entity_type":"1"}              | /entity_type |
        | {"entity_type":null}             | /entity_type |
        | {"entity_id":"a b"}              | /entity_id   |
        | {"entity_id":1.5}                | /entity_id   |
        | {"entity_name":""}               | /entity_name |
        | an entity_name of 256 characters | /entity_name |
        | {"details":[]}                   | /details     |
        | {"details":"x"}                  | /details     |
        | {"tenant_id":"globex"}           |              |
        | {"created_at":"2026-01-31T09:30:00.125Z"} |     |
      Then Ben hears of no activity

    @should @spec_activity
    Example: Too much to say of it
      Given Ben is connected
      When a back end records a detail of 8 KiB of Ana
      Then the request is refused with "too_large"
      And Ben hears of no activity

    @should @spec_activity
    Example: As much as may be said of it
      Given Ben is connected
      When a back end records a detail of almost 8 KiB of Ana
      Then Ben hears that Ana did "paid", once

  Rule: Whoever asks is shown what happened, newest first

    @must @seed_1_2 @spec_activity
    Example: Everything
      Given Ana and Ben are connected
      And Ana did "created"
      And Ben did "approved"
      And Ana did "paid"
      When Cy connects
      And Cy asks what happened
      Then Cy is shown "paid", "approved", "created", and no more
      And over REST Cy finds "paid", "approved", "created"

    @must @seed_1_2 @spec_activity
    Example: Nothing has happened
      Given Ana is connected
      When Ana asks what happened
      Then Ana is shown nothing

    @should @spec_activity
    Example: Only who asks is shown it
      Given Ana has two tabs open
      And Ben is connected
      And Ben did "paid"
      When Ana asks what happened
      Then Ana is shown "paid", and no more
      And the second tab of Ana hears nothing
      And Ben hears of no activity

    @should @spec_activity
    Example: Another company's is its own
      Given Zoe is connected
      And Ana did "paid"
      When Zoe asks what happened
      Then Zoe is shown nothing

    @should @spec_activity
    Scenario Outline: A page of <limit> of 3
      Given Ana is connected
      And Ana did "A"
      And Ana did "B"
      And Ana did "C"
      When Ana asks what happened, with {"limit":<limit>}
      Then Ana is shown <page>

      Examples:
        | limit | page                              |
        | 1     | "C", and there is more            |
        | 2     | "C", "B", and there is more       |
        | 3     | "C", "B", "A", and no more        |
        | 100   | "C", "B", "A", and no more        |

    @should @slow @spec_activity
    Example: Fifty if nothing is said
      Given Ana is connected
      And Ana did something 51 times
      When Ana asks what happened
      Then Ana is shown 50 things, and there is more

  Rule: What was missed is found again

    @should @spec_activity
    Example: Since the last thing that was heard
      Given Ana is connected
      And Ben did "A"
      And Ben did "B"
      And Ben did "C"
      Then since "A" Ana is shown "C", "B", and no more
      And before "C" Ana is shown "B", "A", and no more
      And between "A" and "C" Ana is shown "B", and no more

    @should @spec_activity
    Scenario Outline: In pages of <n>, nothing twice and nothing missing
      Given Ana is connected
      And Ben did "A"
      And Ben did "B"
      And Ben did "C"
      And Ben did "D"
      And Ben did "E"
      Then <n> at a time since "A", while more happens, Ana gets "E", "D", "C", "B"

      Examples:
        | n |
        | 1 |
        | 2 |
        | 3 |
        | 4 |

    @should @spec_activity
    Example: By its type, its object and its doer, and together
      Given Ana is connected
      And Ana did "A" to "invoice:42"
      And Ben did "B" to "invoice:42"
      And Ana did "C" to "invoice:4"
      And Ben did "D" to "order:42"
      And Ana did "E" to "order:42"
      Then over REST Ana finds "C", "B", "A" with {"entity_type":"invoice"}
      And over REST Ana finds "E", "C", "A" with {"user_id":"ana"}
      And over REST Ana finds "C", "A" with {"entity_type":"invoice","user_id":"ana"}
      And over REST Ana finds of "invoice:42" "B", "A"
      And over REST Ana finds of "order:42" "E", "D"
      And over REST Ana finds "D", "C" with {"offset":1,"limit":2}

    @should @spec_activity
    Scenario Outline: On the socket with <what>
      Given Ana is connected
      And Ana did "A" to "invoice:42"
      And Ben did "B" to "invoice:42"
      And Ana did "C" to "invoice:4"
      And Ben did "D" to "order:42"
      When Ana asks what happened, with <what>
      Then Ana is shown <page>

      Examples:
        | what                                                          | page                |
        | {"entity_type":"invoice"}                                     | "C", "B", "A", and no more |
        | {"entity_type":"invoice","entity_id":42}                      | "B", "A", and no more |
        | {"entity_type":"invoice","entity_id":"42","user_id":"ben"}    | "B", and no more    |
        | {"user_id":"ben"}                                             | "D", "B", and no more |
        | {"user_id":"be"}                                              | nothing             |
        | {"entity_type":"inv"}                                         | nothing             |
        | {"entity_type":"invoice","user_id":"ana","limit":1}           | "C", and there is more |
        | {"since":"0"}                                                 | "D", "C", "B", "A", and no more |
        | {"before":"0"}                                                | nothing             |

    @should @spec_activity
    Example: Questions that cannot be
      Given Ana is connected
      When what Ana sends as "activity:feed" is refused, each at its place:
        | payload                                       | path         |
        | {"limit":0}                                   | /limit       |
        | {"limit":101}                                 | /limit       |
        | {"limit":"5"}                                 | /limit       |
        | {"limit":null}                                | /limit       |
        | {"since":"yesterday"}                         | /since       |
        | {"before":"a b"}                              | /before      |
        | {"before":null}                               | /before      |
        | {"entity_id":"42"}                            |              |
        | {"entity_type":"invoice","entity_id":"4 2"}   | /entity_id   |
        | {"entity_type":"1"}                           | /entity_type |
        | {"user_id":""}                                | /user_id     |
        | {"offset":1}                                  |              |
      Then Ana hears of no activity

  Rule: A back end may say the same again

    @should @rest @spec_rest
    Example: Under one key it happens once
      Given Ben is connected
      When Ana does "paid" under the key "k"
      And Ana does "paid" under the key "k"
      Then it is the same activity as before
      And Ben hears that Ana did "paid", once
      And over REST Ben finds "paid"

    @should @rest @spec_rest
    Example: A key is for one thing
      Given Ben is connected
      And Ana did "paid" under the key "k"
      When Ana does "refunded" under the key "k"
      Then the request is refused with "conflict"
      And Ben hears of no activity

  Rule: Only back ends record

    @should @rest @spec_rest
    Example: A user tries
      Given Ben is connected
      When Ana tries to record what Ben did
      Then the request is refused with "forbidden"
      And Ben hears of no activity

    @should @spec_activity
    Example: A user tries on the socket
      Given Ana and Ben are connected
      When Ana sends "activity" with {"action":"paid"}
      Then Ana is refused with "unknown_event"
      And Ben hears of no activity
