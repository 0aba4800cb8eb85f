"""Slow, obvious SQL of what features/ works out fast. Only tests read it; it is never shipped."""
