"""Notices: who is told, when, and how it reaches them.

Reading order: plan (who), schedule and quiet (when), summary (of what), queue (the rows), sorter (what becomes of
them), language and render (the words), writer (from row to letter), sender, worker (the thread).
"""
