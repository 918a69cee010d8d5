@activity
Feature: Activity
  What happens to a company's business objects is told to everybody in it, and can be looked up by page,
  by object and by person. Whoever was away gets what they have missed.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Everybody in the company hears of it once

    @activity/1.1 @must @seed_1_2 @spec_activity
    Example: In every tab, the doer's too
      > Nothing ever crosses tenants. … `activity` S→C to the tenant
      Given Ana has two tabs open
      And Ben is connected
      And Zoe is connected
      When Ana does "paid"
      Then Ana and Ben hear that Ana did "paid", once
      And Zoe hears of no activity

    @activity/1.2 @must @seed_1_2 @spec_activity
    Example: What is said of it
      > `activity` S→C to the tenant `{id, user_id, user_name, action, entity_type, entity_id, entity_name, details, created_at}`.
      Given Ben is connected
      When Ana does "paid" with {"entity_id":7,"entity_name":"Rechnung Nr. 7 – Müller","details":{"total":12.5,"lines":[1,{"ü":null}],"empty":{},"none":[]}}
      Then the activity that Ben hears has {"user_id":"ana","user_name":"Ana","action":"paid","entity_type":"invoice","entity_id":"7","entity_name":"Rechnung Nr. 7 – Müller","details":{"total":12.5,"lines":[1,{"ü":null}],"empty":{},"none":[]}}

    @activity/1.3 @must @seed_1_2 @spec_activity @ruling_times_and_null
    Example: Without details
      > An unset optional value is `null`, never `''`.
      Given Ben is connected
      When Ana does "paid"
      Then the activity that Ben hears has {"entity_id":"42","details":null}

    @activity/1.4 @should @spec_activity
    Example: What is no activity
      > `invalid_payload` (details: `path`, `reason`) … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
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

    @activity/1.5 @should @spec_activity
    Example: Too much to say of it
      > `too_large` … sizes by schema.
      Given Ben is connected
      When a back end records a detail of 8 KiB of Ana
      Then the request is refused with "too_large"
      And Ben hears of no activity

    @activity/1.6 @should @spec_activity
    Example: As much as may be said of it
      > `activity` S→C to the tenant … sizes by schema.
      Given Ben is connected
      When a back end records a detail of almost 8 KiB of Ana
      Then Ben hears that Ana did "paid", once

  Rule: Whoever asks is shown what happened, newest first

    @activity/2.1 @must @seed_1_2 @spec_activity
    Example: Everything
      > S→C `{items, next}`, newest first; `next` is the `before` of the following page or null.
      Given Ana and Ben are connected
      And Ana did "created"
      And Ben did "approved"
      And Ana did "paid"
      When Cy connects
      And Cy asks what happened
      Then Cy is shown "paid", "approved", "created", and no more
      And over REST Cy finds "paid", "approved", "created"

    @activity/2.2 @must @seed_1_2 @spec_activity @single
    Example: Nothing has happened
      > S→C `{items, next}`, newest first; `next` is the `before` of the following page or null.
      Given Ana is connected
      When Ana asks what happened
      Then Ana is shown nothing

    @activity/2.3 @should @spec_activity
    Example: Only who asks is shown it
      > `activity:feed` C→S `{limit? = 50 (1–100), before?, since?, entity_type?, entity_id?, user_id?}` → S→C `{items, next}`, newest first
      Given Ana has two tabs open
      And Ben is connected
      And Ben did "paid"
      When Ana asks what happened
      Then Ana is shown "paid", and no more
      And the second tab of Ana hears nothing
      And Ben hears of no activity

    @activity/2.4 @should @spec_activity
    Example: Another company's is its own
      > Nothing ever crosses tenants.
      Given Zoe is connected
      And Ana did "paid"
      When Zoe asks what happened
      Then Zoe is shown nothing

    @activity/2.5 @should @spec_activity
    Scenario Outline: A page of <limit> of 3
      > `next` is the `before` of the following page or null.
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

    @activity/2.6 @should @spec_activity @slow
    Example: Fifty if nothing is said
      > `activity:feed` C→S `{limit? = 50 (1–100), before?, since?, entity_type?, entity_id?, user_id?}` → S→C `{items, next}`, newest first
      Given Ana is connected
      And Ana did something 51 times
      When Ana asks what happened
      Then Ana is shown 50 things, and there is more

  Rule: What was missed is found again

    @activity/3.1 @should @spec_activity
    Example: Since the last thing that was heard
      > `next` is the `before` of the following page or null. … `since` = an id: what a reconnecting client missed.
      Given Ana is connected
      And Ben did "A"
      And Ben did "B"
      And Ben did "C"
      Then since "A" Ana is shown "C", "B", and no more
      And before "C" Ana is shown "B", "A", and no more
      And between "A" and "C" Ana is shown "B", and no more

    @activity/3.2 @should @spec_activity
    Scenario Outline: In pages of <n>, nothing twice and nothing missing
      > `next` is the `before` of the following page or null. … `since` = an id: what a reconnecting client missed.
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

    @activity/3.3 @should @spec_activity
    Example: By its type, its object and its doer, and together
      > `activity:feed` C→S `{limit? = 50 (1–100), before?, since?, entity_type?, entity_id?, user_id?}` … `GET activity` (`limit`, `offset`, `entity_type`, `since`) · `GET activity/entity/<type>/<id>`
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

    @activity/3.4 @should @spec_activity
    Scenario Outline: On the socket with <what>
      > `activity:feed` C→S `{limit? = 50 (1–100), before?, since?, entity_type?, entity_id?, user_id?}` → S→C `{items, next}`, newest first
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

    @activity/3.5 @should @spec_activity
    Example: Questions that cannot be
      > `invalid_payload` (details: `path`, `reason`) … `activity:feed` C→S `{limit? = 50 (1–100), before?, since?, entity_type?, entity_id?, user_id?}`
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

    @activity/4.1 @should @rest @spec_rest
    Example: Under one key it happens once
      > Where this page and the seed are silent, the server does what a user of such a system expects, and the contract says so. … `POST activity` (service).
      Given Ben is connected
      When Ana does "paid" under the key "k"
      And Ana does "paid" under the key "k"
      Then it is the same activity as before
      And Ben hears that Ana did "paid", once
      And over REST Ben finds "paid"

    @activity/4.2 @should @rest @spec_rest
    Example: A key is for one thing
      > Where this page and the seed are silent, the server does what a user of such a system expects, and the contract says so. … errors `{"success": false, "error": text, "code": code}` with the right status. … `POST activity` (service).
      Given Ben is connected
      And Ana did "paid" under the key "k"
      When Ana does "refunded" under the key "k"
      Then the request is refused with "conflict"
      And Ben hears of no activity

  Rule: Only back ends record

    @activity/5.1 @should @rest @spec_rest
    Example: A user tries
      > `forbidden` … `POST activity` (service).
      Given Ben is connected
      When Ana tries to record what Ben did
      Then the request is refused with "forbidden"
      And Ben hears of no activity

    @activity/5.2 @should @spec_activity
    Example: A user tries on the socket
      > `unknown_event` … `activity` S→C to the tenant
      Given Ana and Ben are connected
      When Ana sends "activity" with {"action":"paid"}
      Then Ana is refused with "unknown_event"
      And Ben hears of no activity
