//! What must hold of every State: one function a promise. Run after every commit in tests and debug builds.

use std::collections::{BTreeMap, BTreeSet};

use super::State;
use super::flow_log::Resource;
use super::id::VpcId;
use super::instance::Lifecycle;
use super::nat_gateway::Connectivity;
use super::network_interface::{BANDWIDTH, Kind};
use super::peering::PeeringStatus;
use super::prefix_list::{Family, PrefixListEntry};
use super::route_table::{Destination, Target};
use crate::net::{Prefix, overlap};

/// Everything that is wrong with the state, in words; empty when nothing is.
pub fn broken(state: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    addresses_and_prefixes_lie_in_their_subnet_and_do_not_overlap(state, &mut wrong);
    blocks_of_a_vpc_do_not_overlap(state, &mut wrong);
    subnets_lie_in_their_vpc_and_do_not_overlap(state, &mut wrong);
    reservations_lie_in_their_subnet_and_do_not_overlap(state, &mut wrong);
    a_vpc_has_its_defaults(state, &mut wrong);
    references_lead_somewhere(state, &mut wrong);
    identities_are_what_interfaces_wear(state, &mut wrong);
    interfaces_have_the_bandwidth_that_their_tag_says(state, &mut wrong);
    attachments_lead_to_living_instances(state, &mut wrong);
    living_instances_have_one_interface_at_each_place(state, &mut wrong);
    active_peering_joins_two_vpcs_that_do_not_overlap(state, &mut wrong);
    prefix_lists_hold_blocks_of_their_family(state, &mut wrong);
    exclusions_are_of_what_is_there(state, &mut wrong);
    public_addresses_stand_for_one_address_of_an_interface(state, &mut wrong);
    living_nat_gateways_have_their_interface_and_addresses(state, &mut wrong);
    route_tables_have_numbers_of_their_own(state, &mut wrong);
    routes_are_in_order_and_fit_their_targets(state, &mut wrong);
    a_subnet_uses_one_route_table_of_its_vpc(state, &mut wrong);
    a_vpc_has_one_internet_gateway_at_most(state, &mut wrong);
    network_acl_entries_are_in_order(state, &mut wrong);
    analyses_have_their_path(state, &mut wrong);
    flow_logs_are_of_something(state, &mut wrong);
    wrong
}

fn addresses_and_prefixes_lie_in_their_subnet_and_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    let mut held: BTreeMap<VpcId, Vec<Prefix>> = BTreeMap::new();
    for interface in state.network_interfaces.iter() {
        let Some(subnet) = state.subnets.get(&interface.subnet) else {
            wrong.push(format!("{} lies in {}, which does not exist", interface.id, interface.subnet));
            continue;
        };
        for prefix in interface.all_addresses().map(Prefix::from).chain(interface.all_prefixes()) {
            if !subnet.prefixes().any(|it| it.contains(&prefix)) {
                wrong.push(format!("{} has {prefix}, outside {}", interface.id, subnet.id));
            }
            held.entry(interface.vpc).or_default().push(prefix);
        }
        let lens = |len: u8| interface.all_prefixes().filter(move |it| it.prefix_len() == len).count();
        if (lens(28), lens(80)) != (interface.prefixes.len(), interface.prefixes6.len()) {
            wrong.push(format!("{} has a prefix of another length than EC2's", interface.id));
        }
    }
    for (vpc, mut prefixes) in held {
        expect_apart(&mut prefixes, vpc, wrong);
    }
}

fn blocks_of_a_vpc_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    for vpc in state.vpcs.iter() {
        expect_apart(&mut vpc.prefixes().collect::<Vec<_>>(), vpc.id, wrong);
    }
}

/// Reports the prefixes that share an address: once they are sorted, two of these are neighbours.
fn expect_apart(prefixes: &mut [Prefix], whose: impl std::fmt::Display, wrong: &mut Vec<String>) {
    prefixes.sort();
    for [a, b] in prefixes.array_windows().filter(|[a, b]| overlap(*a, *b)) {
        wrong.push(format!("{a} and {b} overlap in {whose}"));
    }
}

