@rest
Feature: REST
  What a page asks for once, and what a back end does, goes over HTTP: with the same tokens as the socket, inside the
  same company, and with an answer in every case.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Whoever asks shows an access token

    @should @spec_rest
    Scenario Outline: <operation> without a token
      When somebody asks for <operation> without a token
      Then the request is refused with "unauthenticated"

      Examples:
        | operation              |
        | presence:list          |
        | presence:get           |
        | presence:status        |
        | notifications:list     |
        | notifications:count    |
        | notifications:read     |
        | notifications:read_all |
        | notifications:delete   |
        | notifications:create   |
        | activity:list          |
        | activity:entity        |
        | activity:record        |

    @should @spec_rest
    Scenario Outline: <token> is no access token
      When Ana asks for notifications:list with <token>
      Then the request is refused with "<code>"

      Examples:
        | token                              | code            |
        | an expired token                   | token_expired   |
        | a refresh token                    | unauthenticated |
        | a token without tenant             | unauthenticated |
        | a token signed with another key    | unauthenticated |

    @should @spec_rest
    Example: A URL is written to logs, so it has no token
      When Ana asks for notifications:list with the token in the query
      Then the request is refused with "unauthenticated"

  Rule: A request that the contract does not know is refused, and says why

    @should @spec_rest
    Scenario Outline: <method> <path>
      When Ana asks <method> <path>
      Then the request is refused with "<code>"

      Examples:
        | method | path                    | code               |
        | GET    | /nothing                | not_found          |
        | GET    | /notifications/a/read/b | not_found          |
        | POST   | /presence               | method_not_allowed |
        | DELETE | /activity               | method_not_allowed |
        | PATCH  | /notifications          | method_not_allowed |

    @should @spec_rest
    Scenario Outline: <path> is no question
      When Ana asks GET <path>
      Then the request is refused with "invalid_payload" at "<place>"

      Examples:
        | path                                | place        |
        | /notifications?limit=0              | /limit       |
        | /notifications?limit=101            | /limit       |
        | /notifications?limit=many           | /limit       |
        | /notifications?limit=1.5            | /limit       |
        | /notifications?offset=-1            | /offset      |
        | /notifications?offset=1001          | /offset      |
        | /notifications?unread_only=yes      | /unread_only |
        | /notifications?unread=true          |              |
        | /notifications?limit=1&limit=2      |              |
        | /notifications/unread/count?limit=1 |              |
        | /presence?tenant_id=globex          |              |
        | /activity?limit=101                 | /limit       |
        | /activity?offset=10001              | /offset      |
        | /activity?since=yesterday           | /since       |
        | /activity?entity_type=1             | /entity_type |
        | /activity?entity_id=42              |              |
        | /activity/entity/invoice/42?limit=0 | /limit       |

    @should @spec_rest
    Scenario Outline: <body> as <type> is no notification
      When a back end of Ana posts <body> as <type> to /notifications
      Then the request is refused with "invalid_payload"
      And Ana has no notification

      Examples:
        | body                                              | type             |
        | {"user_id":"ana","type":"note"                    | application/json |
        | []                                                | application/json |
        | null                                              | application/json |
        | {"user_id":"ana","type":"note","title":NaN}       | application/json |
        | {"user_id":"ana","type":"note","title":"\\ud800"} | application/json |
        | {"user_id":"ana","type":"note","title":"Hello"}   | text/plain       |
        | user_id=ana&type=note&title=Hello                 | application/x-www-form-urlencoded |

  Rule: Presence can be asked for and chosen

    @should @presence @spec_rest
    Example: Who is online
      Given Ana and Ben are connected
      And Zoe is connected
      Then over REST Cy sees Ana and Ben online, and nobody else
      And over REST Zoe sees Zoe online, and nobody else

    @should @presence @spec_rest
    Example: Nobody is
      Then over REST Ana sees nobody online

    @should @presence @spec_rest
    Example: One user
      Given Ana is connected
      And Ana is on page "/invoices/42"
      And Zoe is connected
      Then over REST Ben sees Ana online, on "/invoices/42"
      And over REST Ben sees Cy offline
      And over REST Ana sees Zoe offline

    @should @presence @spec_rest
    Example: A status that was chosen is seen by everybody
      Given Ana and Ben are connected
      When Ana chooses busy over REST
      Then everybody sees Ana as busy

    @should @presence @spec_rest
    Example: Whoever is offline has no status
      Given Ben is connected
      When Ana chooses busy over REST
      Then the request is refused with "conflict"
      And Ben hears nothing of Ana
