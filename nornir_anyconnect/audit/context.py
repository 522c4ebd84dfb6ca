"""Everything the findings of one device share: suites, paths, standing assumption sets, calibration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nornir_anyconnect.asa import effective
from nornir_anyconnect.asa.alike import KnownConfigs
from nornir_anyconnect.asa.effective import attributes_elsewhere, l2l_tunnels, undeployed
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.asa.running_config import Platform, notice
from nornir_anyconnect.audit import provenance
from nornir_anyconnect.audit.calibrate import Calibration, Model, calibrate
from nornir_anyconnect.audit.finding import Likely
from nornir_anyconnect.audit.negotiable import Negotiable, negotiable, release_of
from nornir_anyconnect.audit.rules import UNDEPLOYED
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations
from nornir_anyconnect.mtu import releases
from nornir_anyconnect.mtu.assumptions import TECHNOTE, AssumptionSet, in_order, primary_set
from nornir_anyconnect.mtu.clients import USUAL, client_named
from nornir_anyconnect.mtu.derive import DEFAULT_LINK, Derivations, Link, Pair, Path, derivations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.asa.effective import EffectivePolicy
    from nornir_anyconnect.asa.running_config import Notice, Release, RunningConfig
    from nornir_anyconnect.mtu.clients import Client
    from nornir_anyconnect.mtu.derive import Derivation
    from nornir_anyconnect.mtu.suites import Offer

HIGHEST_MTU = 1406
"""The largest ``anyconnect mtu`` that every known release accepts, bytes."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge.

    Args:
        assume: one assumption set alone, instead of the three standing ones or what calibration leaves.
        assume_complete: the text is an excerpt, but nothing that matters is missing.
        ip_version: the outer header between client and ASA, 4 or 6.
        client_mtu: the widest packet that clients' own networks carry, bytes.
        client: the generation of clients whose likely pair is told; None for the worst pair alone.

    """

    assume: AssumptionSet | None = None
    assume_complete: bool = False
    ip_version: int = 4
    client_mtu: int = DEFAULT_LINK
    client: Client | None = field(default_factory=lambda: client_named(USUAL))


@dataclass
class AuditedDevice:
    """One device or context under judgement."""

    config: RunningConfig
    options: Options
    observations: DeviceObservations | None
    offers: Negotiable
    derivations: Derivations
    links: tuple[Link, ...]
    """Serving interfaces."""
    dtls_links: tuple[Link, ...]
    """Serving interfaces without ``tls-only``."""
    sources: provenance.Sources
    release: Release | None
    calibration: Calibration = field(default_factory=Calibration)
    """What all that was seen leaves; a log file may have been forged, so it narrows only what is printed."""
    proved: Calibration = field(default_factory=Calibration)
    """What the device's own answers leave: they also narrow what is pushed."""
    model: Model | None = None
    _policies: dict[str, EffectivePolicy] = field(default_factory=dict)
    _pairs: dict[int | None, dict[str, Pair]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """The whole configuration was read, or somebody answers for it; for a mixture of several nobody can."""
        whole = self.config.begun and self.config.complete
        return (whole or self.options.assume_complete) and not self.config.mixed

    @property
    def anyconnect(self) -> bool:
        """AnyConnect is enabled globally, by a line or by the device's own answer."""
        asked = self.config.webvpn.anyconnect_enabled or (
            self.config.defaults.webvpn.anyconnect_enabled if self.config.defaults else None
        )
        return asked is not None and asked.value

    @property
    def release_printed(self) -> bool:
        """The text names a release, its own or that of an FTD; the spelling alone only bounds it."""
        return self.release is not None and (self.config.release is not None or self.config.ftd_version is not None)

    @property
    def two_mtus(self) -> bool:
        """It computes an MTU for TLS and one for DTLS: by its release, or because 722036 shows it.

        One whose release is not printed does.
        """
        return self.release is None or self.release >= releases.TWO_MTUS or self._large_packets

    @cached_property
    def unmoved(self) -> bool:
        """What was seen of some users changes nothing for the others: no packet was dropped, no number narrowed."""
        return self.calibration == self.proved == Calibration() and not self._large_packets

    @cached_property
    def _large_packets(self) -> bool:
        """Some were seen, whoever's, under the present settings or before."""
        if self.observations is None:
            return False
        seen = (*self.observations.groups.values(), *self.observations.before.values())
        return any(group.large_packets for group in seen)

    @cached_property
    def primary(self) -> AssumptionSet:
        """The set that public measurements support for this release."""
        return primary_set(self.release, ftd=self.config.platform is Platform.FTD)

    @cached_property
    def standing(self) -> tuple[AssumptionSet, ...]:
        """The set asked for, else what the device's own answers leave, else the three that ship, primary first.

        Verdict, safe MTU and what a remedy closes are computed under all of them.
        """
        if self.options.assume is not None:
            return (self.options.assume,)
        return self.proved.standing or in_order(self.primary)

    @cached_property
    def printed(self) -> tuple[AssumptionSet, ...]:
        """The sets whose numbers are shown: those that stand, narrowed by all that was seen."""
        if self.options.assume is not None:
            return (self.options.assume,)
        return self.calibration.standing or self.standing

    @cached_property
    def roomy_links(self) -> tuple[Link, ...]:
        """Serving interfaces with DTLS whose path leaves bytes for both tunnels."""
        return tuple(link for link in self.dtls_links if self.derivations.has_room(link.mtu, self.first_set))

    @property
    def first_set(self) -> AssumptionSet:
        """The set asked for, else ``technote``: of those that ship it leaves the fewest bytes."""
        return self.options.assume or TECHNOTE

    @cached_property
    def path_unsupported(self) -> bool:
        """Whether ``tcpmss`` or the MTU of an interface with DTLS is not understood or leaves no byte."""
        served = {f"{Section.MTU} {link.nameif}" for link in self.dtls_links}
        return len(self.roomy_links) < len(self.dtls_links) or any(
            not line.value.startswith(Section.MTU) or " ".join(line.value.split()[:2]) in served
            for line in self.config.unsupported_path
        )

    @cached_property
    def safe_mtu(self) -> int | None:
        """The smallest TLS MTU over standing sets and negotiable suites before any cap, at most 1406 bytes."""
        lowest = [
            tls.computed
            for each in self.standing
            for link in self.roomy_links
            if (tls := self.derivations.smallest_tls(link.mtu, each)) is not None
        ]
        return min(*lowest, HIGHEST_MTU) if lowest else None

    @cached_property
    def has_l2l(self) -> bool:
        """Site-to-site tunnels share the device."""
        return bool(l2l_tunnels(self.config))

    @cached_property
    def asks_servers(self) -> bool:
        """Some tunnel group, or a DAP, lets a server decide."""
        return attributes_elsewhere(self.config, self.config.tunnel_groups)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a reader must be told of the device, beside its findings."""
        config = self.config
        found = list(config.warnings)
        if not (config.complete or self.options.assume_complete):
            found.append(notice("no-end-mark"))
        elif not (config.begun or self.options.assume_complete):
            found.append(notice("no-beginning"))
        seen = self.observations.groups if self.observations is not None else {}
        found += (notice(UNDEPLOYED, **each._asdict()) for each in undeployed(config))
        probes = self.observations.probes if self.observations is not None else ()
        found += (notice(f"probed-{each.cause}", head=each.host) for each in probes)
        found += (
            notice("evidence-of-unknown-policy", policy=name, users=len(seen[name].users))
            for name in sorted(set(seen) - self.known_policies)
        )
        if config.unknown_lines:
            line, count = config.unknown_lines[0], len(config.unknown_lines)
            found.append(notice("lines-not-understood", count=count, line=str(line.line), text=line.value.strip()))
        return tuple(found)

    def policy(self, name: str) -> EffectivePolicy:
        """What users of the policy get, resolved once."""
        if name not in self._policies:
            self._policies[name] = effective.effective_policy(self.config, name)
        return self._policies[name]

    @cached_property
    def known_policies(self) -> frozenset[str]:
        """Every policy that findings are about."""
        return frozenset({*self.assigned_policies, *(each.name for each in self.config.group_policies)})

    @cached_property
    def assigned_policies(self) -> tuple[str, ...]:
        """The policies that remote-access tunnel groups hand out, each once."""
        groups = effective.remote_access_groups(self.config)
        return tuple(
            dict.fromkeys(effective.policy_name_of(each) for each in groups if effective.is_remote_access(each))
        )

    def reachable_policies(self) -> tuple[str, ...]:
        """The policies that a login can hand out: by a tunnel group or by an LDAP map."""
        mapped = (each.group_policy for each in self.config.ldap_entries)
        return tuple(dict.fromkeys((*self.assigned_policies, *mapped)))

    def compresses(self, policy: EffectivePolicy) -> bool:
        """Whether the policy turns compression on for either tunnel."""
        return any(
            each.value not in (None, "none", False) for each in (policy.ssl_compression, policy.dtls_compression)
        )

    def pairs(self, conf: int | None) -> dict[str, Pair]:
        """The worst pair under each standing set, by its name."""
        if conf not in self._pairs:
            self._pairs[conf] = {
                each.name: pair
                for each in self.standing
                if (pair := self.derivations.worst_pair(self.roomy_links, each, conf)) is not None
            }
        return self._pairs[conf]

    def printed_pairs(self, conf: int | None) -> dict[str, Pair]:
        """The pair to show under each printed set, by its name.

        Suites seen in the device's own thresholds give the numbers where they show the gap themselves:
        other clients may still negotiate another suite, so they never make a group safe.
        """
        found = {}
        for each in self.printed:
            pair = self.derivations.worst_pair(self.roomy_links, each, conf)
            if self.options.assume is None and self.calibration.tls_offers:
                seen = self.derivations.worst_pair(self.roomy_links, each, conf, self.calibration.tls_offers)
                pair = seen if seen is not None and seen.gap > 0 else pair
            if pair is not None:
                found[each.name] = pair
        return found

    @cached_property
    def _first_offers(self) -> tuple[Offer | None, Offer | None]:
        """What the client that was asked for gets first, over TLS and DTLS."""
        return _first(self.offers.tls, self.options.client), _first(self.offers.dtls, self.options.client)

    def likely(self, conf: int | None, seen: GroupObservations | None) -> Likely | None:
        """What a current client gets under every printed set; None where no client was asked for, or none fits.

        Of the suites that the box offers it is the first, in the box's order, that the client offers too [H]; the box
        is taken to have an RSA certificate. What sessions of the box negotiated outranks the tables.
        """
        negotiated = seen.ciphers if seen is not None else frozenset()
        tls = _negotiated(self.offers.tls, {suite for tunnel, suite in negotiated if tunnel == "tls"})
        dtls = _negotiated(self.offers.dtls, {suite for tunnel, suite in negotiated if tunnel == "dtls"})
        client = self.options.client
        name = Likely.SEEN if tls and dtls else client.name if client else None
        tls, dtls = tls or self._first_offers[0], dtls or self._first_offers[1]
        if name is None or tls is None:
            return None
        widest = {
            each.name: max(
                (self.derivations.numbers(tls, dtls, link.mtu, each, conf) for link in self.roomy_links),
                key=lambda numbers: numbers.gap or 0,
            )
            for each in self.printed
        }
        return Likely(name, tls.suite.name, dtls.suite.name if dtls else None, widest)

    def tls_alone(self, conf: int | None, sets: tuple[AssumptionSet, ...]) -> dict[str, tuple[Derivation, str]]:
        """The lowest TLS derivation over all serving interfaces, and where, by set."""
        found = {}
        for each in sets:
            alone = [
                (tls, link.nameif)
                for link in self.links
                if (tls := self.derivations.smallest_tls(link.mtu, each, conf)) is not None and tls.computed > 0
            ]
            if alone:
                found[each.name] = min(alone, key=lambda one: one[0].computed)
        return found

    def seen_of(self, policy: str) -> GroupObservations | None:
        """What was seen of a policy; empty where logs were given and it is not in them."""
        if self.observations is None:
            return None
        return self.observations.groups.get(policy) or GroupObservations(policy)

    def has_seen(self, policy: str) -> bool:
        """Whether anything at all is known of the policy's users."""
        seen = self.observations
        return seen is not None and (policy in seen.groups or policy in seen.before)

    def mismatches(self, policy: str) -> bool:
        """Whether the device's numbers contradict what is assumed for the policy."""
        left = {each.combination for each in self.calibration.standing}
        asked = self.options.assume
        contradicted = asked is not None and bool(left) and asked.combination not in left
        return contradicted or self.calibration.mismatches(policy)


def _first(offers: Iterable[Offer], client: Client | None) -> Offer | None:
    """The box's first that the client offers; an RSA certificate signs no ECDSA suite."""
    if client is None:
        return None
    return next(
        (each for each in offers if "ECDSA" not in each.suite.name and client.offers(each.suite.name, each.version)),
        None,
    )


def _negotiated(offers: Iterable[Offer], suites: set[str]) -> Offer | None:
    return next((each for each in offers if each.suite.name in suites), None) if suites else None


def audited(config: RunningConfig, observations: DeviceObservations | None, options: Options) -> AuditedDevice:
    """Prepare one device for judgement; what it is configured to do, once for all boxes of a template."""
    return _with_observations(_known.of(config, options, lambda: _alone(config, options)), config, observations)


def predicted(config: RunningConfig, observations: DeviceObservations | None, options: Options) -> AuditedDevice:
    """The same, of a configuration that nobody has: it is not met again."""
    return _with_observations(_alone(config, options), config, observations)


def _with_observations(
    alone: AuditedDevice, config: RunningConfig, observations: DeviceObservations | None
) -> AuditedDevice:
    # what users of a policy get depends on nothing that was seen, and is resolved once for all boxes of a template
    device = replace(alone, config=config, observations=observations, _pairs={})
    if observations is not None:
        tcpmss = provenance.tcpmss(config).value
        device.model = Model(device.derivations, device.dtls_links)
        known = {name: device.policy(name) for name in observations.groups}
        confs = _confs(device, known)
        compressed = frozenset(name for name, policy in known.items() if device.compresses(policy))
        device.calibration = calibrate(device.model, observations, confs, compressed, tcpmss)
        device.proved = calibrate(device.model, observations.own, confs, compressed, tcpmss)
    return device


_known: KnownConfigs[AuditedDevice] = KnownConfigs()


def _alone(config: RunningConfig, options: Options) -> AuditedDevice:
    """By what it is configured to do alone."""
    offers = negotiable(config)
    webvpn = config.webvpn
    serving = webvpn.interfaces or (config.defaults.webvpn.interfaces if config.defaults else ())
    links = {each.nameif: Link(each.nameif, provenance.link(config, each.nameif).value) for each in serving}
    return AuditedDevice(
        config=config,
        options=options,
        observations=None,
        offers=offers,
        derivations=derivations(
            offers.tls,
            offers.dtls,
            Path(tcpmss=provenance.tcpmss(config).value, ip_version=options.ip_version, client=options.client_mtu),
        ),
        links=tuple(links.values()),
        dtls_links=tuple(links[each.nameif] for each in serving if not each.tls_only),
        sources=provenance.device(config) | dict(offers.sources),
        release=release_of(config),
    )


def _confs(device: AuditedDevice, known: dict[str, EffectivePolicy]) -> dict[str, int | None]:
    """The configured MTU of every policy that evidence names or a tunnel group hands out, bytes."""
    for name in device.assigned_policies:
        known = known | {name: device.policy(name)}
    return {name: policy.mtu.value for name, policy in known.items() if policy.exists}