fn subnets_lie_in_their_vpc_and_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    for vpc in state.vpcs.iter() {
        let subnets = state.indexes.subnets_of_vpc.of(vpc.id).filter_map(|id| state.subnets.get(&id));
        let mut blocks: Vec<Prefix> = subnets.flat_map(|it| it.prefixes()).collect();
        for block in &blocks {
            if !vpc.prefixes().any(|it| it.contains(block)) {
                wrong.push(format!("a subnet's block {block} lies outside {}", vpc.id));
            }
        }
        expect_apart(&mut blocks, vpc.id, wrong);
    }
}

fn reservations_lie_in_their_subnet_and_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    let mut reserved: BTreeMap<_, Vec<Prefix>> = BTreeMap::new();
    for row in state.subnet_reservations.iter() {
        let subnet = state.subnets.get(&row.subnet);
        if !subnet.is_some_and(|it| it.prefixes().any(|block| block.contains(&row.prefix))) {
            wrong.push(format!("{} reserves {}, outside {}", row.id, row.prefix, row.subnet));
        }
        reserved.entry(row.subnet).or_default().push(row.prefix);
    }
    for (subnet, mut prefixes) in reserved {
        expect_apart(&mut prefixes, subnet, wrong);
    }
}

fn a_vpc_has_its_defaults(state: &State, wrong: &mut Vec<String>) {
    for vpc in state.vpcs.iter() {
        let tables = state.indexes.route_tables_of_vpc.of(vpc.id);
        let main = tables.flat_map(|table| state.indexes.associations_of_route_table.of(table));
        let mains = main.filter_map(|id| state.route_table_associations.get(&id)).filter(|it| it.subnet.is_none());
        if mains.count() != 1 {
            wrong.push(format!("{} has not exactly one main route table", vpc.id));
        }
        let acls = state.indexes.network_acls_of_vpc.of(vpc.id).filter_map(|id| state.network_acls.get(&id));
        if acls.filter(|it| it.default).count() != 1 {
            wrong.push(format!("{} has not exactly one default network ACL", vpc.id));
        }
        if state.default_group(vpc.id).is_none() {
            wrong.push(format!("{} has no default security group", vpc.id));
        }
        for subnet in state.indexes.subnets_of_vpc.of(vpc.id) {
            if state.indexes.network_acl_association_of_subnet.of(subnet).count() != 1 {
                wrong.push(format!("{subnet} has not exactly one network ACL"));
            }
        }
    }
}

fn references_lead_somewhere(state: &State, wrong: &mut Vec<String>) {
    for subnet in state.subnets.iter().filter(|it| state.vpcs.get(&it.vpc).is_none()) {
        wrong.push(format!("{} lies in {}, which does not exist", subnet.id, subnet.vpc));
    }
    for rule in state.security_group_rules.iter() {
        if state.security_groups.get(&rule.group).is_none() {
            wrong.push(format!("{} belongs to {}, which does not exist", rule.id, rule.group));
        }
        if let super::security_group::Peer::Group { group, .. } = rule.peer {
            let vpc = rule.across.map_or(rule.vpc, |it| it.vpc);
            match state.security_groups.get(&group) {
                Some(named) if named.vpc != vpc => wrong.push(format!("{} names {group}, not of {vpc}", rule.id)),
                None if rule.across.is_none() => wrong.push(format!("{} names {group}, which does not exist", rule.id)),
                _ => {}
            }
        }
    }
    for it in state.security_group_associations.iter() {
        let group = state.security_groups.get(&it.group).filter(|group| group.vpc != it.vpc);
        if group.is_none() || state.vpcs.get(&it.vpc).is_none() {
            wrong.push(format!("{} is associated with {} for no reason", it.group, it.vpc));
        }
    }
    for interface in state.network_interfaces.iter() {
        for group in &interface.groups {
            let own = state.security_groups.get(group).is_some_and(|it| it.vpc == interface.vpc);
            if !own && state.security_group_associations.get(&(*group, interface.vpc)).is_none() {
                wrong.push(format!("{} wears {group}, which is neither of its VPC nor associated", interface.id));
            }
        }
    }
}

fn identities_are_what_interfaces_wear(state: &State, wrong: &mut Vec<String>) {
    for interface in state.network_interfaces.iter() {
        let identity = state.identities.get(&(interface.vpc, interface.identity));
        if identity.is_none_or(|it| it.groups != interface.groups) {
            wrong.push(format!("{} carries identity {}, not that of its groups", interface.id, interface.identity));
        }
    }
}

