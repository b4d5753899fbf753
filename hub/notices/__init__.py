"""Notices: who is told, when, and how it reaches them.

Reading order: plan (who), schedule (when), queue (the rows), render (the words), sender, worker (the thread).
"""
