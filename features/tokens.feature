@tokens
Feature: The end of a token, and a newer one
  Access tokens live for minutes, and a page is open all day. The page learns in time that its token ends, gets a newer
  one from the application's login, and sends it. Nobody else notices, and no edit is interrupted.

  Background:
    Given Ana and Ben work at "acme"
    And Ben is connected

  Rule: The end of a token is announced a minute before

    @tokens/1.1 @should @spec_connecting
    Example: A minute before the end
      > `auth:expiring` S→C `{expires_at}` comes 60 s before
      Given Ana is connected with a token that ends in little more than a minute
      Then Ana is told that her connection ends in a minute

    @tokens/1.2 @should @spec_connecting
    Example: A token that ends sooner
      > or at once if there is less time, after the first list.
      Given Ana is connected with a token that is about to expire
      Then Ana is told at once that her connection ends

    @tokens/1.3 @should @spec_connecting
    Example: Not before
      > `auth:expiring` S→C `{expires_at}` comes 60 s before
      Given Ana is connected
      Then Ana is not told of an end, when Ben in another tab is

  Rule: A newer token takes the place of the one before

    @tokens/2.1 @should @spec_connecting
    Example: A long edit outlives its token
      > `auth:refresh` C→S `{token}` (same user, same tenant) moves the end … A long edit outlives its token without a reconnect.
      Given Ana is connected with a token that is about to expire
      And Ana has been told that her connection ends
      When Ana sends a fresh token
      Then the token is accepted
      And Ana is still connected after the end of her first token
      And Ben hears nothing of Ana

    @tokens/2.2 @should @spec_connecting
    Example: The end of the newer token is announced, too
      > `auth:refresh` C→S `{token}` (same user, same tenant) moves the end; its ack has `expires_at`.
      Given Ana is connected
      When Ana sends a token that ends in little more than a minute
      Then the token is accepted, with its end
      And Ana is told that her connection ends in a minute

    @tokens/2.3 @should @spec_connecting
    Example: The connection ends with the newer token, also if that ends sooner
      > `auth:refresh` C→S `{token}` (same user, same tenant) moves the end … A connection ends at its token's `exp`: `error` with `token_expired`, then disconnect.
      Given Ana is connected
      When Ana sends a token that is about to expire
      And the token of Ana expires
      Then Ana gets the error "token_expired" and is disconnected

  Rule: A token that is not the user's own, or not valid, changes nothing

    @tokens/3.1 @should @spec_connecting
    Scenario Outline: <token> is refused
      > Any other token is refused as at a connect, a token of another user or tenant with `forbidden`; then nothing changes.
      Given Ana is connected
      When Ana sends <token> in place of hers
      Then the token is refused with "<code>"
      And Ana is still connected

      Examples:
        | token                           | code            |
        | a token that is garbage         | unauthenticated |
        | a token signed with another key | unauthenticated |
        | a refresh token                 | unauthenticated |
        | a token without an end          | unauthenticated |
        | a token that is not valid yet   | unauthenticated |
        | an expired token                | token_expired   |
        | an empty token                  | invalid_payload |
        | a token of 8193 characters      | invalid_payload |
        | a number as token               | invalid_payload |
        | a list as token                 | invalid_payload |

    @tokens/3.2 @should @spec_connecting
    Example: The token of a colleague
      > a token of another user or tenant with `forbidden`
      Given Ana is connected
      When Ana sends a token of Ben in place of hers
      Then the token is refused with "forbidden"
      And Ana is still connected

    @tokens/3.3 @should @spec_connecting
    Example: The token of another company's user with the same id
      > a token of another user or tenant with `forbidden`
      Given Ana is connected
      When Ana sends a token of a user at "globex" with her id in place of hers
      Then the token is refused with "forbidden"
      And Ana is still connected

    @tokens/3.4 @should @spec_connecting
    Example: A refused token does not move the end
      > then nothing changes.
      Given Ana is connected with a token that is about to expire
      And Ana has been told that her connection ends
      When Ana sends a token of Ben in place of hers
      And the token of Ana expires
      Then Ana gets the error "token_expired" and is disconnected
