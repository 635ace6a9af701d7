//! Analyses as the wire shows them.

use crate::ec2::scope::{Caller, Scope};
use crate::net::{Prefix, Span};
use crate::reach;
use crate::state::id::InstanceId;
use crate::state::insights::{Component, End, Field, Header, InsightsAnalysis, Missing, Part, Refusal, Taken};
use crate::state::network_acl::NetworkAclEntry;
use crate::state::route_table::{Destination, Target};
use crate::state::security_group::{Peer, SecurityGroupRule, Traffic};
use crate::wire::Timestamp;
use crate::wire::shapes::*;

/// Every analysis is done when the call that starts it is answered.
pub const STATUS: &str = "succeeded";

/// The number of the last entry of a network ACL, which denies what no entry before it admits.
const LAST_ENTRY: i32 = 32767;

/// The id of an end of a path.
pub fn end_id(end: End) -> String {
    match end {
        End::Interface(id) => id.to_string(),
        End::Instance(id) => id.to_string(),
        End::InternetGateway(id) => id.to_string(),
    }
}

pub fn end_arn(caller: &Caller, end: End) -> String {
    let kind = match end {
        End::Interface(_) => "network-interface",
        End::Instance(_) => "instance",
        End::InternetGateway(_) => "internet-gateway",
    };
    caller.arn(kind, end_id(end))
}

/// An analysis as the wire shows it.
pub fn analysis(scope: &impl Scope, row: &InsightsAnalysis) -> NetworkInsightsAnalysis {
    let caller = scope.caller();
    let refused = row.forward.iter().chain(&row.back).filter_map(|it| explanation(caller, it));
    let missing =
        row.missing.map(|it| Explanation { explanation_code: Some(missing(it).to_owned()), ..Default::default() });
    let explanations = if row.found { Vec::new() } else { refused.chain(missing).collect() };
    NetworkInsightsAnalysis {
        explanations,
        filter_in_arns: row.filter_in.clone(),
        filter_out_arns: row.filter_out.clone(),
        forward_path_components: path(caller, &row.forward),
        network_insights_analysis_arn: Some(caller.arn("network-insights-analysis", row.id)),
        network_insights_analysis_id: Some(row.id.to_string()),
        network_insights_path_id: Some(row.path.to_string()),
        network_path_found: Some(row.found),
        return_path_components: path(caller, &row.back),
        start_date: Some(Timestamp(row.started.0)),
        status: Some(STATUS.to_owned()),
        tags: scope.tags(row.id),
        ..Default::default()
    }
}

/// The code for a path that ends although nothing refuses the packet.
fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::End => "NO_SOURCE_OR_DESTINATION",
        Missing::Unassociated => "UNASSOCIATED_COMPONENT",
        Missing::Destination => "NO_POSSIBLE_DESTINATION",
        Missing::Component => "COMPONENT_FILTER_RESTRICTION",
        Missing::AtDestination(Field::SourceAddress) => "FILTER_AT_DESTINATION_SOURCE_ADDRESS",
        Missing::AtDestination(Field::SourcePort) => "FILTER_AT_DESTINATION_SOURCE_PORT_RANGE",
        Missing::AtDestination(Field::DestinationAddress) => "FILTER_AT_DESTINATION_DESTINATION_ADDRESS",
        Missing::AtDestination(Field::DestinationPort) => "FILTER_AT_DESTINATION_DESTINATION_PORT_RANGE",
    }
}

/// AWS's code for a refusal.
fn code(part: &Part, refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NobodyThere if *part == Part::Outside => "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
        Refusal::NotRunning => "BAD_STATE",
        Refusal::ForeignSource | Refusal::ForeignDestination => "ENI_SOURCE_DEST_CHECK_RESTRICTION",
        Refusal::NoRuleFits => "ENI_SG_RULES_MISMATCH",
        Refusal::NoRules => "SG_HAS_NO_RULES",
        Refusal::Denied => "SUBNET_ACL_RESTRICTION",
        Refusal::NoRoute | Refusal::Unroutable | Refusal::NotRoutedBack => "NO_ROUTE_TO_DESTINATION",
        Refusal::Blackhole => "BAD_STATE_ROUTE",
        Refusal::NobodyThere | Refusal::NotAsked | Refusal::Loop => "NO_POSSIBLE_DESTINATION",
        Refusal::NotServed | Refusal::Protocol => "PROTOCOL_RESTRICTION",
        Refusal::NoPublicAddress => "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
        Refusal::NotOfVpc => "GATEWAY_REJECTS_SPOOFED_TRAFFIC",
        Refusal::NoGateway => "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS",
        Refusal::Unasked => "NGW_REQUIRES_SOURCE_IN_VPC",
        Refusal::PublicAccessBlocked => "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
        Refusal::NotOfPeers => "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR",
    }
}

