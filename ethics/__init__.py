"""Ethics: the data ethics group's record, as one table of states, and the ledger that nothing leaves.

In: proposals about digests (bundle, audit, snapshot, use case), canvas answers, recommendations, decisions.
Out: a decision that is valid, or the reason why none is; every write stands in the hash-chained ledger.
Callers: `service` asks for the valid decision at every request and writes scores and refusals to the ledger.
"""
