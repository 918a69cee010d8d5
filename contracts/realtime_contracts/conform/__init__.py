"""Runs the features against a server that is known only by its URLs, and reports the results.

`realtime conform` is the command. To run one example in your own tests, call `scenario.run`:

    outcome = run(suite().examples[0], Target(["http://127.0.0.1:5000"], "websocket", mint, Timeouts()))

The features, and how they run:

    requirements    the features, read and checked: requirements, their examples, their sentences
    tags            what the tags of the features mean, and the sections that requirements are from
    sentences       how a sentence of a feature finds its step
    steps           the sentences of the features, by subject
    scenario        one example against a server: its steps, its verdict
    running         the command's work: selection, tokens, processes, what all results say together
    results         what a run has found: plain data, for every report
    reports         terminal, HTML, JUnit, JSON, Cucumber Messages

The parts of a scenario:

    world           one scenario's tenants, users and timeouts, and the barrier that proves absence
    state           a user and their tabs, and what one step hands to the next
    tab             a connection, coming and going: everything it heard, and whether that was right
    rest            the REST API, each answer judged as it comes
    observed        every breach of the contract and all traffic; what a server was never seen to send
    document_view   a room's document, folded from syncs, edits and acks
    coverage        what of the contract was exercised, and payloads that exercise it
    payloads        wrong and extreme payloads, by the words of a feature
    rulings         the specification's table of what the seed says otherwise

Every message and every ack is judged by the contract on arrival. A violation is a breach of the contract's own
requirement (`contract/server/presence:list`), independent of the scenario's sentences.
"""
