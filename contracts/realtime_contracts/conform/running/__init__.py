"""Running the features against a server, for the command `realtime conform`.

selection   which examples, and why not the others; the list of what is known to fail
minting     where tokens come from
server      whether there is a server at all, in words that help; a server that is started for the run
workers     processes that run examples, and what becomes of one that hangs
run         a run from its beginning to its end, also where the server does not survive it
findings    what all outcomes say together: contract checks, rulings, coverage, the verdict
"""
