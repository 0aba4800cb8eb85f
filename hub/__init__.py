"""The hub: agencies' extracts come in under a legal gateway, linked people go out without their names.

In: extracts (files) and a partnership's `partnership.yaml`, `gateways.yaml` and `sources.yaml`.
Out: immutable snapshots of `person, event, household, involvement, area`; names, dates of birth and agency
identifiers stay in the identity store, which only this package opens.
Callers: every other package may read snapshots; only the hub's own commands may ingest, link and publish.
"""
