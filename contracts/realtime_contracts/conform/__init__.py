"""Runs the features against a server that is known only by its URLs, and reports the results.

`realtime conform` is the command. To run one example in your own tests, call `scenario.run`:

    outcome = run(suite().examples[0], Target(["http://127.0.0.1:5000"], "websocket", mint, Timeouts()))

The features, and how they run:

    requirements    the features, read and checked: requirements, their examples, their sentences
    tags            what the tags of the features mean, and the sections that requirements are from
    sentences       finds the step of each sentence
    steps           the sentences of the features, by subject
    scenario        one example against a server: its steps, its verdict
    running         the command's work: selection, tokens, processes, combined findings
    results         the results of a run: plain data, for every report
    reports         terminal, HTML, JUnit, JSON, Cucumber Messages

The parts of a scenario:

    world           one scenario's tenants, users and timeouts, and the barrier that proves absence
    state           users and their tabs, and the values that one step passes to the next
    tab             a connection, its messages, and whether they conform to the contract
    rest            the REST client, which judges each answer
    observed        every breach of the contract and all traffic; events that a server never sends
    document_view   a room's document, folded from syncs, edits and acks
    coverage        the parts of the contract that were exercised, and payloads that exercise them
    payloads        wrong and extreme payloads, by a feature's words
    rulings         the specification's rulings that a client can observe

Every message and every ack is judged by the contract on arrival. A violation is a breach of the contract's own
requirement (`contract/server/presence:list`), independent of the scenario's sentences.
"""
