"""Running the features against a server, for the command `realtime conform`.

selection   which examples run, and why not the others; the list of known failures
minting     where tokens come from
server      checks that the server can be tested; starts one for the run
workers     processes that run examples; one that hangs is ended
run         one complete run, also if the server goes down
findings    combines all outcomes: contract checks, rulings, coverage, the verdict
"""
