//! A packet's way through a planned router, without a kernel: reads the vocabulary as nftables would.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::config::{LinkName, Namespace, Route};
use super::firewall::{RECEIVER4, RECEIVER6};
use super::number::NEW;
use super::ruleset::{Data, Field, HookPoint, Key, Policy, Set, Statement, Verdict};

/// The first packet of a flow, as it enters the router.
#[derive(Debug, Clone)]
pub struct Packet {
    pub input: LinkName,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    /// The destination port, or ICMP type and code.
    pub number: u16,
}

/// The link that the packet leaves by, or nothing where it is dropped.
pub fn walk(router: &Namespace, packet: &Packet) -> Option<LinkName> {
    walk_counted(router, packet).0
}

/// The same, and the keys for which the packet was counted on its way.
pub fn walk_counted(router: &Namespace, packet: &Packet) -> (Option<LinkName>, Vec<Key>) {
    let mut walker = Walker { router, packet, output: None, mark: 0, flow_mark: 0, counted: Vec::new() };
    if !walker.hook(HookPoint::Prerouting) {
        return (None, walker.counted);
    }
    walker.output = route(router, walker.mark, packet.destination);
    let passes = walker.output.is_some() && walker.hook(HookPoint::Forward);
    (walker.output.filter(|_| passes), walker.counted)
}

/// How many chains lead one to the next at most, whatever packets do: the kernel refuses more than [`DEPTH_MAX`].
pub fn deepest(router: &Namespace) -> usize {
    let chains = &router.firewall.chains;
    chains
        .iter()
        .filter(|it| it.1.hook.is_some())
        .map(|it| depth(router, it.0, 1, &mut BTreeMap::new()))
        .max()
        .unwrap_or(0)
}

/// The depth of what the chain leads to, if it is the one at this place; `known` are the places of those before.
fn depth(router: &Namespace, name: &str, place: usize, known: &mut BTreeMap<String, usize>) -> usize {
    if known.get(name).is_some_and(|it| *it >= place) {
        return 0;
    }
    known.insert(name.to_owned(), place);
    assert!(place <= DEPTH_MAX, "chains are nested too deep at {name}");
    let firewall = &router.firewall;
    let rules = firewall.chains[name].rules.iter().flatten();
    let verdicts = rules.flat_map(|it| match it {
        Statement::Verdict(verdict) => vec![verdict.clone()],
        Statement::VerdictAmong { elements, .. } => elements.iter().map(|it| it.1.clone()).collect(),
        Statement::VerdictFrom { map, .. } => {
            let elements = firewall.sets[map].elements.values();
            elements.filter_map(|it| if let Data::Verdict(it) = &it.data { Some(it.clone()) } else { None }).collect()
        }
        _ => Vec::new(),
    });
    let next = verdicts.map(|it| match it {
        Verdict::Jump(to) | Verdict::Goto(to) => depth(router, &to, place + 1, known),
        Verdict::Accept | Verdict::Drop | Verdict::Return => 0,
    });
    next.max().unwrap_or(0).max(place)
}

fn route(router: &Namespace, mark: u32, destination: IpAddr) -> Option<LinkName> {
    for rule in router.rules.values().filter(|it| it.mark.is_none_or(|(value, mask)| mark & mask == value)) {
        let table = router.routes.iter().filter(|(key, _)| key.table == rule.table);
        let fitting = table.filter(|(key, _)| key.destination.contains(&destination));
        match fitting.max_by_key(|(key, _)| key.destination.prefix_len()).map(|it| it.1) {
            Some(Route::Link { link, .. } | Route::Via { link, .. }) => return Some(link.clone()),
            Some(Route::Blackhole) => return None,
            Some(Route::Throw) | None => {}
        }
    }
    None
}

struct Walker<'a> {
    router: &'a Namespace,
    packet: &'a Packet,
    output: Option<LinkName>,
    mark: u32,
    flow_mark: u32,
    counted: Vec<Key>,
}

/// What a chain comes to.
enum End {
    Accept,
    Drop,
    /// The packet goes on behind the jump that led here, or to the base chain's policy.
    Return,
}

