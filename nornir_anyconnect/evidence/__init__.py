"""What devices and clients say happened; takes iterables, opens nothing."""
