@rest
Feature: REST
  What a page asks for once, and what a back end does, goes over HTTP: with the same tokens as the socket, inside the
  same company, and with an answer in every case.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: Whoever asks shows an access token

    @rest/1.1 @should @spec_rest
    Scenario Outline: <operation> without a token
      > REST (same JWT, `/api/v1`) … errors `{"success": false, "error": text, "code": code}` with the right status.
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

    @rest/1.2 @should @spec_rest
    Scenario Outline: <token> is no access token
      > The token is an **access** token (a refresh token is refused), signed as configured, not expired, with non-empty `sub` and `tenant_id`
      When Ana asks for notifications:list with <token>
      Then the request is refused with "<code>"

      Examples: not valid any more
        | token                              | code            |
        | an expired token                   | token_expired   |

      @ruling_refused_tokens
      Examples: no access token, or of nobody
        | token                              | code            |
        | a refresh token                    | unauthenticated |
        | a token without tenant             | unauthenticated |

      Examples: forged
        | token                              | code            |
        | a token signed with another key    | unauthenticated |

    @rest/1.3 @should @spec_rest
    Example: A URL is written to logs, so it has no token
      > Tokens never reach a log, a metric, a message or Redis.
      When Ana asks for notifications:list with the token in the query
      Then the request is refused with "unauthenticated"

  Rule: A request that the contract does not know is refused, and says why

    @rest/2.1 @should @spec_rest
    Scenario Outline: <method> <path>
      > errors `{"success": false, "error": text, "code": code}` with the right status.
      When Ana asks <method> <path>
      Then the request is refused with "<code>"

      Examples:
        | method | path                    | code               |
        | GET    | /nothing                | not_found          |
        | GET    | /notifications/a/read/b | not_found          |
        | POST   | /presence               | method_not_allowed |
        | DELETE | /activity               | method_not_allowed |
        | PATCH  | /notifications          | method_not_allowed |

    @rest/2.2 @should @spec_rest
    Scenario Outline: <path> is no question
      > errors `{"success": false, "error": text, "code": code}` with the right status. … `GET notifications` (`unread_only`, `limit` ≤ 100, `offset`) … `GET activity` (`limit`, `offset`, `entity_type`, `since`)
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

    @rest/2.3 @should @spec_rest
    Scenario Outline: <body> as <type> is no notification
      > errors `{"success": false, "error": text, "code": code}` with the right status. … No input, however malformed, kills a connection handler, changes state, or is answered with silence.
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

    @rest/3.1 @should @presence @spec_rest
    Example: Who is online
      > Nothing ever crosses tenants. … `GET presence` (`users`, `count`)
      > Answers `{"success": true, …}`
      Given Ana and Ben are connected
      And Zoe is connected
      Then over REST Cy sees Ana and Ben online, and nobody else
      And over REST Zoe sees Zoe online, and nobody else

    @rest/3.2 @should @presence @spec_rest
    Example: Nobody is
      > `GET presence` (`users`, `count`)
      Then over REST Ana sees nobody online

    @rest/3.3 @should @presence @spec_rest @ruling_times_and_null
    Example: One user
      > `GET presence/<user_id>` (offline user: status offline)
      Given Ana is connected
      And Ana is on page "/invoices/42"
      And Zoe is connected
      Then over REST Ben sees Ana online, on "/invoices/42"
      And over REST Ben sees Cy offline
      And over REST Ana sees Zoe offline

    @rest/3.4 @should @presence @spec_rest
    Example: A status that was chosen is seen by everybody
      > `PUT presence/status` … S→C to the whole tenant, sender included
      Given Ana and Ben are connected
      When Ana chooses busy over REST
      Then everybody sees Ana as busy

    @rest/3.5 @should @presence @spec_rest
    Example: Whoever is offline has no status
      > `PUT presence/status` … errors `{"success": false, "error": text, "code": code}` with the right status.
      Given Ben is connected
      When Ana chooses busy over REST
      Then the request is refused with "conflict"
      And Ben hears nothing of Ana

  Rule: What the contract calls wrong is refused where it is wrong

    @rest/4.1 @should @spec_rest @spec_errors
    Scenario Outline: All that is wrong as <operation>
      > Codes: `unauthenticated` · `token_expired` · `forbidden` · `invalid_payload` (details: `path`, `reason`)
      When a back end asks <operation> for everything that the contract calls wrong
      Then each of it is refused, at its place

      Examples:
        | operation            |
        | notifications:create |
        | notifications:list   |
        | activity:record      |
        | activity:list        |
        | activity:entity      |
        | presence:status      |

  Rule: Whoever asks too often is told when to come again

    @rest/5.1 @should @spec_errors
    Example: One user asks and asks
      > `rate_limited` (details: `retry_after` s)
      > A request over a rate fails: `rate_limited`.
      When Ana asks over REST as often as she can
      Then the request is refused with "rate_limited"
      And she is told in how many seconds she may come again

  Rule: Whoever runs the server may ask how it is

    @rest/6.1 @should @spec_rest
    Scenario Outline: <operation>
      > `GET /healthz` (alive) · `GET /readyz` (Redis there, subscribed, not draining)
      When somebody asks for <operation>
      Then the request is answered

      Examples:
        | operation   |
        | ops:healthz |
        | ops:readyz  |
