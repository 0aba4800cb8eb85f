"""Audits: the evidence about one bundle, for people who are not technical and must decide.

In: a bundle, the feature set it was tested on and that feature set's groups.
Out: a digested audit: one self-contained HTML report and the same figures as JSON, logged to the MLflow run.
Callers: `ethics` binds decisions to an audit's digest; `service` shows it.
"""
