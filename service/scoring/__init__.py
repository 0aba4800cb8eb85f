"""What goes over the wire when somebody asks for a score: the request, the score, and the refusal.

In: a request for one person and one purpose, or an error that refuses it.
Out: values that are checked against their declaration, and problem documents that tell a caller no more than they may.
Callers: the scorer, `service.http` and the generated OpenAPI document.
"""
