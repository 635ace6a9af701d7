//! What names mean inside a VPC, as its own name server answers.
//!
//! A name is looked up in State when it is asked for: nothing is laid out beforehand, so that a change costs nothing
//! however many names there are. EC2's rules are those of the VPC guide, "DNS attributes for your VPC".
//!
//! ```text
//!  ip-10-0-0-5.ec2.internal                    an interface's private address
//!  i-0123456789abcdef0.ec2.internal            an instance, of both families as its options say
//!  5.0.0.10.in-addr.arpa                       back to the first form, of a public address to the next
//!  ec2-203-0-113-5.compute-1.amazonaws.com     the private address inside, and from some peers; else the public one
//! ```
//!
//! What is neither is for the node's own name servers to know, but for the rest of the internal domains.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::state::State;
use crate::state::id::{InstanceId, VpcId};
use crate::state::instance::{Lifecycle, host_name, private_domain, public_domain, public_host_name};
use crate::state::peering::PeeringStatus;
use crate::state::vpc::Vpc;

/// What is known of a name here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All of its records; the name exists even if there are none.
    Here(Vec<Record>),
    /// The name is one of ours, and does not exist.
    Nowhere,
    /// The name is not one of ours.
    Elsewhere,
}

/// One record of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An A or an AAAA record.
    Address(IpAddr),
    /// A PTR record; the name has no dot at its end.
    Pointer(String),
}

/// The domains below which every private name lies, whichever the region.
const INTERNAL: [&str; 2] = ["ec2.internal", "compute.internal"];

/// Looks up a name in a VPC with DNS support.
pub fn look_up(state: &State, vpc: &Vpc, name: &str) -> Found {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if let Some(address) = reverse(&name) {
        return pointer(state, vpc, address);
    }
    let domain = private_domain(&vpc.region);
    if let Some(host) = below(&name, &domain) {
        return private(state, vpc, host);
    }
    if name == domain || INTERNAL.contains(&name.as_str()) && below(&domain, &name).is_some() {
        return Found::Here(Vec::new());
    }
    if INTERNAL.iter().any(|it| name == *it || below(&name, it).is_some()) {
        return Found::Nowhere;
    }
    public(state, vpc, &name)
}

/// What stands before the domain, if the name lies below it.
fn below<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    name.strip_suffix(domain)?.strip_suffix('.')
}

fn private(state: &State, vpc: &Vpc, host: &str) -> Found {
    if let Some(address) = dashed(host, "ip-").filter(|it| host_name(*it) == host) {
        let held = state.indexes.interface_of_address.contains_key(&(vpc.id, address.into()));
        return if held { Found::Here(vec![Record::Address(address.into())]) } else { Found::Nowhere };
    }
    let id = host.parse::<InstanceId>().ok().filter(|it| it.to_string() == host);
    let instance = id.and_then(|it| state.instances.get(&it));
    let instance = instance.filter(|it| it.vpc == vpc.id && it.lifecycle != Lifecycle::Terminated);
    let Some(instance) = instance else { return Found::Nowhere };
    let primary = state.interfaces_of_instance(instance.id).next();
    let four = primary.and_then(|it| it.addresses.first()).filter(|_| instance.a_record);
    let six = primary.and_then(|it| it.addresses6.first()).filter(|_| instance.aaaa_record);
    let addresses = four.copied().map(IpAddr::V4).into_iter().chain(six.copied().map(IpAddr::V6));
    Found::Here(addresses.map(Record::Address).collect())
}

/// The public name of an address, where we answer what the name means.
fn public_pointer(state: &State, vpc: &Vpc, address: Ipv4Addr) -> Found {
    let row = state.indexes.address_of_public.get(&address).and_then(|it| state.addresses.get(it));
    let domain = public_domain(row.map_or(&vpc.region, |it| &it.region));
    let name = format!("{}.{domain}", public_host_name(address));
    match public(state, vpc, &name) {
        Found::Here(_) => Found::Here(vec![Record::Pointer(name)]),
        other => other,
    }
}

