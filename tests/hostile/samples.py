"""What is well: a configuration and a log, which hostile files are made of."""

from tests.cli.cli_texts import AT_RISK, SYSLOG

CONFIG, LOG = AT_RISK.encode(), SYSLOG.encode()
