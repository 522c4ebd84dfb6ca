"""The TTP template of each mode, made of the grammar's rows; text alone, which only the parser hands to TTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.modes import rows_of, spellings

if TYPE_CHECKING:
    from nornir_anyconnect.asa.grammar import Mode

_PLACEHOLDER = re.compile(r"<(?:(\w+):)?([\w-]+)>")
_PATTERNS = {"number": "DIGIT", "rest": 're("REST")'}


def template_of(mode: Mode) -> str:
    """The TTP template of a mode: a line per row, spelling and form, whose variables begin with the row's number."""
    lines = []
    constants: dict[str, str] = {}
    for at, row in enumerate(rows_of(mode)):
        for form in row.value.forms if row.value else ():
            lines += [
                _template_line(f"r{at}_", keyword, ending, constants)
                for keyword in spellings(row.keyword)
                for ending in spellings(form)
            ]
    pinned = "".join(f'{name} = "{text}"\n' for name, text in constants.items())
    body = "\n".join(lines)
    return (
        f'<vars>\nREST = ".+"\n{pinned}</vars>\n'
        f'<group name="lines*" method="table">\n{body}\n{{{{ unread | _line_ }}}}\n</group>\n'
    )


def _template_line(prefix: str, keyword: str, form: str, constants: dict[str, str]) -> str:
    def variable(found: re.Match[str]) -> str:
        label, kind = found[1] or found[2], found[2]
        if kind in _PATTERNS:
            return f"{{{{ {prefix}{label} | {_PATTERNS[kind]} }}}}"
        if found[1] and kind != "word":  # a fixed word that is told apart by its variable
            constants[label.upper()] = kind
            return f'{{{{ {prefix}{label} | re("{label.upper()}") }}}}'
        return f"{{{{ {prefix}{label} }}}}"

    text = _PLACEHOLDER.sub(variable, form)
    said = "" if "{{" in text else f' {{{{ {prefix}said | set("yes") }}}}'
    return f"{keyword} {text}".strip() + said