fn public(state: &State, vpc: &Vpc, name: &str) -> Found {
    let Some((host, domain)) = name.split_once('.') else { return Found::Elsewhere };
    let Some(address) = dashed(host, "ec2-").filter(|it| public_host_name(*it) == host) else {
        return Found::Elsewhere;
    };
    let here = |address: Ipv4Addr| Found::Here(vec![Record::Address(address.into())]);
    let row = state.indexes.address_of_public.get(&address).and_then(|it| state.addresses.get(it));
    let row = row.filter(|it| public_domain(&it.region) == domain);
    if let Some(association) = row.and_then(|it| it.association.as_ref())
        && vpc.dns_hostnames
        && (association.vpc == vpc.id || answers_for(state, vpc, association.vpc))
    {
        return here(association.private);
    }
    // Its name says what everybody else is answered, who has it or whether anyone has.
    let pools = state.settings.get(&()).map_or(&[][..], |it| &it.public_pools);
    if domain == public_domain(&vpc.region) && pools.iter().any(|it| it.contains(&address)) {
        return here(address);
    }
    Found::Elsewhere
}

/// Whether a peer of the VPC lets it resolve the peer's public names to private addresses.
fn answers_for(state: &State, vpc: &Vpc, peer: VpcId) -> bool {
    let connections = state.indexes.peering_connections_of_vpc.of(vpc.id);
    let mut active = connections
        .filter_map(|it| state.peering_connections.get(&it))
        .filter(|it| it.status == PeeringStatus::Active)
        .filter_map(|it| it.seen_from(vpc.id));
    active.any(|(_, other)| other.vpc == peer && other.dns_resolution)
        && state.vpcs.get(&peer).is_some_and(|it| it.dns_support && it.dns_hostnames)
}

