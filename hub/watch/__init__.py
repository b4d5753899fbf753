"""What an operator must notice, of the site as a whole: silent nodes, jammed locks, failing mails, a full disk ...

Reading order: `problem`, `facts`, `judge` (facts to findings), `standing` (findings to what stands; all pure), then the
rim: `gather` and `certificates` measure, `tell` writes notices, `watcher` goes round.
"""

from hub.watch.problem import Finding, Kind, Problem, Severity
from hub.watch.watcher import Watcher

__all__ = ["Finding", "Kind", "Problem", "Severity", "Watcher"]
