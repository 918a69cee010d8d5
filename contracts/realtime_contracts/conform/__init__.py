"""The features, run against a server that is known only by its URLs, and what that says of it.

`realtime conform` is the command; `scenario.run` runs one example in this process, for whoever has tests of their own:

    outcome = run(suite().examples[0], Target(["http://127.0.0.1:5000"], "websocket", mint, Timeouts()))

What is to be met, and how it is run:

    requirements    the features, read and checked: requirements, their examples, their sentences
    tags            what the tags of the features mean
    sentences       how a sentence of a feature finds its step
    steps           the sentences of the features, by domain object
    scenario        one example against a server: its steps, its verdict
    results         what a run has found: plain data, for every report
    running         the command: selection, tokens, processes, what all results say together
    reports         terminal, HTML, JUnit, JSON, Cucumber Messages
    coverage        what of the contract was exercised, and payloads that exercise it
    rulings         the specification's table of what the seed says otherwise
    sources         the sections that requirements are from

What a scenario is made of:

    world           one scenario's companies, people and clocks, and the barrier that proves absence
    person          somebody, and their tabs
    tab             one browser tab: everything it heard, and whether that was right
    connection      a connection, coming and going
    observed        what was seen of a server whatever the sentences say; and what it never does
    view            the view that a front end would fold from list and messages; it notices gaps and disorder
    document_view   the same for a room's document, from syncs, edits and acks
    rest            the REST API, each answer judged as it comes
    journal         what went over one connection, in order, and waiting for it
    wire, redaction what of that a report shows
    transport       the official client made to keep order, to lose its transport, and to say anything
    sessions        HTTP that ends when it is told to, whatever is answered
    raw             Engine.IO by hand, for handshakes and for clients that misbehave below Socket.IO
    payloads        nonsense to send, by name
    forged          tokens that must not work, by name
    timeouts        how long the server takes for what it does by the clock, and how long a scenario waits

Every message and every ack is judged by the contract as it comes. What broke it is a breach, of the contract's own
requirements (`contract/server/presence:list`), whatever the sentences of the scenario say.
"""
