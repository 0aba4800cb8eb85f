"""Demonstration: the whole journey on generated children, and a starter for a partnership of one's own.

In: an empty workspace.
Out: snapshot, feature set, bundle, audit, proposal and decision, scored once through the real gate.
Callers: `service.commands`.
"""