/// A chain that leads to itself would be refused by the kernel; none of ours is as deep.
const DEPTH_MAX: usize = 16;

impl Walker<'_> {
    fn hook(&mut self, point: HookPoint) -> bool {
        let chains = self.router.firewall.chains.iter();
        let mut found: Vec<_> =
            chains.filter_map(|(name, it)| Some((it.hook?, name))).filter(|(hook, _)| hook.point == point).collect();
        found.sort_by_key(|(hook, _)| hook.priority);
        assert!(!found.is_empty(), "every hook has a chain");
        found.into_iter().all(|(hook, name)| match self.chain(name, 0) {
            End::Accept => true,
            End::Drop => false,
            End::Return => hook.policy == Policy::Accept,
        })
    }

    fn chain(&mut self, name: &str, depth: usize) -> End {
        assert!(depth < DEPTH_MAX, "chains are nested too deep at {name}");
        let chain = self.router.firewall.chains.get(name).unwrap_or_else(|| panic!("no chain {name}")).clone();
        for rule in &chain.rules {
            let Some(verdict) = self.rule(rule) else { continue };
            match verdict {
                Verdict::Accept => return End::Accept,
                Verdict::Drop => return End::Drop,
                Verdict::Return => return End::Return,
                Verdict::Goto(to) => return self.chain(&to, depth + 1),
                Verdict::Jump(to) => match self.chain(&to, depth + 1) {
                    End::Return => {}
                    end => return end,
                },
            }
        }
        End::Return
    }

    /// The rule's verdict, or nothing where it does not match or has none.
    fn rule(&mut self, rule: &[Statement]) -> Option<Verdict> {
        for statement in rule {
            match statement {
                Statement::Family(family) => {
                    let own = if self.packet.source.is_ipv4() { 2 } else { 10 };
                    if *family != own {
                        return None;
                    }
                }
                Statement::InSet { fields, set } | Statement::InMap { fields, map: set } => {
                    self.find(set, fields)?;
                }
                Statement::NotInSet { fields, set } => {
                    if self.find(set, fields).is_some() {
                        return None;
                    }
                }
                Statement::Between { field, first, last } => {
                    let bytes = self.bytes(*field)?;
                    if bytes < *first || bytes > *last {
                        return None;
                    }
                }
                Statement::MarkFrom { fields, map } => match self.find(map, fields)? {
                    Data::Mark(mark) => self.mark = mark,
                    other => panic!("{map} holds {other:?}"),
                },
                Statement::VerdictFrom { fields, map } => match self.find(map, fields) {
                    Some(Data::Verdict(verdict)) => return Some(verdict),
                    Some(other) => panic!("{map} holds {other:?}"),
                    None => {}
                },
                Statement::VerdictAmong { fields, elements } => {
                    let key = self.key(fields)?;
                    if let Some((_, verdict)) = elements.iter().find(|(it, _)| *it == key) {
                        return Some(verdict.clone());
                    }
                }
                // The first packet of a flow is new.
                Statement::FlowState(bits) => {
                    if bits & NEW == 0 {
                        return None;
                    }
                }
                Statement::Equals { field, value } => {
                    if self.bytes(*field)? != *value {
                        return None;
                    }
                }
                Statement::Masked { field, mask, value } => {
                    let bytes = self.bytes(*field)?;
                    let masked: Vec<u8> = bytes.iter().zip(mask).map(|(byte, mask)| byte & mask).collect();
                    if masked != *value {
                        return None;
                    }
                }
                Statement::SetFlowMark { and, or } => self.flow_mark = self.flow_mark & and | or,
                // There is but one flow.
                Statement::Counter | Statement::SetFlowZone(_) => {}
                Statement::Count { fields, .. } => {
                    let key = self.key(fields)?;
                    self.counted.push(key);
                }
                Statement::Verdict(verdict) => return Some(verdict.clone()),
                other => panic!("no packet is walked through {other:?}"),
            }
        }
        None
    }

    fn find(&self, set: &str, fields: &[Field]) -> Option<Data> {
        let set = self.router.firewall.sets.get(set).unwrap_or_else(|| panic!("no set {set}"));
        assert_eq!(set.key.len(), fields.len());
        let key = self.key(fields)?;
        let mut found = set.elements.iter().filter(|(first, it)| within(set, &key, first, it.last.as_ref()));
        let element = found.next()?;
        assert!(found.next().is_none(), "two elements match one packet, which the kernel would have refused");
        Some(element.1.data.clone())
    }

    fn key(&self, fields: &[Field]) -> Option<Key> {
        let mut key = Vec::new();
        for field in fields {
            key.extend(self.bytes(*field)?);
            key.resize(key.len().next_multiple_of(4), 0);
        }
        Some(Key(key))
    }

    fn bytes(&self, field: Field) -> Option<Vec<u8>> {
        let link = |name: &str| {
            let mut bytes = name.as_bytes().to_vec();
            bytes.resize(16, 0);
            bytes
        };
        let address = |address: IpAddr, four: bool| match address {
            IpAddr::V4(it) if four => Some(it.octets().to_vec()),
            IpAddr::V6(it) if !four => Some(it.octets().to_vec()),
            _ => None,
        };
        let icmp = matches!(self.packet.protocol, 1 | 58);
        let identity = |map: &str, field| match self.find(map, &[field])? {
            Data::Mark(mark) => Some(mark.to_ne_bytes().to_vec()),
            other => panic!("{map} holds {other:?}"),
        };
        match field {
            Field::InputLink => Some(link(&self.packet.input)),
            Field::OutputLink => Some(link(self.output.as_deref()?)),
            Field::NextLink => {
                let next = route(self.router, self.mark, self.packet.destination);
                Some(link(next.as_deref().unwrap_or_default()))
            }
            Field::Source4 => address(self.packet.source, true),
            Field::Source6 => address(self.packet.source, false),
            Field::Destination4 => address(self.packet.destination, true),
            Field::Destination6 => address(self.packet.destination, false),
            Field::Protocol => Some(vec![self.packet.protocol]),
            // At the other's place the packet has bytes too, of another meaning.
            Field::DestinationPort => {
                Some(if icmp { vec![0xab, 0xcd] } else { self.packet.number.to_be_bytes().into() })
            }
            Field::IcmpTypeCode => Some(if icmp { self.packet.number.to_be_bytes().into() } else { vec![0xab, 0xcd] }),
            Field::Identity => Some((self.mark & 0xffff).to_ne_bytes().to_vec()),
            Field::DestinationIdentity4 => identity(RECEIVER4, Field::Destination4),
            Field::DestinationIdentity6 => identity(RECEIVER6, Field::Destination6),
            Field::Direction => Some(vec![0]),
            Field::FlowMark => Some(self.flow_mark.to_ne_bytes().to_vec()),
            // The first packet of a flow is new, and itself who began the flow.
            Field::State => Some(NEW.to_ne_bytes().to_vec()),
            Field::FlowSource4 => address(self.packet.source, true),
            Field::FlowSource6 => address(self.packet.source, false),
            Field::FlowReplier4 => address(self.packet.destination, true),
            Field::FlowReplier6 => address(self.packet.destination, false),
            // From port 9, and with every flag.
            Field::Ports if icmp => Some(vec![0xab, 0xcd, 0xab, 0xcd]),
            Field::Ports => Some([9u16.to_be_bytes(), self.packet.number.to_be_bytes()].concat()),
            Field::TcpFlags(mask) => Some(vec![mask]),
            Field::Constant(number) => Some(number.to_ne_bytes().to_vec()),
        }
    }
}

/// Whether every field of the key lies between the first and the last value.
fn within(set: &Set, key: &Key, first: &Key, last: Option<&Key>) -> bool {
    let Some(last) = last else { return key == first };
    let mut at = 0;
    set.key.iter().all(|field| {
        let end = at + if matches!(field, Field::Source6 | Field::Destination6) { 16 } else { 4 };
        let (key, first, last) = (&key.0[at..end], &first.0[at..end], &last.0[at..end]);
        at = end;
        first <= key && key <= last
    })
}
