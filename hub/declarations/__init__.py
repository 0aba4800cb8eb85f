"""Declarations: what a partnership says of itself in YAML, and what the product brings: adapters, code lists, powers.

In: the files of a partnership's folder, and the adapters and code lists of this package.
Out: checked values: who is a partner, under which gateway a source comes, how its files become facts.
Callers: outsiders through `partnership`, `gateways`, `sources`, `source_files`, `mapped_columns`, and for the starter
and its check `adapter`, `expressions`, `powers`, `source_mappings`; every room of the hub below.
"""