fn interfaces_have_the_bandwidth_that_their_tag_says(state: &State, wrong: &mut Vec<String>) {
    for interface in state.network_interfaces.iter() {
        let key = (interface.id.to_string(), BANDWIDTH.to_owned(), interface.account, interface.region.clone());
        let said = state.tags.get(&key).and_then(|it| it.value.parse().ok());
        if said != interface.bandwidth {
            wrong.push(format!("{} has the bandwidth {:?}, not that of its tag", interface.id, interface.bandwidth));
        }
    }
}

fn attachments_lead_to_living_instances(state: &State, wrong: &mut Vec<String>) {
    for interface in state.network_interfaces.iter() {
        let Some(attachment) = &interface.attachment else { continue };
        let instance = state.instances.get(&attachment.instance);
        if instance.is_none_or(|it| it.lifecycle == Lifecycle::Terminated || it.vpc != interface.vpc) {
            wrong.push(format!("{} is attached to {}, which cannot hold it", interface.id, attachment.instance));
        }
    }
}

fn living_instances_have_one_interface_at_each_place(state: &State, wrong: &mut Vec<String>) {
    for instance in state.instances.iter().filter(|it| it.lifecycle != Lifecycle::Terminated) {
        let attachments = state.interfaces_of_instance(instance.id).filter_map(|it| it.attachment.as_ref());
        let mut places: Vec<u8> = attachments.map(|it| it.device_index).collect();
        if places.first() != Some(&0) {
            wrong.push(format!("{} has no interface at device index 0", instance.id));
        }
        let len = places.len();
        places.dedup();
        if places.len() != len {
            wrong.push(format!("{} has two interfaces at one device index", instance.id));
        }
    }
}

fn active_peering_joins_two_vpcs_that_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    let mut joined = BTreeSet::new();
    for row in state.peering_connections.iter() {
        let lasts = matches!(row.status, PeeringStatus::PendingAcceptance | PeeringStatus::Active);
        if lasts == row.ended.is_some() {
            wrong.push(format!("{} is {:?}, ended at {:?}", row.id, row.status, row.ended));
        }
        if !lasts {
            continue;
        }
        let [one, other] = row.sides().map(|side| {
            let vpc = state.vpcs.get(&side.vpc);
            vpc.filter(|it| it.account == side.account && it.region == side.region)
        });
        let (Some(one), Some(other)) = (one, other) else {
            wrong.push(format!("{} joins a VPC that is not there", row.id));
            continue;
        };
        if row.status != PeeringStatus::Active {
            continue;
        }
        if !joined.insert((one.id.min(other.id), one.id.max(other.id))) {
            wrong.push(format!("{} joins VPCs that another one joins already", row.id));
        }
        if one.prefixes().any(|a| other.prefixes().any(|b| overlap(a, b))) {
            wrong.push(format!("{} joins {} and {}, which overlap", row.id, one.id, other.id));
        }
    }
}

fn exclusions_are_of_what_is_there(state: &State, wrong: &mut Vec<String>) {
    for row in state.block_public_access_exclusions.iter() {
        let subnet = row.subnet.map(|it| state.subnets.get(&it).map(|it| it.vpc));
        if state.vpcs.get(&row.vpc).is_none() || subnet.is_some_and(|it| it != Some(row.vpc)) {
            wrong.push(format!("{} excludes what is not there", row.id));
        }
        let found = state.indexes.block_public_access_exclusions.get(&(row.vpc, row.subnet));
        if found != Some(&row.id) {
            wrong.push(format!("{} is one of two exclusions of the same", row.id));
        }
    }
}