/// Why a component refuses the packet, if it does.
fn explanation(caller: &Caller, it: &Component) -> Option<Explanation> {
    let refusal = it.refusal?;
    let direction = |egress: bool| Some(if egress { "egress" } else { "ingress" }.to_owned());
    let mut shown = Explanation {
        explanation_code: Some(code(&it.part, refusal).to_owned()),
        vpc: it.vpc.map(|id| named(caller, "vpc", id)),
        ..Default::default()
    };
    match &it.part {
        Part::Interface { id, subnet, .. } => {
            shown.network_interface = Some(named(caller, "network-interface", id));
            shown.subnet = Some(named(caller, "subnet", subnet));
        }
        Part::SecurityGroups { interface, groups, egress, .. } => {
            shown.direction = direction(*egress);
            shown.network_interface = Some(named(caller, "network-interface", interface));
            shown.security_groups = groups.iter().map(|it| named(caller, "security-group", it)).collect();
        }
        Part::NetworkAcl { id, subnet, egress, entry } => {
            shown.direction = direction(*egress);
            shown.acl = Some(named(caller, "network-acl", id));
            shown.acl_rule = Some(acl_rule(&it.header, *egress, entry.as_ref()));
            shown.subnet = Some(named(caller, "subnet", subnet));
        }
        Part::RouteTable { id, subnet, taken } => {
            shown.route_table = Some(named(caller, "route-table", id));
            shown.route_table_route = taken.as_ref().map(|it| route(it, refusal != Refusal::Blackhole));
            shown.subnet = Some(named(caller, "subnet", subnet));
        }
        Part::InternetGateway(id) => shown.internet_gateway = Some(named(caller, "internet-gateway", id)),
        Part::NatGateway(id) => shown.nat_gateway = Some(named(caller, "natgateway", id)),
        Part::Peering(id) => shown.vpc_peering_connection = Some(named(caller, "vpc-peering-connection", id)),
        Part::EgressOnlyInternetGateway(_) => shown.component = component(caller, it),
        Part::Vpc | Part::Service(_) | Part::Outside => {
            shown.addresses = vec![it.header.destination.to_string()];
        }
    }
    Some(shown)
}

/// The components of a way as the wire shows them: with the instances at its ends, and without what is outside.
fn path(caller: &Caller, way: &[Component]) -> Vec<PathComponent> {
    let instance = |it: Option<&Component>| match it.map(|it| &it.part) {
        Some(Part::Interface { instance, .. }) => *instance,
        _ => None,
    };
    let machine =
        |id: InstanceId| PathComponent { component: Some(named(caller, "instance", id)), ..Default::default() };
    let mut shown: Vec<PathComponent> = Vec::new();
    if let Some(id) = instance(way.first()) {
        shown.push(PathComponent { outbound_header: way.first().map(|it| header(&it.header)), ..machine(id) });
    }
    shown.extend(way.iter().filter(|it| it.part != Part::Outside).map(|it| step(caller, it)));
    let last = way.last().filter(|it| it.refusal.is_none() && way.len() > 1);
    if let Some(id) = instance(last) {
        shown.push(PathComponent { inbound_header: last.map(|it| header(&it.header)), ..machine(id) });
    }
    for (it, number) in shown.iter_mut().zip(1..) {
        it.sequence_number = Some(number);
    }
    shown
}

fn step(caller: &Caller, it: &Component) -> PathComponent {
    let mut shown = PathComponent {
        component: component(caller, it),
        explanations: explanation(caller, it).into_iter().collect(),
        inbound_header: Some(header(&it.header)),
        outbound_header: it.refusal.is_none().then(|| header(it.translated.as_ref().unwrap_or(&it.header))),
        vpc: it.vpc.map(|id| named(caller, "vpc", id)),
        ..Default::default()
    };
    match &it.part {
        Part::Interface { subnet, instance, .. } => {
            shown.subnet = Some(named(caller, "subnet", subnet));
            shown.attached_to = instance.map(|id| named(caller, "instance", id));
        }
        Part::SecurityGroups { rule, .. } => shown.security_group_rule = rule.as_ref().map(group_rule),
        Part::NetworkAcl { subnet, egress, entry, .. } => {
            shown.subnet = Some(named(caller, "subnet", subnet));
            shown.acl_rule = Some(acl_rule(&it.header, *egress, entry.as_ref()));
        }
        Part::RouteTable { subnet, taken, .. } => {
            shown.subnet = Some(named(caller, "subnet", subnet));
            shown.route_table_route = taken.as_ref().map(|taken| route(taken, it.refusal != Some(Refusal::Blackhole)));
        }
        _ => {}
    }
    shown
}

/// The resource that a component is; nothing for what has no id.
fn component(caller: &Caller, it: &Component) -> Option<AnalysisComponent> {
    Some(match &it.part {
        Part::Interface { id, .. } => named(caller, "network-interface", id),
        Part::SecurityGroups { rule: Some(rule), .. } => named(caller, "security-group", rule.group),
        Part::SecurityGroups { groups, .. } => named(caller, "security-group", groups.first()?),
        Part::NetworkAcl { id, .. } => named(caller, "network-acl", id),
        Part::RouteTable { id, .. } => named(caller, "route-table", id),
        Part::InternetGateway(id) => named(caller, "internet-gateway", id),
        Part::EgressOnlyInternetGateway(id) => named(caller, "egress-only-internet-gateway", id),
        Part::NatGateway(id) => named(caller, "natgateway", id),
        Part::Peering(id) => named(caller, "vpc-peering-connection", id),
        Part::Vpc | Part::Service(_) => named(caller, "vpc", it.vpc?),
        Part::Outside => return None,
    })
}

