"""The contract of the audit's JSON, ready to be held against a document: ``tests/audit`` checks the schema itself."""

import json
from functools import cache
from importlib.resources import files

import jsonschema


@cache
def validator():
    """Of ``audit-1.json``, formats as well."""
    schema = json.loads(files("nornir_anyconnect.audit").joinpath("schema/audit-1.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def valid(document):
    """Fail where the document breaks the contract."""
    validator().validate(document)
