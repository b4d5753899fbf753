"""`python -m maskgate` is the `maskgate` command."""

from maskgate.cli import main

main()
