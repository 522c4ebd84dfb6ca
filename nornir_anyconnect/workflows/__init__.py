"""What a runbook and the command both do with a fleet, a folder of files, a night or a run."""
