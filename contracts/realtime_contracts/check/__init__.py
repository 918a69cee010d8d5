"""`realtime contract check`: checks a capture of a live client against the contract.

A capture is a HAR from a browser's network panel, a log of JSON lines, or one message. The modules, in processing
order:

    source      the file, however it comes: gzip, zip, standard input; its kind; files that a HAR names
    har, log    what is in it: packets, each with its place in the file, and the connection it belongs to
    sessions    packets put together to messages: binary attachments, acks with the events they answer
    judge       each message against the contract; what is found, and what is counted
    check       all of it for one capture; result is what comes of it
    reports     the result for people and for machines

Packets are parsed by `wire.packets`; `wire.redaction` hides tokens and what a terminal obeys. Only findings and what
waits for its counterpart are held in memory, so a capture may be larger than the machine's memory.
"""