/// The ARNs by which a component may be required or excluded: its own, and those of what it belongs to.
pub fn arns(caller: &Caller, it: &Component) -> Vec<String> {
    let shown = step(caller, it);
    let of = [shown.component, shown.vpc, shown.subnet, shown.attached_to];
    of.into_iter().flatten().filter_map(|it| it.arn).collect()
}

fn named(caller: &Caller, kind: &str, id: impl std::fmt::Display) -> AnalysisComponent {
    AnalysisComponent { arn: Some(caller.arn(kind, &id)), id: Some(id.to_string()), name: None }
}

fn range(span: Span) -> PortRange {
    PortRange { from: Some(span.first.into()), to: Some(span.last.into()) }
}

fn header(header: &Header) -> AnalysisPacketHeader {
    let (source, destination) = super::candidate::ports(&header.payload);
    let port = |it: u16| vec![range(Span { first: it, last: it })];
    AnalysisPacketHeader {
        destination_addresses: vec![Prefix::from(header.destination).to_string()],
        destination_port_ranges: port(destination),
        protocol: Some(reach::protocol(&header.payload).to_string()),
        source_addresses: vec![Prefix::from(header.source).to_string()],
        source_port_ranges: port(source),
    }
}

/// The entry that decided; without one the last, which denies everything.
fn acl_rule(header: &Header, egress: bool, entry: Option<&NetworkAclEntry>) -> AnalysisAclRule {
    let everyone = if header.source.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
    let protocol = match entry.and_then(|it| it.protocol) {
        None => "all".to_owned(),
        Some(6) => "tcp".to_owned(),
        Some(17) => "udp".to_owned(),
        Some(number) => number.to_string(),
    };
    AnalysisAclRule {
        cidr: Some(entry.map_or_else(|| everyone.to_owned(), |it| it.prefix.to_string())),
        egress: Some(egress),
        port_range: entry.and_then(|it| it.ports).map(range),
        protocol: Some(protocol),
        rule_action: Some(if entry.is_some_and(|it| it.allow) { "allow" } else { "deny" }.to_owned()),
        rule_number: Some(entry.map_or(LAST_ENTRY, |it| it.number.into())),
    }
}

fn group_rule(rule: &SecurityGroupRule) -> AnalysisSecurityGroupRule {
    let (protocol, ports) = match rule.protocol {
        Traffic::All => ("all".to_owned(), None),
        Traffic::Tcp(span) => ("tcp".to_owned(), Some(range(span))),
        Traffic::Udp(span) => ("udp".to_owned(), Some(range(span))),
        Traffic::Icmp(..) => ("icmp".to_owned(), None),
        Traffic::Icmpv6(..) => ("icmpv6".to_owned(), None),
        Traffic::Other(number) => (number.to_string(), None),
    };
    let (cidr, group, list) = match rule.peer {
        Peer::V4(block) => (Some(block.to_string()), None, None),
        Peer::V6(block) => (Some(block.to_string()), None, None),
        Peer::Group { group, .. } => (None, Some(group.to_string()), None),
        Peer::PrefixList(list) => (None, None, Some(list.to_string())),
    };
    AnalysisSecurityGroupRule {
        cidr,
        direction: Some(if rule.egress { "egress" } else { "ingress" }.to_owned()),
        port_range: ports,
        prefix_list_id: list,
        protocol: Some(protocol),
        security_group_id: group,
    }
}

fn route(taken: &Taken, active: bool) -> AnalysisRouteTableRoute {
    let mut shown = AnalysisRouteTableRoute {
        destination_cidr: Some(taken.block.to_string()),
        origin: Some(if taken.route.is_some() { "createroute" } else { "createroutetable" }.to_owned()),
        state: Some(if active { "active" } else { "blackhole" }.to_owned()),
        ..Default::default()
    };
    let Some(route) = &taken.route else {
        return AnalysisRouteTableRoute { gateway_id: Some("local".to_owned()), ..shown };
    };
    if let Destination::PrefixList(list) = route.destination {
        shown.destination_prefix_list_id = Some(list.to_string());
    }
    match route.target {
        Target::InternetGateway(id) => shown.gateway_id = Some(id.to_string()),
        Target::EgressOnlyInternetGateway(id) => shown.egress_only_internet_gateway_id = Some(id.to_string()),
        Target::NatGateway(id) => shown.nat_gateway_id = Some(id.to_string()),
        Target::Interface(id) => shown.network_interface_id = Some(id.to_string()),
        Target::Peering(id) => shown.vpc_peering_connection_id = Some(id.to_string()),
    }
    shown
}