/// The name of an address. Of private addresses nobody but the VPC knows anything.
fn pointer(state: &State, vpc: &Vpc, address: IpAddr) -> Found {
    let interface = state.indexes.interface_of_address.get(&(vpc.id, address));
    let interface = interface.and_then(|it| state.network_interfaces.get(it));
    let name = interface.and_then(|interface| match address {
        IpAddr::V4(it) => Some(host_name(it)),
        IpAddr::V6(_) => {
            let instance = state.instances.get(&interface.attachment.as_ref()?.instance)?;
            instance.aaaa_record.then(|| instance.id.to_string())
        }
    });
    let internal = match address {
        IpAddr::V4(it) => it.is_private() || it.is_link_local(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local(),
    };
    match name {
        Some(host) => Found::Here(vec![Record::Pointer(format!("{host}.{}", private_domain(&vpc.region)))]),
        None if internal || vpc.prefixes().any(|it| it.contains(&address)) => Found::Nowhere,
        None => match address {
            IpAddr::V4(it) => public_pointer(state, vpc, it),
            IpAddr::V6(_) => Found::Elsewhere,
        },
    }
}

/// The address in a host name such as `ip-10-0-0-5`.
fn dashed(host: &str, prefix: &str) -> Option<Ipv4Addr> {
    host.strip_prefix(prefix)?.replace('-', ".").parse().ok()
}

/// The address that a name under `in-addr.arpa` or `ip6.arpa` stands for.
fn reverse(name: &str) -> Option<IpAddr> {
    if let Some(numbers) = below(name, "in-addr.arpa") {
        let numbers: Vec<&str> = numbers.rsplit('.').collect();
        return numbers.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let digits: Vec<&str> = below(name, "ip6.arpa")?.rsplit('.').collect();
    if digits.len() != 32 || !digits.iter().all(|it| it.len() == 1 && it.as_bytes()[0].is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits.concat(), 16).ok().map(|it| IpAddr::V6(Ipv6Addr::from(it)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::fixture::{World, text};
    use crate::state::address::{Address, AddressAssociation};
    use crate::state::id::{AddressAssociationId, AllocationId, Id, PeeringConnectionId};
    use crate::state::network_interface::NetworkInterface;
    use crate::state::peering::{PeeringConnection, PeeringSide};

    /// A VPC with one subnet of both families.
    struct Lab {
        world: World,
        vpc: VpcId,
        subnet: String,
    }

    impl Lab {
        fn new(region: &str) -> Lab {
            let mut world = World::new();
            world.caller.region = region.to_owned();
            let (vpc, subnet) = Lab::network(&mut world, "10.0.0.0/16", "10.0.0.0/24");
            Lab { world, vpc, subnet }
        }

        fn network(world: &mut World, block: &str, subnet: &str) -> (VpcId, String) {
            let made = world.ok("CreateVpc", &[("CidrBlock", block), ("AmazonProvidedIpv6CidrBlock", "true")]);
            let vpc = text(&made, "vpcId").to_owned();
            let shown = world.ok("DescribeVpcs", &[("VpcId.1", &vpc)]);
            let block6 = text(&shown, "ipv6CidrBlock").replace("/56", "/64");
            let asked = [("VpcId", vpc.as_str()), ("CidrBlock", subnet), ("Ipv6CidrBlock", &block6)];
            let subnet = text(&world.ok("CreateSubnet", &asked), "subnetId").to_owned();
            (vpc.parse().unwrap(), subnet)
        }

        fn launch(&mut self, parameters: &[(&str, &str)]) -> String {
            let image = crate::ec2::fixture::IMAGE;
            let subnet = self.subnet.clone();
            let all = [("ImageId", image), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", &subnet)];
            text(&self.world.ok("RunInstances", &[&all, parameters].concat()), "instanceId").to_owned()
        }

        fn attribute(&mut self, name: &str, value: &str) {
            let vpc = self.vpc.to_string();
            self.world.ok("ModifyVpcAttribute", &[("VpcId", vpc.as_str()), (name, value)]);
        }

        /// Gives an interface's first address a public one.
        fn publish(&mut self, instance: &str, public: &str) {
            let row = self.interface(instance);
            let (account, region) = self.world.caller.owner();
            let association = AddressAssociation {
                id: AddressAssociationId::from_number(1),
                vpc: row.vpc,
                interface: row.id,
                private: row.addresses[0],
            };
            self.world.commit(|tx| {
                tx.put(Address {
                    id: AllocationId::from_number(1),
                    account,
                    region,
                    public: public.parse().unwrap(),
                    automatic: false,
                    association: Some(association),
                    created: tx.now(),
                });
            });
        }

        fn interface(&self, instance: &str) -> NetworkInterface {
            let row = self.world.state.interfaces_of_instance(instance.parse().unwrap()).next();
            row.unwrap().as_ref().clone()
        }

        fn of(&self, vpc: VpcId, name: &str) -> Found {
            look_up(&self.world.state, self.world.state.vpcs.get(&vpc).unwrap(), name)
        }

        /// What the name's records say, in one line.
        fn said(&self, name: &str) -> String {
            said(self.of(self.vpc, name))
        }
    }

    fn said(found: Found) -> String {
        match found {
            Found::Nowhere => "nowhere".to_owned(),
            Found::Elsewhere => "elsewhere".to_owned(),
            Found::Here(records) => {
                let records = records.into_iter().map(|it| match it {
                    Record::Address(it) => it.to_string(),
                    Record::Pointer(it) => it,
                });
                records.collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn nibbles(address: Ipv6Addr) -> String {
        let digits = format!("{:032x}", u128::from(address));
        digits.chars().rev().map(|it| format!("{it}.")).collect::<String>() + "ip6.arpa"
    }

    #[test]
    fn private_names_are_those_of_interfaces_and_nobody_elses() {
        let mut lab = Lab::new("us-east-1");
        lab.launch(&[("PrivateIpAddress", "10.0.0.5")]);
        for (name, expect) in [
            ("ip-10-0-0-5.ec2.internal", "10.0.0.5"),
            ("IP-10-0-0-5.EC2.Internal.", "10.0.0.5"),
            ("ip-10-0-0-6.ec2.internal", "nowhere"),
            ("ip-10-0-0-05.ec2.internal", "nowhere"),
            ("ip-10-0-0.ec2.internal", "nowhere"),
            ("ip-10-0-0-5-.ec2.internal", "nowhere"),
            ("www.ip-10-0-0-5.ec2.internal", "nowhere"),
            ("ip-10.0.0.5.ec2.internal", "nowhere"),
            (".ec2.internal", "nowhere"),
            ("ec2.internal", ""),
            ("ip-10-0-0-5.us-east-1.compute.internal", "nowhere"),
            ("ip-10-0-0-5.eu-central-1.compute.internal", "nowhere"),
            ("compute.internal", "nowhere"),
            ("ip-10-0-0-5.ec2.internal.example.com", "elsewhere"),
            ("ip-10-0-0-5.notec2.internal", "elsewhere"),
            ("ip-10-0-0-5", "elsewhere"),
            ("example.com", "elsewhere"),
            ("", "elsewhere"),
            ("5.0.0.10.in-addr.arpa", "ip-10-0-0-5.ec2.internal"),
            ("6.0.0.10.in-addr.arpa", "nowhere"),
            ("1.1.168.192.in-addr.arpa.", "nowhere"),
            ("1.169.254.169.in-addr.arpa", "nowhere"),
            ("8.8.8.8.in-addr.arpa", "elsewhere"),
            ("0.10.in-addr.arpa", "elsewhere"),
        ] {
            assert_eq!(lab.said(name), expect, "{name}");
        }
    }

    #[test]
    fn the_domain_bears_the_regions_name_but_in_the_first_region() {
        let mut lab = Lab::new("eu-central-1");
        lab.launch(&[("PrivateIpAddress", "10.0.0.5")]);
        for (name, expect) in [
            ("ip-10-0-0-5.eu-central-1.compute.internal", "10.0.0.5"),
            ("eu-central-1.compute.internal", ""),
            ("compute.internal", ""),
            ("5.0.0.10.in-addr.arpa", "ip-10-0-0-5.eu-central-1.compute.internal"),
            ("ip-10-0-0-5.ec2.internal", "nowhere"),
            ("ec2.internal", "nowhere"),
        ] {
            assert_eq!(lab.said(name), expect, "{name}");
        }
    }

    #[test]
    fn resource_names_have_the_records_that_the_launch_asked_for() {
        let mut lab = Lab::new("us-east-1");
        for (a, aaaa) in [("false", "false"), ("true", "false"), ("false", "true"), ("true", "true")] {
            let id = lab.launch(&[
                ("Ipv6AddressCount", "1"),
                ("PrivateDnsNameOptions.EnableResourceNameDnsARecord", a),
                ("PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", aaaa),
            ]);
            let row = lab.interface(&id);
            let four = (a == "true").then(|| row.addresses[0].to_string());
            let six = (aaaa == "true").then(|| row.addresses6[0].to_string());
            let expect = four.into_iter().chain(six).collect::<Vec<_>>().join(" ");
            assert_eq!(lab.said(&format!("{id}.ec2.internal")), expect);
            let back = if aaaa == "true" { format!("{id}.ec2.internal") } else { "nowhere".to_owned() };
            assert_eq!(lab.said(&nibbles(row.addresses6[0])), back);
            lab.world.ok("StopInstances", &[("InstanceId.1", &id)]);
            assert_eq!(lab.said(&format!("{id}.ec2.internal")), expect, "stopped, it keeps its name");
            lab.world.ok("TerminateInstances", &[("InstanceId.1", &id)]);
            assert_eq!(lab.said(&format!("{id}.ec2.internal")), "nowhere");
        }
        assert_eq!(lab.said("i-00000000000000000.ec2.internal"), "nowhere");
        assert_eq!(lab.said("i-1.ec2.internal"), "nowhere");
    }

    #[test]
    fn no_vpc_knows_the_names_of_another() {
        let mut lab = Lab::new("us-east-1");
        let id = lab.launch(&[
            ("PrivateIpAddress", "10.0.0.5"),
            ("Ipv6AddressCount", "1"),
            ("PrivateDnsNameOptions.EnableResourceNameDnsARecord", "true"),
            ("PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord", "true"),
        ]);
        let (other, _) = Lab::network(&mut lab.world, "10.0.0.0/16", "10.0.0.0/24");
        let six = nibbles(lab.interface(&id).addresses6[0]);
        let names = ["ip-10-0-0-5.ec2.internal", &format!("{id}.ec2.internal"), "5.0.0.10.in-addr.arpa", &six];
        for name in names {
            assert!(matches!(lab.of(lab.vpc, name), Found::Here(records) if !records.is_empty()), "{name}");
            assert!(!matches!(lab.of(other, name), Found::Here(_)), "{name}");
        }
    }

    #[test]
    fn public_names_are_private_addresses_inside_if_the_vpc_has_host_names() {
        let mut lab = Lab::new("us-east-1");
        let id = lab.launch(&[("PrivateIpAddress", "10.0.0.5")]);
        lab.publish(&id, "203.0.113.5");
        let name = "ec2-203-0-113-5.compute-1.amazonaws.com";
        assert_eq!(lab.said(name), "203.0.113.5");
        lab.attribute("EnableDnsHostnames.Value", "true");
        for (name, expect) in [
            (name, "10.0.0.5"),
            ("EC2-203-0-113-5.Compute-1.AmazonAWS.com.", "10.0.0.5"),
            ("ec2-203-0-113-6.compute-1.amazonaws.com", "203.0.113.6"),
            ("ec2-203-0-114-5.compute-1.amazonaws.com", "elsewhere"),
            ("ec2-203-0-113-5.eu-central-1.compute.amazonaws.com", "elsewhere"),
            ("x.ec2-203-0-113-5.compute-1.amazonaws.com", "elsewhere"),
            ("compute-1.amazonaws.com", "elsewhere"),
        ] {
            assert_eq!(lab.said(name), expect, "{name}");
        }
    }

    #[test]
    fn a_public_address_has_the_name_that_means_it() {
        for (region, domain, other) in [
            ("us-east-1", "compute-1.amazonaws.com", "eu-central-1"),
            ("eu-central-1", "eu-central-1.compute.amazonaws.com", "us-east-1"),
        ] {
            let mut lab = Lab::new(region);
            let id = lab.launch(&[("PrivateIpAddress", "10.0.0.5")]);
            let name = |last: u8| format!("ec2-203-0-113-{last}.{domain}");
            assert_eq!(lab.said("5.113.0.203.in-addr.arpa"), name(5), "nobody's yet");
            lab.publish(&id, "203.0.113.5");
            for names in ["false", "true"] {
                lab.attribute("EnableDnsHostnames.Value", names);
                assert_eq!(lab.said("5.113.0.203.in-addr.arpa."), name(5));
                assert_eq!(lab.said("6.113.0.203.in-addr.arpa"), name(6));
                assert_eq!(lab.said("5.114.0.203.in-addr.arpa"), "elsewhere");
            }
            // In another region it has another name, which is not ours to answer there.
            lab.world.caller.region = other.to_owned();
            let (vpc, _) = Lab::network(&mut lab.world, "10.2.0.0/16", "10.2.0.0/24");
            assert_eq!(said(lab.of(vpc, "5.113.0.203.in-addr.arpa")), "elsewhere");
        }
    }

    #[test]
    fn a_peer_resolves_public_names_to_private_addresses_if_their_side_lets_it() {
        let mut lab = Lab::new("us-east-1");
        let id = lab.launch(&[("PrivateIpAddress", "10.0.0.5")]);
        lab.publish(&id, "203.0.113.5");
        let (peer, _) = Lab::network(&mut lab.world, "10.1.0.0/16", "10.1.0.0/24");
        let (vpc, mut lab) = (lab.vpc, lab);
        let (account, region) = lab.world.caller.owner();
        let side = |vpc, dns_resolution| PeeringSide { account, region: region.clone(), vpc, dns_resolution };
        let created = lab.world.now;
        let connect = |lab: &mut Lab, status, own, others| {
            let row = PeeringConnection {
                id: PeeringConnectionId::from_number(1),
                requester: side(vpc, own),
                accepter: side(peer, others),
                status,
                created,
                ended: (status == PeeringStatus::Deleted).then_some(created),
                ended_by: None,
            };
            lab.world.commit(|tx| tx.put(row));
            said(lab.of(peer, "ec2-203-0-113-5.compute-1.amazonaws.com"))
        };
        for id in [vpc, peer] {
            assert_eq!(
                connect(&mut lab, PeeringStatus::Active, true, true),
                "203.0.113.5",
                "both must have host names"
            );
            let id = id.to_string();
            lab.world.ok("ModifyVpcAttribute", &[("VpcId", id.as_str()), ("EnableDnsHostnames.Value", "true")]);
        }
        assert_eq!(connect(&mut lab, PeeringStatus::Active, true, false), "10.0.0.5");
        assert_eq!(connect(&mut lab, PeeringStatus::Active, false, true), "203.0.113.5");
        assert_eq!(connect(&mut lab, PeeringStatus::PendingAcceptance, true, true), "203.0.113.5");
        assert_eq!(connect(&mut lab, PeeringStatus::Deleted, true, true), "203.0.113.5");
        assert_eq!(said(lab.of(peer, "ip-10-0-0-5.ec2.internal")), "nowhere", "private names stay at home");
    }
}
