"""What a device prints about its sessions, counters and decisions."""
