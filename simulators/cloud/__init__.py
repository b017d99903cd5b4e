"""The local cloud: AWS on this machine, by an emulator, with the real template deployed to it unchanged.

`make run` and `make up` come in through `__main__`. The emulator has an environment of its own and runs as a child
process from `serve`; everything else here runs in the project's.
"""
