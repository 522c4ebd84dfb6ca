"""`check` with a FreeRADIUS users file beside the configuration."""

from cli_texts import AT_RISK


def test_what_radius_hands_out_is_a_finding_of_each_user_it_names(cli, write):
    config = write("edge1.cfg", AT_RISK)
    users = write(
        "mods-config/files/authorize", 'alice Cleartext-Password := "canary-of-alice"\n\tASA-SVC-MTU = 1200\n'
    )
    run = cli("check", config, users, "--format", "json")
    (device,) = run.json["devices"]
    (alice,) = [each for each in device["findings"] if each["scope"] == "username"]
    assert (alice["name"], alice["verdict"], alice["configured_mtu"], alice["configured_mtu_from"]) == (
        "alice", "safe", 1200, "radius",
    )  # fmt: skip
    assert run.json["inputs"][1]["read_as"] == "RADIUS users file"
    assert "RADIUS hands alice SVC-MTU 1200" in cli("check", config, users).out
    for how in ("text", "json", "html", "csv", "markdown"):
        assert "canary-of-alice" not in cli("check", config, users, "--format", how, "--details").out
    hidden = cli("check", config, users, "--pseudonymise-users", "--details").out
    assert "alice" not in hidden


def test_whose_likely_pair_is_told_stands_in_the_settings_too(cli, write):
    def told(*argv):
        (device,) = cli("check", config, "--format", "json", *argv).json["devices"]
        return {each["likely"] and each["likely"]["client"] for each in device["findings"] if each["name"] == "STAFF"}

    config = write("edge1.cfg", AT_RISK)
    assert told() == {"secure-client-5"}
    write("nornir-anyconnect.yaml", "client: anyconnect-4.6\n")
    assert told() == {"anyconnect-4.6"}
    assert told("--client", "secure-client-5") == {"secure-client-5"}
    write("nornir-anyconnect.yaml", "client: nobody-s\n")
    run = cli("check", config)
    assert (run.code, "there is no client 'nobody-s'" in run.err) == (2, True)
