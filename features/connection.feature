@connection
Feature: Connecting
  A browser opens a Socket.IO connection with the access token that the user already has.
  The token says who they are and which company (tenant) they belong to, until it expires.

  Background:
    Given Ana, Ben and Cy work at "acme"
    And Zoe works at "globex"

  Rule: A valid access token is all that a connection needs

    @connection/1.1 @must @seed_4_2 @single
    Example: A user connects with an access token
      > The token is an **access** token (a refresh token is refused), signed as configured, not expired, with non-empty `sub` and `tenant_id`
      When Ana connects
      Then Ana is connected

    @connection/1.2 @must @seed_2_1 @seed_4_2 @single
    Scenario Outline: The token may travel <where>
      > Auth: `auth.token`, else `?token=`; a leading `Bearer ` is accepted.
      When Ana connects with her token <where>
      Then Ana is connected

      Examples:
        | where                             |
        | in the auth payload               |
        | in the auth payload with "Bearer" |
        | in the query                      |
        | in the query with "Bearer"        |

    @connection/1.3 @should @spec_connecting @single
    Example: The query is read only when the auth payload has no token
      > Auth: `auth.token`, else `?token=`
      When Ana connects with a bad token in the auth payload and a good one in the query
      Then Ana is refused with "unauthenticated"

    @connection/1.4 @should @spec_connecting @single
    Example: A good token in the auth payload is not undone by the query
      > Auth: `auth.token`, else `?token=`
      When Ana connects with a good token in the auth payload and a bad one in the query
      Then Ana is connected

    @connection/1.5 @must @seed_2_1
    Example: A token without a name is called Unknown
      > `name` (default "Unknown"), `email`, `role` (default "user") are read too.
      Given Ben is connected
      When Ana connects with a token that has no name
      Then Ben sees "Unknown" come online

    @connection/1.6 @must @seed_2_1 @single
    Scenario Outline: A token need not have <claim>
      > `name` (default "Unknown"), `email`, `role` (default "user") are read too.
      When Ana connects with a token that has no <claim>
      Then Ana is connected

      Examples:
        | claim  |
        | name   |
        | email  |
        | role   |

    @connection/1.7 @should @spec_connecting @single
    Scenario Outline: The clocks may differ: <token>
      > `exp`, `nbf` and `iat` are numbers, and read within `JWT_LEEWAY_SECONDS` (5) of the clocks.
      When Ana connects with <token>
      Then Ana is connected

      Examples:
        | token                                    |
        | a token that ran out a second ago        |
        | a token that is valid in three seconds   |

  Rule: Without a valid access token nobody gets in, and nothing is stored

    Background:
      Given Ben is connected

    @connection/2.1 @must @seed_2_1 @seed_4_2
    Scenario Outline: <token> is refused
      > Seed texts stay: "Not authenticated" … Refusal: the client's `connect_error` carries `message` and `data: {code}`; nothing is stored.
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

    @connection/2.2 @should @spec_connecting @spec_rulings
    Scenario Outline: <token> is refused, too
      > The token is an **access** token (a refresh token is refused), signed as configured, not expired, with non-empty `sub` and `tenant_id`
      When Ana connects with <token>
      Then Ana is refused with "unauthenticated" and the message "Not authenticated"
      And Ben hears nothing of Ana
      And the list that Ben gets shows Ben

      Examples: forged
        | token                                   |
        | a token without signature               |
        | a token changed after signing           |

      @ruling_refused_tokens
      Examples: not an access token
        | token                                   |
        | a refresh token                         |
        | a token without type                    |

      Examples: not yet an access token
        | token                                   |
        | a token that is not valid yet           |

      @ruling_refused_tokens
      Examples: without tenant
        | token                                   |
        | a token without tenant                  |
        | a token with an empty tenant            |

      Examples: without a usable user or tenant
        | token                                   |
        | a token with braces in the tenant       |
        | a token with a line break in the tenant |
        | a token with a list as tenant           |
        | a token with a tenant of 129 characters |
        | a token without user                    |
        | a token with an empty user              |
        | a token with braces in the user         |
        | a token with a blank before the tenant  |
        | a token with a blank after the user     |
        | a token with a user that is not in NFC  |
        | a token with a bidi character in the user |
        | a token with a user of 129 characters   |

      Examples: an auth payload that is none
        | token                                   |
        | a number as token                       |
        | a list as token                         |
        | null as token                           |
        | a token of 8193 characters              |

    @connection/2.3 @should @spec_connecting
    Example: An expired token is refused with a code of its own
      > `token_expired` … The token is an **access** token (a refresh token is refused), signed as configured, not expired
      When Ana connects with an expired token
      Then Ana is refused with "token_expired" and the message "Token has expired"
      And Ben hears nothing of Ana

    @connection/2.4 @must @seed_2_1
    Example: A refused user gets in with a good token afterwards
      > Refusal: the client's `connect_error` carries `message` and `data: {code}`; nothing is stored.
      Given Ana was refused
      When Ana connects
      Then Ana is connected
      And Ben sees Ana come online

    @connection/2.5 @should @spec_connecting
    Example: Events before the connection is accepted do nothing
      > No input, however malformed, kills a connection handler, changes state … On success, in this order: state is stored
      When Ana sends events on a transport without having connected
      Then Ben hears nothing of Ana
      And Ana can still connect on that transport

    @connection/2.6 @should @spec_connecting
    Scenario Outline: Socket.IO has no place for <auth>, and a server may hang up
      > No input, however malformed, kills a connection handler, changes state … On success, in this order: state is stored
      When Ana connects with <auth>
      Then Ana is not let in
      And Ben hears nothing of Ana
      And the list that Ben gets shows Ben

      Examples:
        | auth                     |
        | a string as auth payload |
        | a list as auth payload   |

    @connection/2.7 @should @spec_connecting @single
    Scenario Outline: <token> is refused, because it has no usable end
      > `exp`, `nbf` and `iat` are numbers … `exp` is required unless a setting says otherwise
      When Ana connects with <token>
      Then Ana is refused with "unauthenticated" and the message "Not authenticated"
      And Ben hears nothing of Ana

      Examples:
        | token                                    |
        | a token without an end                   |
        | a token with a list as end               |
        | a token with a text as end               |
        | a token with an end beyond all years     |

  Rule: A new connection gets the list, and the others hear of the new user

    @connection/3.1 @must @seed_4_2
    Example: The newcomer's list has the newcomer in it
      > the new connection gets `presence:list` with itself in it.
      Given Ben is connected
      When Ana connects
      Then the first message to Ana is a list that shows Ana and Ben
      And Ana is not told that she came online herself

    @connection/3.2 @must @seed_4_2
    Example: The others hear who came
      > others get `presence:user_joined` *if this made the user online*
      Given Ben and Cy are connected
      When Ana connects
      Then Ben and Cy see Ana come online
      And Ben and Cy have heard it once

    @connection/3.3 @must @seed_4_2
    Example: Another company hears nothing
      > Nothing ever crosses tenants.
      Given Zoe is connected
      When Ana connects
      Then Zoe hears nothing of Ana
      And the list that Zoe gets shows Zoe

    @connection/3.4 @should @spec_connecting
    Example: A connection sees everything that happens after its list
      > A connection sees every broadcast that happens after its list.
      > the connection joins its tenant room
      Given Ben is connected
      When Ana connects while Ben moves through 30 pages
      Then Ana knows the page that Ben is on

  Rule: A user may have 20 connections

    @connection/4.1 @should @spec_connecting
    Example: One more is refused, and the others stay
      > `limit_exceeded` (details: `limit`) … 20 connections a user
      Given Ben is connected
      And Ana has 20 tabs open
      When Ana connects
      Then Ana is refused with "limit_exceeded"
      And all 20 tabs of Ana are still connected
      And Ben hears nothing of Ana

    @connection/4.2 @should @spec_connecting
    Example: One has to be closed first
      > 20 connections a user
      Given Ana has 20 tabs open
      And one more tab of Ana is refused
      When Ana closes one tab
      And Ana opens another tab
      Then all 20 tabs of Ana are still connected

    @connection/4.3 @should @spec_connecting
    Example: Another user of the company is not counted
      > 20 connections a user
      Given Ana has 20 tabs open
      When Ben connects
      Then Ben is connected

  Rule: A connection ends with its token

    @connection/5.1 @should @spec_connecting
    Example: The token expires
      > A connection ends at its token's `exp`: `error` with `token_expired`, then disconnect.
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      Then Ana gets the error "token_expired" and is disconnected
      And the list that Ben gets shows Ana and Ben

    @connection/5.2 @should @spec_connecting @ruling_grace @slow
    Example: A fresh token in time, and nobody notices
      > A connection ends at its token's `exp` … The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      And Ana comes back with a fresh token
      Then Ben hears nothing of Ana, even after the grace

    @connection/5.3 @should @spec_connecting @ruling_grace @slow
    Example: No fresh token, and the user is gone after the grace
      > A connection ends at its token's `exp` … The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices; else `user_left`, once.
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      When the token of Ana expires
      Then Ben sees Ana leave after the grace

    @connection/5.4 @should @spec_connecting @ruling_first_in_last_out @slow
    Example: Another tab with a longer token stays
      > A connection ends at its token's `exp`: `error` with `token_expired`, then disconnect. … Further tabs: no joined, no left.
      Given Ben is connected
      And Ana is connected with a token that is about to expire
      And Ana has a second tab open
      When the token of Ana expires
      Then the second tab of Ana is still connected
      And Ben hears nothing of Ana, even after the grace

  Rule: The transport is Socket.IO as everybody speaks it

    @connection/6.1 @must @seed_1_1 @spec_transport @single
    Example: The handshake announces the limits
      > `ping_interval` 25 s, `ping_timeout` 30 s, payload limit 1 MiB, all by settings.
      When a client asks for a session
      Then the handshake offers "websocket" and announces the limits

    @connection/6.2 @must @seed_1_1 @spec_transport
    Example: A client begins with long-polling and moves on to WebSocket
      > Socket.IO protocol v5 (Engine.IO 4), namespace `/`, path `/socket.io`, WebSocket and long-polling.
      Given Ben is connected
      When Ana connects with long-polling and moves on to WebSocket
      Then Ana is connected over WebSocket
      And Ben sees Ana come online
      And Ana is answered

    @connection/6.3 @should @spec_transport @single
    Example: An old protocol is turned away
      > Socket.IO protocol v5 (Engine.IO 4)
      When a client of Engine.IO 3 asks for a session
      Then it is turned away

    @connection/6.4 @should @spec_transport @single
    Example: There is no other namespace
      > Socket.IO protocol v5 (Engine.IO 4), namespace `/`
      When Ana connects to the namespace "/admin"
      Then she is turned away from it

    @connection/6.5 @should @spec_transport @spec_presence @ruling_disconnect_reason @ruling_grace @slow
    Example: A client that stops answering the server's pings is lost
      > `ping_interval` 25 s, `ping_timeout` 30 s … The transport was lost: the user stays, for `OFFLINE_TIMEOUT_SECONDS` (60); back within it on any node, nobody notices; else `user_left`, once.
      Given Ben is connected
      When Ana connects and stops answering pings
      Then Ben sees Ana leave after the grace
