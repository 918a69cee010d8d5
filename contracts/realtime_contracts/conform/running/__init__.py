"""`realtime conform`: the features against anyone's server.

cli         the command
options     its options that have a form of their own
output      the terminal and the files it writes
selection   which examples, and why not the others
minting     where tokens come from
probe       whether there is a server at all, in words that help
launch      a server that is started for the run
workers     processes that run examples, and what becomes of one that hangs
session     a run from its beginning to its end
assembly    what all outcomes say together: contract checks, rulings, coverage, the verdict
known       the list of what is known to fail
"""
