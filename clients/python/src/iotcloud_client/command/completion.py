"""Completion of commands and options, as scripts for shells, made from the parser itself."""

import argparse

SCRIPT = """_iotcloud() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}"
  case "${{COMP_WORDS[1]}}" in
{cases}
    *) COMPREPLY=($(compgen -W "{commands}" -- "$current")) ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "{commands}" -- "$current")); fi
}}
complete -o default -F _iotcloud iotcloud
"""


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script that `eval` takes; zsh reads that of bash."""
    commands = _subcommands(parser)
    cases = "\n".join(
        f'    {name}) COMPREPLY=($(compgen -W "{" ".join(_words(one))}" -- "$current")) ;;'
        for name, one in commands.items()
    )
    begin = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return begin + SCRIPT.format(cases=cases, commands=" ".join(commands))


def _subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _words(parser: argparse.ArgumentParser) -> list[str]:
    words = list(_subcommands(parser))
    for action in parser._actions:
        words += [option for option in action.option_strings if option.startswith("--")]
        if not isinstance(action, argparse._SubParsersAction):
            words += [str(choice) for choice in action.choices or () if isinstance(choice, str)]
    return words