fn prefix_lists_hold_blocks_of_their_family(state: &State, wrong: &mut Vec<String>) {
    for list in state.prefix_lists.iter() {
        let fits = |it: &PrefixListEntry| matches!(it.prefix, Prefix::V4(_)) == (list.family == Family::Ipv4);
        if !list.current.iter().all(fits) || !list.current.is_sorted_by(|a, b| a.prefix < b.prefix) {
            wrong.push(format!("{} holds blocks that are not of its family, or not in order", list.id));
        }
        if list.current.len() > list.entries_max as usize {
            wrong.push(format!("{} holds more entries than it may", list.id));
        }
        let version = state.prefix_list_versions.get(&(list.id, list.version));
        if version.is_none_or(|it| it.entries != list.current) {
            wrong.push(format!("{} is not what its version {} is", list.id, list.version));
        }
    }
    for version in state.prefix_list_versions.iter().filter(|it| state.prefix_lists.get(&it.list).is_none()) {
        wrong.push(format!("version {} is of {}, which does not exist", version.version, version.list));
    }
    for rule in state.security_group_rules.iter() {
        if let super::security_group::Peer::PrefixList(list) = rule.peer
            && state.prefix_lists.get(&list).is_none()
        {
            wrong.push(format!("{} names {list}, which does not exist", rule.id));
        }
    }
}

fn public_addresses_stand_for_one_address_of_an_interface(state: &State, wrong: &mut Vec<String>) {
    let (mut public, mut private) = (BTreeSet::new(), BTreeSet::new());
    for address in state.addresses.iter() {
        if !public.insert(address.public) {
            wrong.push(format!("{} is two addresses", address.public));
        }
        let Some(association) = &address.association else {
            if address.automatic {
                wrong.push(format!("{} was given to an interface, but belongs to none", address.public));
            }
            continue;
        };
        let interface = state.network_interfaces.get(&association.interface);
        let holds = interface.is_some_and(|it| {
            it.addresses.contains(&association.private) && (it.vpc, it.account) == (association.vpc, address.account)
        });
        if !holds {
            wrong.push(format!("{} stands for {}, which is not there", address.public, association.private));
        }
        if !private.insert((association.interface, association.private)) {
            wrong.push(format!("two public addresses stand for {} of {}", association.private, association.interface));
        }
    }
}

fn living_nat_gateways_have_their_interface_and_addresses(state: &State, wrong: &mut Vec<String>) {
    for gateway in state.nat_gateways.iter().filter(|it| it.deleted.is_none()) {
        let Some(interface) = state.network_interfaces.get(&gateway.interface) else {
            wrong.push(format!("{} has no interface", gateway.id));
            continue;
        };
        let privates: Vec<_> = gateway.addresses.iter().map(|it| it.private).collect();
        if interface.kind != Kind::NatGateway(gateway.id) || interface.addresses != privates || privates.is_empty() {
            wrong.push(format!("{} and {} do not fit", gateway.id, interface.id));
        }
        for address in &gateway.addresses {
            let elastic = address.allocation.and_then(|it| state.addresses.get(&it));
            let stands = elastic
                .and_then(|it| it.association.as_ref())
                .is_some_and(|it| (it.interface, it.private) == (interface.id, address.private));
            if stands != (gateway.connectivity == Connectivity::Public) {
                wrong.push(format!("{} of {} has not the Elastic IP that it should", address.private, gateway.id));
            }
        }
    }
    for interface in state.network_interfaces.iter() {
        let Kind::NatGateway(id) = interface.kind else { continue };
        if state.nat_gateways.get(&id).is_none_or(|it| it.deleted.is_some() || it.interface != interface.id) {
            wrong.push(format!("{} is for {id}, which does not have it", interface.id));
        }
        if interface.attachment.is_some() || !interface.groups.is_empty() {
            wrong.push(format!("{} is for {id}, but has what only an instance's has", interface.id));
        }
    }
}

fn route_tables_have_numbers_of_their_own(state: &State, wrong: &mut Vec<String>) {
    let mut taken = BTreeSet::new();
    for table in state.route_tables.iter() {
        if state.vpcs.get(&table.vpc).is_none() {
            wrong.push(format!("{} belongs to {}, which does not exist", table.id, table.vpc));
        }
        if !(1..=4095).contains(&table.number) || !taken.insert((table.vpc, table.number)) {
            wrong.push(format!("{} has the number {}, out of range or another table's", table.id, table.number));
        }
    }
}

