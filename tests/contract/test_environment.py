"""The environment is read in one place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "layers" / "iotcloud" / "iotcloud" / "settings.py"
MODULES = sorted(
    file for folder in ("layers/iotcloud/iotcloud", "api", "functions") for file in (ROOT / folder).rglob("*.py")
)


def reads_environment(module: Path) -> bool:
    """Return whether a module touches the environment: `os.environ`, `os.getenv`, or either of them by import."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "putenv"):
                return True
            case ast.ImportFrom(module="os", names=names) if {name.name for name in names} & {"environ", "getenv"}:
                return True
    return False


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_only_the_settings_read_the_environment(module: Path) -> None:
    assert reads_environment(module) == (module == SETTINGS)
