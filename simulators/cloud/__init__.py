"""The local cloud: an AWS emulator on this machine, with the unchanged real template deployed to it.

`make run` and `make up` start in `__main__`. The emulator has its own Python environment and runs as a child process
from `serve`; all other modules run in the project's environment.
"""
