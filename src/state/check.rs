//! What must hold of every State: one function a promise. Run after every commit in tests and debug builds.

use std::collections::BTreeSet;

use super::State;
use super::instance::Lifecycle;
use super::nat_gateway::Connectivity;
use super::network_interface::Kind;
use super::peering::PeeringStatus;
use super::prefix_list::Family;
use super::route_table::{Destination, Target};
use crate::net::Prefix;

/// Everything that is wrong with the state, in words; empty when nothing is.
pub fn broken(state: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    addresses_lie_in_their_subnet(state, &mut wrong);
    subnets_lie_in_their_vpc_and_do_not_overlap(state, &mut wrong);
    a_vpc_has_its_defaults(state, &mut wrong);
    references_lead_somewhere(state, &mut wrong);
    identities_are_what_interfaces_wear(state, &mut wrong);
    attachments_lead_to_living_instances(state, &mut wrong);
    living_instances_have_one_interface_at_each_place(state, &mut wrong);
    active_peering_joins_two_vpcs_that_do_not_overlap(state, &mut wrong);
    public_addresses_stand_for_one_address_of_an_interface(state, &mut wrong);
    living_nat_gateways_have_their_interface_and_addresses(state, &mut wrong);
    route_tables_have_numbers_of_their_own(state, &mut wrong);
    routes_are_in_order_and_fit_their_targets(state, &mut wrong);
    a_subnet_uses_one_route_table_of_its_vpc(state, &mut wrong);
    a_vpc_has_one_internet_gateway_at_most(state, &mut wrong);
    network_acl_entries_are_in_order(state, &mut wrong);
    wrong
}

fn addresses_lie_in_their_subnet(state: &State, wrong: &mut Vec<String>) {
    let mut taken = BTreeSet::new();
    for interface in state.network_interfaces.iter() {
        let Some(subnet) = state.subnets.get(&interface.subnet) else {
            wrong.push(format!("{} lies in {}, which does not exist", interface.id, interface.subnet));
            continue;
        };
        for address in &interface.addresses {
            if !subnet.prefix.is_some_and(|it| it.contains(address)) {
                wrong.push(format!("{} has {address}, outside {}", interface.id, subnet.id));
            }
        }
        for address in &interface.addresses6 {
            if !subnet.block6.as_ref().is_some_and(|it| it.prefix.contains(address)) {
                wrong.push(format!("{} has {address}, outside {}", interface.id, subnet.id));
            }
        }
        for address in interface.all_addresses() {
            if !taken.insert((interface.vpc, address)) {
                wrong.push(format!("{address} is held twice in {}", interface.vpc));
            }
        }
    }
}

fn subnets_lie_in_their_vpc_and_do_not_overlap(state: &State, wrong: &mut Vec<String>) {
    for vpc in state.vpcs.iter() {
        let subnets = || state.indexes.subnets_of_vpc.of(vpc.id).filter_map(|id| state.subnets.get(&id));
        let mut blocks: Vec<Prefix> = subnets().filter_map(|it| it.prefix.map(Prefix::V4)).collect();
        blocks.extend(subnets().filter_map(|it| it.block6.as_ref().map(|block| Prefix::V6(block.prefix))));
        for block in &blocks {
            if !vpc.prefixes().any(|it| it.contains(block)) {
                wrong.push(format!("a subnet's block {block} lies outside {}", vpc.id));
            }
        }
        blocks.sort();
        for pair in blocks.windows(2) {
            if pair[0].contains(&pair[1]) || pair[1].contains(&pair[0]) {
                wrong.push(format!("{} and {} overlap in {}", pair[0], pair[1], vpc.id));
            }
        }
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
        if let super::security_group::Peer::Group { group, .. } = rule.peer
            && state.security_groups.get(&group).is_none()
        {
            wrong.push(format!("{} names {group}, which does not exist", rule.id));
        }
    }
    for interface in state.network_interfaces.iter() {
        for group in &interface.groups {
            if state.security_groups.get(group).is_none_or(|it| it.vpc != interface.vpc) {
                wrong.push(format!("{} wears {group}, which is not of its VPC", interface.id));
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
        if one.prefixes().any(|a| other.prefixes().any(|b| a.contains(&b) || b.contains(&a))) {
            wrong.push(format!("{} joins {} and {}, which overlap", row.id, one.id, other.id));
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
