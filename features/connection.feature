@connection
Feature: Connecting
  A browser opens a Socket.IO connection with the access token that the user already has.
  The token says who they are and which company (tenant) they belong to, until it expires.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: A valid access token is all that a connection needs

    @must @seed_4_2
    Example: A user connects with an access token
      When Ana connects
      Then Ana is connected

    @must @seed_2_1 @seed_4_2
    Scenario Outline: The token may travel <where>
      When Ana connects with her token <where>
      Then Ana is connected

      Examples:
        | where                             |
        | in the auth payload               |
        | in the auth payload with "Bearer" |
        | in the query                      |
        | in the query with "Bearer"        |

    @should @spec_connecting
    Example: The query is read only when the auth payload has no token
      When Ana connects with a bad token in the auth payload and a good one in the query
      Then Ana is refused with "unauthenticated"

    @should @spec_connecting
    Example: A good token in the auth payload is not undone by the query
      When Ana connects with a good token in the auth payload and a bad one in the query
      Then Ana is connected

    @must @seed_2_1
    Example: A token without a name is called Unknown
      Given Ben is connected
      When Ana connects with a token that has no name
      Then Ben sees "Unknown" come online

    @must @seed_2_1
    Scenario Outline: A token need not have <claim>
      When Ana connects with a token that has no <claim>
      Then Ana is connected

      Examples:
        | claim  |
        | name   |
        | email  |
        | role   |

  Rule: Without a valid access token nobody gets in, and nothing is stored

    Background:
      Given Ben is connected

    @must @seed_2_1 @seed_4_2
    Scenario Outline: <token> is refused
      When Ana connects with <token>
      Then Ana is refused with "unauthenticated" and the message "Not authenticated"
      And Ben hears nothing of Ana
      And the list that Ben gets shows Ben

      Examples:
        | token                              |
        | no token                           |
        | an empty token                     |
        | a token that is garbage            |
        | a token signed with another key    |

    @should @spec_connecting @spec_rulings
    Scenario Outline: <token> is refused, too
      When Ana connects with <token>
      Then Ana is refused with "unauthenticated" and the message "Not authenticated"
      And Ben hears nothing of Ana
      And the list that Ben gets shows Ben

      Examples: forged, or not an access token
        | token                                   |
        | a token without signature               |
        | a token changed after signing           |
        | a refresh token                         |
        | a token without type                    |
        | a token that is not valid yet           |

      Examples: without a usable user or tenant
        | token                                   |
        | a token without tenant                  |
        | a token with an empty tenant            |
        | a token with braces in the tenant       |
        | a token with a line break in the tenant |
        | a token with a list as tenant           |
        | a token with a tenant of 129 characters |
        | a token without user                    |
        | a token with an empty user              |
        | a token with braces in the user         |
        | a token with a user of 129 characters   |

      Examples: an auth payload that is none
        | token                                   |
        | a number as token                       |
        | a list as token                         |
        | null as token                           |
        | a string as auth payload                |
        | a list as auth payload                  |

    @should @spec_connecting
    Example: An expired token is refused with a code of its own
      When Ana connects with an expired token
      Then Ana is refused with "token_expired" and the message "Token has expired"
      And Ben hears nothing of Ana

    @must @seed_2_1
    Example: A refused user gets in with a good token afterwards
      Given Ana was refused
      When Ana connects
      Then Ana is connected
      And Ben sees Ana come online

    @should @spec_connecting
    Example: Events before the connection is accepted do nothing
      When Ana sends events on a transport without having connected
      Then Ben hears nothing of Ana
      And Ana can still connect on that transport

  Rule: A new connection gets the list, and the others hear of the new user

    @must @seed_4_2
    Example: The newcomer's list has the newcomer in it
      Given Ben is connected
      When Ana connects
      Then the first message to Ana is a list that shows Ana and Ben
      And Ana is not told that she came online herself

    @must @seed_4_2
    Example: The others hear who came
      Given Ben and Cy are connected
      When Ana connects
      Then Ben and Cy see Ana come online
      And Ben and Cy have heard it once

    @must @seed_4_2
    Example: Another company hears nothing
      Given Zoe is connected
      When Ana connects
      Then Zoe hears nothing of Ana
      And the list that Zoe gets shows Zoe

    @should @spec_connecting
    Example: A connection sees everything that happens after its list
      Given Ben is connected
      When Ana connects while Ben moves through 30 pages
      Then Ana knows the page that Ben is on

  Rule: A user may have 20 connections

    @should @spec_connecting
    Example: One more is refused, and the others stay
      Given Ben is connected
      And Ana has 20 tabs open
      When Ana connects
      Then Ana is refused with "limit_exceeded"
      And all 20 tabs of Ana are still connected
      And Ben hears nothing of Ana

    @should @spec_connecting
    Example: One has to be closed first
      Given Ana has 20 tabs open
      When Ana closes one tab
      And Ana opens another tab
      Then all 20 tabs of Ana are still connected

    @should @spec_connecting
    Example: Another user of the company is not counted
      Given Ana has 20 tabs open
      When Ben connects
      Then Ben is connected

  Rule: A connection ends with its token

    @should @spec_connecting
    Example: The token expires
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      Then Ana gets the error "token_expired" and is disconnected
      And the list that Ben gets shows Ana and Ben

    @should @spec_connecting
    Example: A fresh token in time, and nobody notices
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      And Ana comes back with a fresh token
      Then Ben hears nothing of Ana, even after the grace

    @should @spec_connecting
    Example: No fresh token, and the user is gone after the grace
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      Then Ben sees Ana leave after the grace

    @should @spec_connecting
    Example: Another tab with a longer token stays
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      And Ana has a second tab open
      When the token of Ana expires
      Then the second tab of Ana is still connected
      And Ben hears nothing of Ana, even after the grace

  Rule: The transport is Socket.IO as everybody speaks it

    @must @seed_1_1 @spec_transport
    Example: The handshake announces the limits
      When a client asks for a session
      Then the handshake offers "websocket" and announces the limits

    @must @seed_1_1 @spec_transport
    Example: A client begins with long-polling and moves on to WebSocket
      Given Ben is connected
      When Ana connects with long-polling and moves on to WebSocket
      Then Ana is connected over WebSocket
      And Ben sees Ana come online
      And Ana is answered

    @should @spec_transport
    Example: An old protocol is turned away
      When a client of Engine.IO 3 asks for a session
      Then it is turned away

    @should @spec_transport
    Example: There is no other namespace
      When Ana connects to the namespace "/admin"
      Then she is turned away from it

    @should @spec_transport @spec_presence @slow
    Example: A client that stops answering the server's pings is lost
      Given Ben is connected
      When Ana connects and stops answering pings
      Then Ben sees Ana leave after the grace
