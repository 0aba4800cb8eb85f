"""What speaks HTTP: the socket with its limits and times, the routes, and the body of a request.

In: bytes from whoever can reach the port, all of them taken to be hostile until they are a request as declared.
Out: a score or a problem document, which never repeats what came in; what may stand in the ledger goes to the scorer.
Callers: `sentinel serve`, the trial of the gate and the generated OpenAPI document.
"""
