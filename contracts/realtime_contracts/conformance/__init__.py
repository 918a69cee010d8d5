"""The features, run against a server that is known only by its URLs.

What a scenario needs comes through fixtures: `nodes` (the base URLs of one cluster), `mint` (makes access
tokens that the cluster accepts), `timeouts` (the cluster's settings, in seconds), `transport`, and `faults`
for those who can kill a node or cut Redis. Everything else is here:

    plugin      the pytest plugin: the steps, and the world of one scenario
    steps       the sentences of the features, by domain object
    world       one scenario's companies, people and clocks, and the barrier that proves absence
    tab         one browser tab: the official client, everything it heard, and whether that was right
    view        the view that a front end would fold from list and messages; it notices gaps and disorder
    document_view   the same for a room's document, from syncs, edits and acks
    rest        the REST API, each answer judged as it comes
    journal     what went over one connection, in order, and waiting for it
    transport   the official client made to keep order, to lose its transport, and to say anything
    raw         Engine.IO by hand, for handshakes and for clients that misbehave below Socket.IO
    payloads    nonsense to send, by name
    forged      tokens that must not work, by name
    phrase      how a sentence of a feature finds its step

A tab judges every message and every ack that it receives by the contract; a scenario in which any of them
broke it has failed, whatever its own sentences say.
"""
