"""Eval expressions: their grammar, their values, their functions."""