fn routes_are_in_order_and_fit_their_targets(state: &State, wrong: &mut Vec<String>) {
    for table in state.route_tables.iter() {
        if !table.routes.is_sorted_by(|a, b| a.destination < b.destination) {
            wrong.push(format!("the routes of {} are out of order, or two have one destination", table.id));
        }
        for route in &table.routes {
            let is_ipv6 = match route.destination {
                Destination::Prefix(it) => Some(matches!(it, Prefix::V6(_))),
                Destination::PrefixList(list) => state.prefix_lists.get(&list).map(|it| it.family == Family::Ipv6),
            };
            if is_ipv6.is_none() {
                wrong.push(format!("{} has a route for {:?}, which does not exist", table.id, route.destination));
            }
            if is_ipv6 == Some(false) && matches!(route.target, Target::EgressOnlyInternetGateway(_)) {
                wrong.push(format!("{} sends IPv4 for {:?} to {:?}", table.id, route.destination, route.target));
            }
        }
    }
}

fn a_subnet_uses_one_route_table_of_its_vpc(state: &State, wrong: &mut Vec<String>) {
    let mut taken = BTreeSet::new();
    for association in state.route_table_associations.iter() {
        let table = state.route_tables.get(&association.table);
        if table.is_none_or(|it| it.vpc != association.vpc) {
            wrong.push(format!("{} ties {}, which is not of its VPC", association.id, association.table));
        }
        let Some(subnet) = association.subnet else { continue };
        if state.subnets.get(&subnet).is_none_or(|it| it.vpc != association.vpc) {
            wrong.push(format!("{} ties {subnet}, which is not of its VPC", association.id));
        }
        if !taken.insert(subnet) {
            wrong.push(format!("{subnet} has two route tables of its own"));
        }
    }
}

fn a_vpc_has_one_internet_gateway_at_most(state: &State, wrong: &mut Vec<String>) {
    let mut taken = BTreeSet::new();
    for gateway in state.internet_gateways.iter() {
        let Some(vpc) = gateway.vpc else { continue };
        if state.vpcs.get(&vpc).is_none_or(|it| (it.account, &it.region) != (gateway.account, &gateway.region)) {
            wrong.push(format!("{} is attached to {vpc}, which is not its owner's", gateway.id));
        }
        if !taken.insert(vpc) {
            wrong.push(format!("{vpc} has two internet gateways"));
        }
    }
    for gateway in state.egress_only_internet_gateways.iter() {
        if state.vpcs.get(&gateway.vpc).is_none() {
            wrong.push(format!("{} is attached to {}, which does not exist", gateway.id, gateway.vpc));
        }
    }
}

fn network_acl_entries_are_in_order(state: &State, wrong: &mut Vec<String>) {
    for acl in state.network_acls.iter() {
        if !acl.entries.is_sorted_by(|a, b| (a.egress, a.number) < (b.egress, b.number)) {
            wrong.push(format!("the entries of {} are out of order, or two have one number", acl.id));
        }
        if acl.entries.iter().any(|it| !(1..=32766).contains(&it.number)) {
            wrong.push(format!("{} has an entry whose number is out of range", acl.id));
        }
    }
    for association in state.network_acl_associations.iter() {
        if state.network_acls.get(&association.acl).is_none_or(|it| it.vpc != association.vpc) {
            wrong.push(format!("{} ties {}, which is not of its VPC", association.id, association.acl));
        }
    }
}

fn analyses_have_their_path(state: &State, wrong: &mut Vec<String>) {
    for row in state.insights_analyses.iter().filter(|it| state.insights_paths.get(&it.path).is_none()) {
        wrong.push(format!("{} is of {}, which does not exist", row.id, row.path));
    }
}

fn flow_logs_are_of_something(state: &State, wrong: &mut Vec<String>) {
    for log in state.flow_logs.iter() {
        let vpc = match log.resource {
            Resource::Vpc(id) => state.vpcs.get(&id).map(|it| it.id),
            Resource::Subnet(id) => state.subnets.get(&id).map(|it| it.vpc),
            Resource::Interface(id) => state.network_interfaces.get(&id).map(|it| it.vpc),
        };
        if vpc != Some(log.vpc) {
            wrong.push(format!("{} is of {}, which is not in {}", log.id, log.resource, log.vpc));
        }
        if log.format.is_empty() || !matches!(log.interval, 60 | 600) {
            wrong.push(format!("{} has records that say nothing, or none in time", log.id));
        }
    }
}
