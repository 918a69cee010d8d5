"""`realtime contract check`: a capture of a live client, held against the contract.

A capture is what a browser's network panel saves (HAR), a log of JSON lines, or one message. Its way
through these modules, each of which can be read alone:

    source      the file, however it comes: gzip, zip, standard input, and what kind of capture it is
    attachments the files that a HAR may name instead of holding their contents
    har, log    what is in it: packets, each with its place in the file, and the connection it belongs to
    sessions    packets put together to messages: binary attachments, acks with the events they answer
    judge       each message against the contract; what is found, and what is counted
    reports     the result for people and for machines

`wire.packets` says what a packet is, and `wire.redaction` what must not be shown.

Nothing is held in memory but findings and what waits for its counterpart, so a capture may be larger than the machine.
"""
