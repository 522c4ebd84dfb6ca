"""Each promise, the guards that keep it, and the test that fails once a guard is gone.

``code`` stands exactly once in its file; ``without`` is the same place with the guard removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutation.trial import ROOT, Trial

SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard of a promise, and the test that must fail without it."""

    promise: int
    file: str
    code: str
    without: str
    test: str

    def trial(self) -> Trial:
        """The test, with the guard removed.

        Raises:
            ValueError: the guard is not there, or not there alone.

        """
        source = (ROOT / self.file).read_text("utf-8")
        if source.count(self.code) != 1:
            raise ValueError(f"promise {self.promise}: {self.file} holds {self.code!r} {source.count(self.code)} times")
        return Trial(self.file, source.replace(self.code, self.without), (self.test,), SECONDS)


PKG = "nornir_anyconnect"
CHANGE, DEVICE, ASA = f"{PKG}/change", f"{PKG}/platforms/asa_ssh", f"{PKG}/asa"
TRANSACTION, SESSION = f"{CHANGE}/transaction.py", f"{DEVICE}/session.py"
P = "tests/promises/test_promise_"
ON_A_BOX = "tests/change/test_transaction.py::test_"
EDGES = "tests/change/test_transaction_edges.py::test_"

GUARDS: tuple[Guard, ...] = (
    Guard(
        1, TRANSACTION,
        "if dry_run:\n                return ended(State.NOT_STARTED, Why.DRY_RUN",
        "if False:\n                return ended(State.NOT_STARTED, Why.DRY_RUN",
        f"{P}01_the_default_is_to_plan.py::test_in_a_runbook_only_without_any_dry_run_is_anything_changed",
    ),
    Guard(
        1, f"{CHANGE}/plan/model.py",
        "if self.preview_only:",
        "if False:",
        f"{P}01_the_default_is_to_plan.py::test_no_run_begins_over_a_preview",
    ),
    Guard(
        1, f"{PKG}/cli/change.py",
        '        _confirm(count, "change", yes=asked.yes, what=intent(tuple(nornir.inventory.hosts), how))\n',
        "",
        f"{P}01_the_default_is_to_plan.py::test_on_the_command_line_only_apply_without_dry_run_changes_anything",
    ),
    Guard(
        2, f"{PKG}/tasks/change_plan.py",
        "return bool(task.global_dry_run) or bool(asked)",
        "return bool(task.is_dry_run(asked))",
        f"{P}02_dry_run_is_sticky.py::test_any_true_wins",
    ),
    Guard(
        3, f"{DEVICE}/connection.py",
        "            session.pager_off()\n",
        "            session.pager_off()\n            session.configure()\n            session.leave_configuration()\n",
        "tests/fleet/test_fleet_audit.py::test_every_kind_of_box_is_judged_and_nothing_else_is_sent",
    ),
    Guard(
        3, f"{DEVICE}/netmiko_transport.py",
        "    def _try_session_preparation(self, force_data: bool = True) -> None:\n        pass\n",
        "",
        "tests/fleet/test_fleet_audit.py::test_every_kind_of_box_is_judged_and_nothing_else_is_sent",
    ),
    Guard(
        4, SESSION,
        'isinstance(command, Command) and type(command).__module__.startswith("nornir_anyconnect.asa.")',
        "isinstance(command, Command)",
        "tests/platforms/test_session.py::test_a_command_that_somebody_else_defined_is_not_taken",
    ),
    Guard(
        4, SESSION,
        "        if not known:\n",
        "        if False:\n",
        f"{P}04_only_typed_commands.py::test_nothing_else_is_taken",
    ),
    Guard(
        5, f"{ASA}/commands.py",
        "    if not _NAME.fullmatch(name):\n",
        "    if False:\n",
        "tests/asa/test_commands.py::test_a_hostile_name_is_refused",
    ),
    Guard(
        5, f"{ASA}/commands.py",
        "_NAME.fullmatch(name)",
        "_NAME.match(name)",
        f"{P}05_no_control_character.py::test_each_write_is_one_printable_line",
    ),
    Guard(
        5, f"{ASA}/commands.py",
        "return f'\"{name}\"' if \" \" in name else name",
        "return name",
        "tests/asa/test_commands.py::test_a_name_with_blanks_is_quoted_and_any_other_is_not",
    ),
    Guard(
        5, f"{ASA}/config_commands.py",
        'and "?" not in line\n',
        "\n",
        "tests/asa/test_commands_config.py::test_a_masked_secret_or_an_unknown_attribute_is_never_copied",
    ),
    Guard(
        6, f"{DEVICE}/netmiko_transport.py",
        "self.set_missing_host_key_policy(paramiko.RejectPolicy())",
        "self.set_missing_host_key_policy(paramiko.AutoAddPolicy())",
        "tests/fleet/test_fleet_audit.py::test_an_unknown_host_key_never_sees_a_password[netmiko]",
    ),
    Guard(
        6, f"{DEVICE}/netmiko_transport.py",
        "                self.get_host_keys().add(server.name, kind, _key(key))\n",
        "                self.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
        "tests/fleet/test_fleet_audit.py::test_a_changed_key_names_both_fingerprints[netmiko]",
    ),
    Guard(
        6, f"{DEVICE}/asyncssh_transport.py",
        "        self.shown = HostKey(self.server.name, kind, data)\n        return False\n",
        "        self.shown = HostKey(self.server.name, kind, data)\n        return True\n",
        "tests/fleet/test_fleet_audit.py::test_a_changed_key_names_both_fingerprints[asyncssh]",
    ),
    Guard(
        6, f"{DEVICE}/asyncssh_transport.py",
        "known_hosts=(trusted, [], [])",
        "known_hosts=None",
        "tests/fleet/test_fleet_audit.py::test_an_unknown_host_key_never_sees_a_password[asyncssh]",
    ),
    Guard(
        6, f"{DEVICE}/host_keys.py",
        "        if known and not replace:\n",
        "        if False:\n",
        "tests/platforms/test_host_keys.py::test_a_changed_key_is_replaced_only_when_asked",
    ),
    Guard(
        7, f"{DEVICE}/options.py",
        "        if value is not None and (unsafe is None or _truth(value) is unsafe):\n",
        "        if False:\n",
        "tests/platforms/test_device_options.py::test_unsafe_settings_are_refused_naming_their_layer",
    ),
    Guard(
        7, f"{DEVICE}/options.py",
        "    for where, extras in reversed(given):\n",
        "    for where, extras in given[:1]:\n",
        f"{P}07_unsafe_inventory.py::test_an_unsafe_layer_below_a_safe_host_is_refused_by_name",
    ),
    Guard(
        7, f"{DEVICE}/connection.py",
        "    check_host(host)\n",
        "",
        f"{P}07_unsafe_inventory.py::test_an_unsafe_layer_below_a_safe_host_is_refused_by_name",
    ),
    Guard(
        8, f"{PKG}/platforms/protocols.py",
        "and self.role in (Role.ACTIVE, Role.NO_FAILOVER)",
        "and self.role in Role",
        "tests/platforms/test_device_identity.py::test_who_may_be_configured",
    ),
    Guard(
        8, f"{PKG}/platforms/protocols.py",
        "and self.cluster in (ClusterRole.NONE, ClusterRole.CONTROL)",
        "",
        f"{P}08_the_unit_that_configures.py::test_a_data_unit_and_an_ftd_are_refused_by_the_device_even_where_the_plan_did_not_know",
    ),
    Guard(
        8, f"{CHANGE}/device.py",
        "        if found.ftd:\n",
        "        if False:\n",
        f"{P}08_the_unit_that_configures.py::test_a_data_unit_and_an_ftd_are_refused_by_the_device_even_where_the_plan_did_not_know",
    ),
    Guard(
        8, f"{CHANGE}/device.py",
        "        if not found.may_be_configured:\n",
        "        if False:\n",
        f"{P}08_the_unit_that_configures.py::test_a_role_that_flips_before_the_first_line_is_refused",
    ),
    Guard(
        8, TRANSACTION,
        "            device.check_identity()  # the role may have changed since the gate\n",
        "",
        f"{ON_A_BOX}a_role_that_flips_between_gate_and_first_line_refuses",
    ),
    Guard(
        8, SESSION,
        "        if appearance().replication_stopped in said:\n",
        "        if False:\n",
        f"{P}08_the_unit_that_configures.py::test_a_flip_after_the_last_look_is_a_hard_stop_in_configuration_mode",
    ),
    Guard(
        9, f"{DEVICE}/device.py",
        "        if free == 0:\n",
        "    if False:\n",
        f"{P}09_one_session_one_writer.py::test_the_last_free_session_is_left_to_others",
    ),
    Guard(
        9, f"{PKG}/tasks/change_plan.py",
        "        if calls == 1:\n            device.leave_one_free()\n",
        "",
        f"{P}09_one_session_one_writer.py::test_the_last_free_session_is_left_to_others",
    ),
    Guard(
        9, f"{DEVICE}/connection.py",
        "                if not last_slot:\n",
        "                if False:\n",
        f"{P}09_one_session_one_writer.py::test_the_last_free_session_is_left_to_others",
    ),
    Guard(
        9, f"{CHANGE}/device.py",
        "    chassis = sorted(set(serials))\n",
        "    chassis = []\n",
        f"{P}09_one_session_one_writer.py::test_two_hosts_that_lead_to_one_box_are_changed_one_after_the_other",
    ),
    Guard(
        9, f"{CHANGE}/device.py",
        "        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "        pass\n",
        f"{P}09_one_session_one_writer.py::test_a_second_process_is_refused_while_the_first_writes",
    ),
    Guard(
        9, f"{ASA}/chassis.py",
        '    return str(settings.get("chassis") or host.name)\n',
        "    return str(host.name)\n",
        "tests/runners/test_waves.py::test_hosts_of_one_chassis_never_run_at_the_same_time",
    ),
    Guard(
        9, f"{DEVICE}/device.py",
        "        if stands != wanted:\n",
        "        if reply.refusal:\n",
        "tests/platforms/test_session.py::test_the_context_is_asked_of_the_device_not_of_the_prompt",
    ),
    Guard(
        10, f"{CHANGE}/plan/file.py",
        "    if not unaltered:\n",
        "    if False:\n",
        "tests/change/test_plan.py::test_one_byte_edited_is_refused",
    ),
    Guard(
        10, f"{CHANGE}/plan/file.py",
        "    if plan.id != content_id(plan):\n",
        "    if False:\n",
        "tests/change/test_plan.py::test_another_id_is_refused_even_with_its_digest",
    ),
    Guard(
        10, f"{CHANGE}/plan/file.py",
        "    if derived != written:\n",
        "    if False:\n",
        "tests/change/test_plan.py::test_the_text_of_a_plan_is_never_sent",
    ),
    Guard(
        10, f"{CHANGE}/plan/check.py",
        "    if not same_chassis(planned.serials, serials):\n",
        "    if False:\n",
        f"{P}10_bound_to_the_device.py::test_two_swapped_boxes_hear_no_line",
    ),
    Guard(
        10, TRANSACTION,
        "                device.leave()\n                device.check_identity()\n                return self._undo(device, why)\n",
        "                device.leave()\n                return self._undo(device, why)\n",
        f"{P}10_bound_to_the_device.py::test_a_box_swapped_under_a_lost_link_is_not_touched",
    ),
    Guard(
        10, f"{CHANGE}/plan/check.py",
        "    if (context or None) != planned.context:\n",
        "    if False:\n",
        "tests/change/test_plan.py::test_the_context_is_part_of_the_identity",
    ),
    Guard(
        10, f"{CHANGE}/plan/check.py",
        "        if tuple(now) != self.planned.commands:\n",
        "        if False:\n",
        "tests/change/test_plan.py::test_a_forged_plan_that_agrees_with_itself_is_refused_all_the_same",
    ),
    Guard(
        10, f"{CHANGE}/plan/making.py",
        "    in_order = sorted(inputs, key=_order)\n",
        "    in_order = list(inputs)\n",
        f"{P}10_bound_to_the_device.py::test_two_names_of_one_box_give_the_same_plan_in_any_order",
    ),
    Guard(
        10, f"{CHANGE}/plan/making.py",
        "return sorted(kept, key=lambda pair: _order(pair[0]))",
        "return kept",
        f"{P}10_bound_to_the_device.py::test_a_standby_that_is_read_first_does_not_change_the_order",
    ),
    Guard(
        11, f"{CHANGE}/plan/check.py",
        "            if moved:\n",
        "            if False:\n",
        "tests/change/test_plan.py::test_drift_in_anything_that_was_read_is_refused_by_name",
    ),
    Guard(
        11, TRANSACTION,
        "        if moved:\n",
        "        if False:\n",
        f"{ON_A_BOX}drift_refuses_before_the_first_line_and_names_it",
    ),
    Guard(
        11, TRANSACTION,
        "        self._change.check(config)\n",
        "",
        f"{ON_A_BOX}drift_refuses_before_the_first_line_and_names_it",
    ),
    Guard(
        11, TRANSACTION,
        "        if foreign:\n            return self._in_doubt",
        "        if False:\n            return self._in_doubt",
        f"{ON_A_BOX}a_value_that_somebody_changed_meanwhile_is_never_overwritten",
    ),
    Guard(
        11, f"{CHANGE}/plan/check.py",
        "                self._refuse_wider_reach(fix, offered)\n",
        "",
        f"{P}11_drift.py::test_a_group_that_came_under_the_default_policy_since_was_not_agreed_to",
    ),
    Guard(
        11, f"{CHANGE}/plan/check.py",
        "if any(one.tunnels != fix.tunnels for one in offered):",
        "if False:",
        f"{P}11_drift.py::test_a_site_to_site_tunnel_that_came_since_was_not_agreed_to",
    ),
    Guard(
        11, TRANSACTION,
        "        ours = begun(self._commands, self._announced)  #",
        "        ours = self._commands  #",
        f"{EDGES}only_what_was_announced_is_taken_back",
    ),
    Guard(
        12, f"{CHANGE}/run.py",
        "if holds_a_record(path) and not _ended_well(path):",
        "if not _ended_well(path):",
        f"{P}12_the_inverse_on_disk.py::test_a_run_that_was_killed_before_its_beginning_blocks_nothing",
    ),
    Guard(
        12, f"{CHANGE}/journal.py",
        "str if key in self._exact else self._redact",
        "self._redact",
        f"{P}12_the_inverse_on_disk.py::test_a_name_that_looks_like_a_secret_is_a_name",
    ),
    Guard(
        12, TRANSACTION,
        "        if not self._announced:\n            return self._end",
        "        if False:\n            return self._end",
        f"{EDGES}a_run_that_announced_no_line_owns_nothing_on_the_device",
    ),
    Guard(
        15, TRANSACTION,
        "            if in_doubt:\n",
        "            if False:\n",
        f"{EDGES}what_was_in_doubt_stays_in_doubt_where_it_cannot_be_looked_at",
    ),
    Guard(
        18, TRANSACTION,
        "if not (self._saving.wanted and self._announced):",
        "if not (self._saving.wanted and self._in_the_middle):",
        f"{EDGES}a_rollback_that_finds_its_change_gone_says_that_the_startup_configuration_may_hold_it",
    ),
    Guard(
        21, f"{CHANGE}/run.py",
        "        except JournalError as error:\n            self.not_written = error\n",
        "        except ZeroDivisionError:\n            pass\n",
        f"{P}12_the_inverse_on_disk.py::test_a_disk_that_is_full_at_the_end_hides_no_state",
    ),
    Guard(
        8, f"{PKG}/tasks/change_plan.py",
        "hosts = [task.host, *(_mates(task, run, planned) if verb.either_unit else ())]",
        "hosts = [task.host]",
        f"{P}08_the_unit_that_configures.py::test_after_a_failover_the_active_unit_is_verified_and_taken_back",
    ),
    Guard(
        9, f"{PKG}/tasks/change_plan.py",
        "        if calls == 1:\n            device.leave_one_free()\n",
        "",
        f"{P}09_one_session_one_writer.py::test_verify_and_rollback_leave_the_last_free_session_too",
    ),
    Guard(
        12, TRANSACTION,
        "            self._note_intent()\n",
        "",
        f"{ON_A_BOX}the_inverse_is_noted_before_the_first_line_and_every_line_before_it_is_sent",
    ),
    Guard(
        12, TRANSACTION,
        "            if not self._inverse_under_way:\n                raise\n",
        "            pass\n",
        f"{ON_A_BOX}a_journal_that_cannot_be_written_sends_nothing",
    ),
    Guard(
        12, f"{CHANGE}/journal.py",
        "                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n            os.fsync(self._fd)\n",
        "                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n",
        "tests/change/test_journal.py::test_a_record_is_synced_before_append_returns",
    ),
    Guard(
        12, f"{CHANGE}/journal.py",
        "os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)",
        "os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)",
        "tests/change/test_journal.py::test_only_the_owner_may_read_it",
    ),
    Guard(
        12, f"{CHANGE}/journal.py",
        "in _VOLATILE",
        "in ()",
        "tests/change/test_journal.py::test_a_memory_file_system_is_recognised",
    ),
    Guard(
        13, f"{ASA}/config_commands.py",
        "    return tuple(command.inverse for command in reversed(tuple(commands)))\n",
        "    return tuple(command.inverse for command in tuple(commands))\n",
        "tests/asa/test_commands_config.py::test_a_new_policy_and_its_tunnel_group_are_taken_back_in_reverse",
    ),
    Guard(
        13, f"{PKG}/remedies/client_settings.py",
        "            emptied = at == header + 1 and end == at + 1 and lines[header].line == ADDED\n",
        "            emptied = at == header + 1 and end == at + 1\n",
        "tests/remedies/test_apply_model.py::test_an_empty_header_of_the_original_stays_after_a_rollback",
    ),
    Guard(
        13, f"{PKG}/remedies/kinds/mtu.py",
        "    before = client.mtu.value if client.mtu else None\n",
        "    before = None\n",
        "tests/change/test_plan.py::test_one_line_per_policy_serves_every_group_that_hangs_on_it",
    ),
    Guard(
        14, TRANSACTION,
        "        if all(each.shows is Shows.AFTER for each in seen):\n",
        "        if False:\n",
        f"{P}14_idempotent.py::test_a_runner_that_repeats_the_task_changes_once",
    ),
    Guard(
        14, f"{PKG}/remedies/remedy_context.py",
        "if each.verdict in (Verdict.AT_RISK, Verdict.MITIGATED))",
        "if each.safe_mtu is not None)",
        "tests/change/test_plan_scenarios.py::test_a_second_plan_is_empty",
    ),
    Guard(
        14, f"{PKG}/tasks/change_plan.py",
        "        if not record.in_force or (only_unfinished and not record.unfinished):\n",
        "        if only_unfinished and not record.unfinished:\n",
        f"{P}14_idempotent.py::test_a_second_rollback_takes_nothing_back",
    ),
    Guard(
        15, TRANSACTION,
        "            self._confirm(device.read())\n",
        "",
        f"{ON_A_BOX}accepted_but_not_stored_is_reverted",
    ),
    Guard(
        15, TRANSACTION,
        "        if misjudged:\n",
        "        if False:\n",
        f"{ON_A_BOX}an_effect_that_was_not_predicted_is_taken_back",
    ),
    Guard(
        15, TRANSACTION,
        "        if left:\n            return self._in_doubt",
        "        if False:\n            return self._in_doubt",
        f"{ON_A_BOX}every_fault_at_every_step_ends_in_a_correct_reported_state",
    ),
    Guard(
        15, f"{PKG}/tasks/change_plan.py",
        "                    if done[-1].outcome.state is State.INDETERMINATE:\n                        break",
        "                    if False:\n                        break",
        f"{P}15_in_doubt.py::test_a_box_in_doubt_hears_no_more",
    ),
    Guard(
        16, TRANSACTION,
        "            if said:\n                raise RejectedError",
        '            if said.startswith("ERROR"):\n                raise RejectedError',
        f"{P}16_any_word_is_a_rejection.py::test_the_change_is_taken_back_and_the_journal_tells_why",
    ),
    Guard(
        16, f"{DEVICE}/device.py",
        'return self.session.send_line(line, expect_mode=mode).rejected_text or ""',
        'return self.session.send_line(line, expect_mode=mode).refusal or ""',
        f"{P}16_any_word_is_a_rejection.py::test_the_change_is_taken_back_and_the_journal_tells_why",
    ),
    Guard(
        17, f"{PKG}/tasks/change_plan.py",
        "                for host in hosts:\n                    platform_of(host).close(host)\n",
        "                pass\n",
        f"{P}17_sessions_close.py::test_every_session_is_given_back_out_of_configuration_mode",
    ),
    Guard(
        17, SESSION,
        "            if self.alive:\n                self.leave_configuration()\n",
        "            pass\n",
        "tests/platforms/test_session.py::test_closing_leaves_configuration_mode_and_never_raises",
    ),
    Guard(
        17, f"{DEVICE}/conversation.py",
        "        finally:\n            self.end()\n",
        "        finally:\n            pass\n",
        "tests/platforms/test_session.py::test_closing_leaves_configuration_mode_and_never_raises",
    ),
    Guard(
        18, TRANSACTION,
        "        if not self._saving.wanted:\n            return ()\n",
        "",
        f"{P}18_saving.py::test_unasked_nothing_is_saved",
    ),
    Guard(
        18, TRANSACTION,
        "        if self._foreign_changes(device):\n",
        "        if False:\n",
        f"{P}18_saving.py::test_foreign_changes_are_never_saved_along_unless_told",
    ),
    Guard(
        18, f"{DEVICE}/device.py",
        '        if "[OK]" not in said:\n',
        "        if False:\n",
        f"{P}18_saving.py::test_a_rollback_that_cannot_save_is_reported_unsaved",
    ),
    Guard(
        18, TRANSACTION,
        "            outcome = replace(self._saved_too(outcome, foreign=foreign), state=State.ROLLED_BACK)\n",
        "            outcome = replace(outcome, state=State.ROLLED_BACK)\n",
        f"{P}18_saving.py::test_a_rollback_of_a_saved_apply_saves_too",
    ),
    Guard(
        19, f"{PKG}/runners/waves.py",
        "                if failed > self.max_failures:\n",
        "                if False:\n",
        "tests/runners/test_waves.py::test_a_canary_that_fails_is_the_only_host_touched",
    ),
    Guard(
        19, f"{PKG}/runners/waves.py",
        "        if reason:\n            self.stop(reason)\n",
        "",
        "tests/runners/test_waves.py::test_the_soak_lasts_and_a_bad_sign_ends_the_run",
    ),
    Guard(
        19, f"{PKG}/runners/waves.py",
        "        if self.stop_file and Path(self.stop_file).exists():\n",
        "        if False:\n",
        "tests/runners/test_waves.py::test_the_stop_file_stops_before_the_next_host",
    ),
    Guard(
        20, f"{PKG}/platforms/login_gate.py",
        "    if record.refusals >= REFUSALS_ALLOWED:\n        of_enable",
        "    if False:\n        of_enable",
        "tests/fleet/test_fleet_audit.py::test_a_wrong_password_is_tried_three_times_in_the_whole_fleet",
    ),
    Guard(
        20, f"{PKG}/platforms/login_gate.py",
        "            record.in_flight[number] = self._clock()\n",
        "",
        "tests/platforms/test_login_gate.py::test_a_refused_credential_is_tried_three_times_among_a_hundred_workers",
    ),
    Guard(
        20, f"{DEVICE}/netmiko_transport.py",
        'attempt.refused = self.is_active() and "timeout" not in str(error).lower()',
        "attempt.refused = False",
        "tests/fleet/test_fleet_audit.py::test_a_wrong_password_is_tried_three_times_in_the_whole_fleet[netmiko]",
    ),
    Guard(
        20, f"{DEVICE}/asyncssh_transport.py",
        "                    attempt.refused = True\n",
        "                    attempt.refused = False\n",
        "tests/fleet/test_fleet_audit.py::test_a_wrong_password_is_tried_three_times_in_the_whole_fleet[asyncssh]",
    ),
    Guard(
        21, f"{PKG}/runners/waves.py",
        "            if host.name not in result:\n                result[host.name] = self._not_started(task, host)\n",
        "            pass\n",
        "tests/runners/test_waves.py::test_every_host_ends_in_exactly_one_state",
    ),
    Guard(
        21, f"{PKG}/workflows/change_run.py",
        "    for each in plan.devices:\n",
        "    for each in plan.changes:\n",
        f"{P}21_every_host_in_one_state.py::test_whatever_happens_the_states_are_those_of_the_plan",
    ),
    Guard(
        21, f"{PKG}/workflows/change_run.py",
        "default = why.get(each.name, ended(State.NOT_STARTED, Why.CONTEXT_BEFORE))",
        "default = ended(State.NOT_STARTED, Why.CONTEXT_BEFORE)",
        f"{P}21_every_host_in_one_state.py::test_whatever_happens_the_states_are_those_of_the_plan",
    ),
    Guard(
        22, f"{PKG}/runners/waves.py",
        "    return Processors(p if isinstance(p, _Guarded) else _Guarded(p) for p in processors)\n",
        "    return Processors(processors)\n",
        f"{P}22_a_failing_writer.py::test_each_hook_raises_and_every_device_is_changed",
    ),
    Guard(
        22, f"{PKG}/runners/waves.py",
        "        tell(what)\n    except Exception:\n",
        "        tell(what)\n    except ZeroDivisionError:\n",
        "tests/runners/test_waves.py::test_progress_counts_every_host_and_may_fail",
    ),
    Guard(
        23, f"{PKG}/tasks/change_plan.py",
        "        run.never_write(platform_of(host).secrets(host))\n",
        "        pass\n",
        f"{P}23_no_secret_anywhere.py::test_a_whole_change_on_the_command_line",
    ),
    Guard(
        23, f"{PKG}/tasks/change_plan.py",
        "each.outcome.hidden(run.hides)",
        "each.outcome",
        f"{P}23_no_secret_anywhere.py::test_a_runbook_with_nornirs_own_log",
    ),
    Guard(
        23, f"{DEVICE}/credentials.py",
        "    password: str | None = field(default=None, repr=False)\n",
        "    password: str | None = None\n",
        f"{P}23_no_secret_anywhere.py::test_what_holds_a_secret_does_not_show_it",
    ),
    Guard(
        23, f"{ASA}/capture.py",
        '        line = _SECRET.sub(rf"\\1{MASK}", line)\n',
        "        pass\n",
        "tests/asa/test_asa_parse.py::test_no_secret_survives",
    ),
    Guard(
        23, f"{PKG}/report/pseudonyms.py",
        "user_names=tuple(sorted(self.of(user) for user in evidence.user_names))",
        "user_names=evidence.user_names",
        "tests/report/test_pseudonyms.py::test_no_format_shows_a_user",
    ),
    Guard(
        24, f"{PKG}/audit/judge.py",
        "    if not device.complete and rule.verdict is not Verdict.AT_RISK:\n",
        "    if False:\n",
        "tests/audit/test_audit_judge.py::test_no_cut_of_the_text_calls_a_risk_safe",
    ),
    Guard(
        25, f"{ASA}/blocks.py",
        "_OWN_WEBVPN = frozenset({Mode.GROUP_POLICY, Mode.USERNAME})",
        "_OWN_WEBVPN = frozenset({Mode.GROUP_POLICY})",
        "tests/asa/test_asa_parse.py::test_a_dialogue_with_its_prompts",
    ),
    Guard(
        26, f"{PKG}/report/formats/csv.py",
        """    return f"'{text}" if text.lstrip(" '\\"\\u00a0").startswith(_FORMULA) else text\n""",
        "    return text\n",
        "tests/report/test_report_formats.py::test_no_csv_cell_is_a_formula",
    ),
    Guard(
        26, f"{PKG}/report/sanitise.py",
        '    text = _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)\n',
        "",
        "tests/report/test_report_formats.py::test_no_format_lets_a_control_character_through",
    ),
    Guard(
        27, f"{CHANGE}/journal.py",
        "        if not intact:\n",
        "        if False:\n",
        f"{P}27_the_journal.py::test_a_tampered_journal_is_refused_before_a_device_is_asked",
    ),
    Guard(
        27, f"{CHANGE}/journal.py",
        'return hashlib.sha256(f"{previous}\\n{body}".encode()).hexdigest()',
        'return hashlib.sha256(f"{body}".encode()).hexdigest()',
        f"{P}27_the_journal.py::test_a_tampered_journal_is_refused_before_a_device_is_asked",
    ),
    Guard(
        28, f"{PKG}/sources/compression.py",
        "from __future__ import annotations\n",
        "from __future__ import annotations\nimport zstandard\n",
        f"{P}28_minimal_installation.py::test_every_module_can_be_imported",
    ),
    Guard(
        28, f"{PKG}/report/formats/prometheus.py",
        "from typing import TYPE_CHECKING",
        "import prometheus_client\nfrom typing import TYPE_CHECKING",
        f"{P}28_minimal_installation.py::test_every_command_that_needs_no_device",
    ),
    Guard(
        29, f"{ASA}/config_commands.py",
        "        and _TOKEN.fullmatch(created_by) is not None\n",
        "",
        "tests/asa/test_commands_config.py::test_only_the_run_that_created_an_object_can_remove_it",
    ),
    Guard(
        29, f"{ASA}/config_commands.py",
        "        if not _has_a_shape(self.mode, self.line, self.created_by):\n",
        "        if False:\n",
        f"{P}29_leaf_lines_only.py::test_no_line_that_destroys_anything_exists",
    ),
    Guard(
        29, f"{ASA}/config_commands.py",
        "and leaf.fullmatch(line) is not None)",
        "and leaf.match(line) is not None)",
        "tests/asa/test_commands_config.py::test_nothing_but_a_leaf_line_can_be_built",
    ),
    Guard(
        29, TRANSACTION,
        "        self._refuse_if_in_use(device, undo)\n",
        "",
        f"{P}29_leaf_lines_only.py::test_a_new_group_goes_only_while_it_is_ours_and_nobody_is_on_it",
    ),
    Guard(
        29, f"{PKG}/remedies/new_objects.py",
        "        if found < ours:\n",
        "        if True:\n",
        f"{ON_A_BOX}an_object_that_somebody_extended_is_never_removed",
    ),
    Guard(
        30, SESSION,
        "        if self.prompt.mode != expect_mode:\n",
        "        if False:\n",
        f"{P}30_the_right_sub_mode.py::test_a_header_that_does_nothing_is_noticed_before_the_leaf",
    ),
    Guard(
        31, f"{PKG}/audit/calibrate.py",
        "if fits and seen.corroborated and (",
        "if fits and (",
        "tests/audit/test_audit_calibrate.py::test_whatever_one_user_of_a_log_file_says_calibrates_nothing",
    ),
    Guard(
        31, f"{PKG}/audit/calibrate.py",
        "            self._unexplained.add(policy)\n",
        "            pass\n",
        f"{P}31_evidence_picks_no_number.py::test_a_threshold_that_nobody_can_derive_blocks_and_is_not_pushed",
    ),
    Guard(
        31, f"{PKG}/remedies/remedy_context.py",
        '        if "model-mismatch" in finding.caveats and not self.options.accept_model_mismatch:\n',
        "        if False:\n",
        f"{P}31_evidence_picks_no_number.py::test_a_threshold_that_nobody_can_derive_blocks_and_is_not_pushed",
    ),
    Guard(
        32, f"{DEVICE}/dialogue.py",
        "        text = self._after_echo(asked, old)\n        if text is None:\n            return ()\n",
        "        text = self._after_echo(asked, old) or ''\n",
        "tests/platforms/test_dialogue.py::test_a_reply_cut_anywhere_is_never_taken_for_complete",
    ),
    Guard(
        32, f"{DEVICE}/dialogue.py",
        "        if not allowed:\n            return ()\n",
        "",
        "tests/platforms/test_dialogue.py::test_prompt_look_alikes_inside_a_reply_do_not_end_it",
    ),
    Guard(
        32, f"{DEVICE}/ahead.py",
        "        if not self._screen.startswith(wanted) or self._screen[len(wanted)] not in _LINE_ENDS:\n            self.doubt = Doubt.ECHO\n            return False\n",
        "",
        "tests/platforms/test_ahead.py::test_whatever_is_not_as_it_must_be_is_a_doubt",
    ),
    Guard(
        32, f"{DEVICE}/session.py",
        "        if isinstance(replies, Doubt):\n            self.one_by_one()\n            self.doubt = replies\n            return\n",
        "        if isinstance(replies, Doubt):\n            return\n",
        "tests/fleet/test_fleet_audit.py::test_nothing_is_sent_ahead_where_a_host_asks_for_that",
    ),
    Guard(
        32, f"{DEVICE}/conversation.py",
        "        if quiet >= silence and heard.begun:\n",
        "        if False:\n",
        "tests/platforms/test_session.py::test_silence_half_a_reply_and_a_lost_link_are_three_errors",
    ),
    Guard(
        33, f"{PKG}/evidence/merged_log.py",
        "        self._held.sort(key=_TURN)\n        relays",
        "        relays",
        "tests/evidence/test_merged_log.py::test_newest_first_oldest_first_and_mixed_give_the_same_answer",
    ),
    Guard(
        33, f"{PKG}/evidence/coverage.py",
        "    elif seen.level is not None and seen.level < needed:\n",
        "    elif False:\n",
        "tests/audit/test_audit_observable.py::test_a_log_that_would_not_have_shown_all",
    ),
    Guard(
        33, f"{PKG}/evidence/syslog/message_boundaries.py",
        "    return not begins_message(line) and _TITLE.match(line) is None and",
        "    return False and",
        f"{P}33_never_a_false_all_clear.py::test_a_log_cut_within_a_line_says_so_or_has_read_it",
    ),
    Guard(
        34, f"{PKG}/audit/context.py",
        "calibrate(device.model, observations.own, confs",
        "calibrate(device.model, observations, confs",
        "tests/audit/test_audit_calibrate.py::test_only_what_the_device_itself_shows_narrows_what_is_pushed",
    ),
    Guard(
        34, f"{PKG}/workflows/evidence_files.py",
        "replace(each, mss=None) for each",
        "each for each",
        "tests/cli/test_cli_probe.py::test_the_mss_narrows_only_where_the_configuration_names_the_head_end_and_only_downwards",
    ),
    Guard(
        35, f"{ASA}/dumps.py",
        'return (notice("two-dumps", lines=lines),) if lines else ()',
        "return ()",
        "tests/asa/test_asa_dumps.py::test_a_box_shown_before_and_after_a_change_is_two",
    ),
    Guard(
        36, f"{PKG}/platforms/deadline.py",
        "                _, _, deadline = heapq.heappop(self._kept)\n            deadline.end()\n",
        "                _, _, deadline = heapq.heappop(self._kept)\n",
        "tests/platforms/test_deadline.py::test_a_host_whose_time_is_over_is_cut_and_one_with_time_left_is_not",
    ),
    Guard(
        39, f"{PKG}/platforms/probe/path.py",
        "self.sent >= DATAGRAMS or ",
        "",
        "tests/platforms/probe/test_path.py::test_a_peer_that_has_had_enough_is_no_narrow_path",
    ),
    Guard(
        39, f"{PKG}/evidence/probe.py",
        "Cause.DTLS_BLOCKED if self.control else Cause.NO_ANSWER",
        "Cause.DTLS_BLOCKED",
        "tests/cli/test_cli_probe.py::test_no_answer_is_exit_3_with_the_lines_to_type_and_blocked_beside_a_control_is_exit_1",
    ),
    Guard(
        38, f"{PKG}/platforms/fmc/manager.py",
        "        raise GateError(\n",
        "        return None\n        raise GateError(\n",
        "tests/platforms/fmc/test_fmc.py::test_no_host_of_a_manager_is_ever_opened_for_writing",
    ),
    Guard(
        15, f"{PKG}/runners/waves.py",
        "                if reason := _reason_to_stop(outcome):\n",
        "                if reason := None:\n",
        "tests/runners/test_waves.py::test_a_task_that_is_in_doubt_stops_the_run_whatever_is_tolerated",
    ),
    Guard(
        19, f"{PKG}/runners/waves.py",
        "            self.interrupted = True\n            self._cut_at",
        "            raise RuntimeError\n            self._cut_at",
        "tests/runners/test_waves.py::test_an_interrupt_finishes_the_hosts_in_flight",
    ),
    Guard(
        19, f"{PKG}/tasks/change_plan.py",
        "            deadline.see_it_out()\n",
        "            pass\n",
        "tests/faults/test_signals_while_changed.py::test_a_box_that_a_line_is_being_sent_to_is_finished_however_late_it_is",
    ),
    Guard(
        36, f"{PKG}/runners/waves.py",
        "            if time.monotonic() > self._cut_at:\n",
        "            if False:\n",
        "tests/faults/test_signals_while_changed.py::test_a_box_that_a_line_is_being_sent_to_is_finished_however_late_it_is",
    ),
    Guard(
        21, f"{PKG}/workflows/change_run.py",
        "run=run, host_timeout=host_timeout, on_failed=True)",
        "run=run, host_timeout=host_timeout)",
        f"{P}21_every_host_in_one_state.py::test_a_host_that_failed_before_is_still_verified_and_taken_back",
    ),
    Guard(
        21, f"{PKG}/workflows/change_run.py",
        "        save_foreign_changes=options.save_foreign_changes,\n        on_failed=True,\n",
        "        save_foreign_changes=options.save_foreign_changes,\n",
        f"{P}21_every_host_in_one_state.py::test_a_host_that_failed_before_is_still_verified_and_taken_back",
    ),
    Guard(
        26, f"{PKG}/report/markdown_text.py",
        'lambda found: found[1] if _of_an_entity(found) else f"\\\\{found[1]}", plain)',
        "lambda found: found[1], plain)",
        "tests/report/test_report_formats.py::test_markdown_renders_to_text_only",
    ),
    Guard(
        26, f"{PKG}/report/formats/html.py",
        "autoescape=True, undefined=StrictUndefined, trim_blocks=True",
        "autoescape=False, undefined=StrictUndefined, trim_blocks=True",
        "tests/report/test_report_formats.py::test_no_name_becomes_a_part_of_the_page",
    ),
    Guard(
        33, f"{PKG}/workflows/exit_codes.py",
        '        if device.status != "ok":\n',
        "        if False:\n",
        "tests/cli/test_cli_check.py::test_an_incomplete_text_is_exit_3_and_named_on_stderr",
    ),
    Guard(
        35, f"{ASA}/blocks.py",
        "        elif refused(line):\n            self.refuse()\n",
        "",
        "tests/acceptance/test_metamorphic.py::test_a_line_that_was_refused_was_never_configured",
    ),
    Guard(
        35, f"{ASA}/parser.py",
        "    if not misplaced:\n        return known\n",
        "    return known\n",
        "tests/asa/test_asa_dumps.py::test_lines_whose_header_is_lost_are_nobodys",
    ),
    Guard(
        36, f"{DEVICE}/dialogue.py",
        "        if len(self._screen) <= most:\n            return\n",
        "        return\n",
        "tests/platforms/test_dialogue_edges.py::test_more_than_was_asked_for_is_not_read_whoever_says_it",
    ),
    Guard(
        36, f"{DEVICE}/conversation.py",
        "(quiet, silence), (now() - began, longest))",
        "(quiet, silence), (0.0, longest))",
        "tests/platforms/test_conversation.py::test_a_banner_that_trickles_is_no_login_for_ever",
    ),
    Guard(
        36, f"{PKG}/sources/compression.py",
        "        if given > MOST_BYTES or (given > RATIO_MATTERS and given > MOST_RATIO * taken):\n",
        "        if False:\n",
        "tests/sources/test_files.py::test_a_file_that_unpacks_beyond_measure_is_stopped",
    ),
    Guard(
        36, f"{PKG}/platforms/fmc/client.py",
        "            if offset > _MOST_ITEMS:\n",
        "            if False:\n",
        "tests/platforms/fmc/test_fmc.py::test_a_list_that_never_ends_is_an_error_and_not_read_for_ever",
    ),
    Guard(
        37, f"{PKG}/workflows/finish_audit.py",
        "        trend = beside.trend(audit)\n",
        "        trend = beside.trend(audit)\n        beside.carry_out(audit)\n",
        "tests/cli/test_cli_secrets.py::test_results_are_written_before_anything_else",
    ),
    Guard(
        37, f"{PKG}/workflows/side_effects.py",
        "    if thread.is_alive():\n",
        "    if False:\n",
        "tests/cli/test_cli_secrets.py::test_a_peer_that_trickles_ends_with_its_time",
    ),
    Guard(
        37, f"{PKG}/workflows/side_effects.py",
        "        except Exception as error:  # noqa: BLE001 - a failure of any kind is told, and costs nothing else\n",
        "        except ZeroDivisionError as error:\n",
        "tests/cli/test_cli_nights.py::test_a_damaged_history",
    ),
    Guard(
        37, f"{PKG}/workflows/notifications.py",
        "    def redirect_request(self, *_: Any) -> None:\n        return None\n",
        "",
        "tests/cli/test_cli_secrets.py::test_a_redirect_is_not_followed_and_the_token_stays",
    ),
    Guard(
        38, f"{PKG}/platforms/fmc/client.py",
        "trust_env=False\n",
        "trust_env=False, follow_redirects=True\n",
        "tests/platforms/fmc/test_fmc.py::test_a_redirect_is_not_followed_with_the_token",
    ),
    Guard(
        38, f"{PKG}/platforms/fmc/client.py",
        'self._patiently("GET", path,',
        'self._patiently("PUT", path,',
        "tests/platforms/fmc/test_fmc.py::test_a_list_is_asked_for_with_get_and_nothing_is_posted_but_the_login",
    ),
)  # fmt: skip
