//! NAT gateways as clients meet them.

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;
use crate::ec2::realised::Report;
use crate::ec2::sweep::{due, sweep};
use crate::state::Moment;
use crate::state::id::VpcId;
use crate::state::internet_gateway::InternetGateway;
use crate::state::settings::Settings;

const HOUR_MS: i64 = 3_600_000;

/// A VPC of 10.0.0.0/16 with an internet gateway, and a subnet of 10.0.1.0/28 in the second zone.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
}

impl Lab {
    fn new() -> Lab {
        let mut lab = Lab::without_gateway();
        let vpc: VpcId = lab.vpc.parse().expect("an id");
        let (account, region) = lab.world.caller.owner();
        lab.world.commit(|tx| {
            let (id, created) = (tx.mint(), tx.now());
            tx.put(InternetGateway { id, account, region, vpc: Some(vpc), created });
        });
        lab
    }

    fn without_gateway() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/28"), ("AvailabilityZone", "us-east-1b")];
        let subnet = text(&world.ok("CreateSubnet", &subnet), "subnetId").to_owned();
        Lab { world, vpc, subnet }
    }

    /// Allocates an Elastic IP, and answers its id.
    fn allocate(&mut self) -> String {
        text(&self.world.ok("AllocateAddress", &[]), "allocationId").to_owned()
    }

    /// Makes a gateway in the subnet, and answers the document.
    fn create(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("CreateNatGateway", &[&[("SubnetId", subnet.as_str())], parameters].concat())
    }

    /// Makes a public gateway in the subnet, and answers its id and the document.
    fn public(&mut self) -> (String, String) {
        let allocation = self.allocate();
        let made = self.create(&[("AllocationId", &allocation)]);
        (text(&made, "natGatewayId").to_owned(), made)
    }

    /// Makes a private gateway in the subnet, and answers its id and the document.
    fn private(&mut self, parameters: &[(&str, &str)]) -> (String, String) {
        let made = self.create(&[&[("ConnectivityType", "private")], parameters].concat());
        (text(&made, "natGatewayId").to_owned(), made)
    }

    /// The code with which a gateway in the subnet is refused.
    fn refused(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.code("CreateNatGateway", &[&[("SubnetId", subnet.as_str())], parameters].concat())
    }

    fn describe(&mut self, id: &str) -> String {
        self.world.ok("DescribeNatGateways", &[("NatGatewayId.1", id)])
    }

    fn interface_of(&mut self, id: &str) -> String {
        let interface = text(&self.describe(id), "networkInterfaceId").to_owned();
        self.world.ok("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", &interface)])
    }

    /// The ids of the gateways that a filter finds.
    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let answer = self.world.ok("DescribeNatGateways", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        texts(&answer, "natGatewayId").into_iter().map(str::to_owned).collect()
    }

    fn free_addresses(&mut self) -> String {
        let shown = self.world.ok("DescribeSubnets", &[("SubnetId.1", &self.subnet)]);
        text(&shown, "availableIpAddressCount").to_owned()
    }

    /// How many rows there are, whatever they are.
    fn rows(&self) -> usize {
        self.world.state.effects().count()
    }
}

fn strings(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_public_gateway_is_made_shown_and_deleted() {
    let mut lab = Lab::new();
    let allocation = lab.allocate();
    let made = lab.create(&[
        ("AllocationId", &allocation),
        ("AvailabilityMode", "zonal"),
        ("ClientToken", "once"),
        ("ConnectivityType", "public"),
        ("PrivateIpAddress", "10.0.1.5"),
        ("TagSpecification.1.ResourceType", "natgateway"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "out"),
    ]);
    let id = text(&made, "natGatewayId").to_owned();
    assert_eq!((text(&made, "clientToken"), text(&made, "state")), ("once", "pending"));
    let public = text(&lab.world.ok("DescribeAddresses", &[]), "publicIp").to_owned();
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    let shown = lab.describe(&id);
    for (element, value) in [
        ("state", "available"),
        ("connectivityType", "public"),
        ("availabilityMode", "zonal"),
        ("vpcId", &vpc),
        ("subnetId", &subnet),
        ("allocationId", &allocation),
        ("publicIp", &public),
        ("privateIp", "10.0.1.5"),
        ("isPrimary", "true"),
        ("status", "succeeded"),
        ("value", "out"),
    ] {
        assert_eq!(text(&shown, element), value, "{element}");
    }
    for absent in ["deleteTime", "failureCode", "failureMessage"] {
        assert!(!shown.contains(&format!("<{absent}>")), "{absent}");
    }
    assert!(text(&shown, "createTime").starts_with("20"));
    assert_eq!(lab.free_addresses(), "10");

    let interface = lab.interface_of(&id);
    let account = lab.world.caller.account.to_string();
    for (element, value) in [
        ("interfaceType", "nat_gateway"),
        ("requesterManaged", "true"),
        ("requesterId", "amazon-aws"),
        ("status", "in-use"),
        ("sourceDestCheck", "false"),
        ("privateIpAddress", "10.0.1.5"),
        ("description", &format!("Interface for NAT Gateway {id}")),
        ("groupSet", ""),
        ("ipv6AddressesSet", ""),
        ("ownerId", &account),
    ] {
        let found = if element == "status" { texts(&interface, element)[1] } else { text(&interface, element) };
        assert_eq!(found, value, "{element}");
    }
    let attachment = text(&interface, "attachment");
    for (element, value) in [
        ("instanceOwnerId", "amazon-aws"),
        ("status", "attached"),
        ("deleteOnTermination", "false"),
        ("deviceIndex", "1"),
    ] {
        assert_eq!(text(attachment, element), value, "{element}");
    }
    assert!(text(attachment, "attachmentId").starts_with("ela-attach-"));
    assert!(!attachment.contains("instanceId"));
    let association = text(text(&interface, "association"), "associationId").to_owned();
    assert_eq!(text(&shown, "associationId"), association);
    let address = lab.world.ok("DescribeAddresses", &[("AllocationId.1", &allocation)]);
    assert_eq!(text(&address, "networkInterfaceId"), text(&interface, "networkInterfaceId"));
    assert_eq!(text(&address, "associationId"), association);
    assert!(!address.contains("instanceId"));

    let answer = lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    assert_eq!(text(&answer, "natGatewayId"), id);
    let shown = lab.describe(&id);
    assert_eq!(text(&shown, "state"), "deleted");
    assert!(text(&shown, "deleteTime").starts_with("20"));
    assert_eq!((text(&shown, "allocationId"), text(&shown, "privateIp")), (allocation.as_str(), "10.0.1.5"));
    assert!(!shown.contains("associationId"));
    assert_eq!(text(&shown, "value"), "out", "its tags are shown as long as it is");
    assert_eq!(text(&lab.world.ok("DescribeNetworkInterfaces", &[]), "networkInterfaceSet"), "");
    assert!(!lab.world.ok("DescribeAddresses", &[]).contains("associationId"));
    let stale = [("AssociationId", association.as_str())];
    assert_eq!(lab.world.code("DisassociateAddress", &stale), "InvalidAssociationID.NotFound");
    lab.world.ok("ReleaseAddress", &[("AllocationId", &allocation)]);
    assert_eq!(lab.world.code("DeleteNatGateway", &[("NatGatewayId", &id)]), "NatGatewayNotFound");
}

#[test]
fn a_deleted_gateway_is_shown_for_an_hour() {
    let mut lab = Lab::new();
    let before = lab.rows();
    let tag = [("TagSpecification.1.ResourceType", "natgateway"), ("TagSpecification.1.Tag.1.Key", "k")];
    let (id, _) = lab.private(&tag);
    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    lab.world.ok("DeleteSubnet", &[("SubnetId", &lab.subnet.clone())]);
    let later = |lab: &mut Lab, ms: i64| {
        lab.world.now = Moment(lab.world.now.0 + ms);
        lab.world.commit(sweep);
    };
    later(&mut lab, HOUR_MS - 60_000);
    assert_eq!(text(&lab.describe(&id), "state"), "deleted", "though its subnet is gone");
    later(&mut lab, 120_000);
    assert_eq!(lab.world.code("DescribeNatGateways", &[("NatGatewayId.1", &id)]), "NatGatewayNotFound");
    assert_eq!(lab.world.state.nat_gateways.len() + lab.world.state.tags.len(), 0);
    // What is left more is the number that gateways wear, which goes with the VPC; less is the subnet with its ACL.
    assert_eq!(lab.rows(), before + 1 - 2);
}

#[test]
fn a_vpc_goes_with_the_number_that_its_gateways_wore() {
    let mut lab = Lab::without_gateway();
    let (id, _) = lab.private(&[]);
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    assert_eq!(lab.world.code("DeleteSubnet", &[("SubnetId", &subnet)]), "DependencyViolation");
    assert_eq!(lab.world.code("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    lab.world.ok("DeleteSubnet", &[("SubnetId", &subnet)]);
    lab.world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(lab.world.state.identities.len(), 0);
}

#[test]
fn a_gateway_is_available_once_its_node_has_made_it() {
    let mut lab = Lab::new();
    let (id, _) = lab.public();
    let at = |back: u64, lab: &Lab| Some(Report { revision: lab.world.state.revision - back, ..Report::default() });
    lab.world.report = at(1, &lab);
    let shown = lab.describe(&id);
    assert_eq!((text(&shown, "state"), text(&shown, "status")), ("pending", "associating"));
    assert_eq!(lab.find("state", "pending"), [id.as_str()]);
    lab.world.report = at(0, &lab);
    assert_eq!(text(&lab.describe(&id), "state"), "available");

    let more = lab.allocate();
    let parameters = [("NatGatewayId", id.as_str()), ("AllocationId.1", &more)];
    let answer = lab.world.ok("AssociateNatGatewayAddress", &parameters);
    assert_eq!(texts(&answer, "status"), ["associating"]);
    let shown = lab.describe(&id);
    assert_eq!(text(&shown, "state"), "available");
    assert_eq!(texts(&shown, "status"), ["succeeded", "associating"]);
    lab.world.report = at(0, &lab);
    assert_eq!(texts(&lab.describe(&id), "status"), ["succeeded", "succeeded"]);

    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    assert_eq!(text(&lab.describe(&id), "state"), "deleting");
    lab.world.report = at(0, &lab);
    assert_eq!(text(&lab.describe(&id), "state"), "deleted");
}

#[test]
fn a_gateway_that_its_node_cannot_make_is_not_available() {
    let mut lab = Lab::new();
    let (id, _) = lab.public();
    let report = |revision: u64, failed: bool| Report {
        revision,
        nat_gateways: failed.then(|| (id.parse().expect("an id"), "no room".to_owned())).into_iter().collect(),
        ..Report::default()
    };
    let made = lab.world.state.revision;
    // What the node says of an earlier plan is not about the gateway.
    lab.world.report = Some(report(made - 1, true));
    let shown = lab.describe(&id);
    assert_eq!((text(&shown, "state"), text(&shown, "status")), ("pending", "associating"));
    assert!(!shown.contains("<failureCode>"));

    lab.world.report = Some(report(made, true));
    let shown = lab.describe(&id);
    assert_eq!((text(&shown, "state"), text(&shown, "status")), ("failed", "failed"));
    assert_eq!((text(&shown, "failureCode"), text(&shown, "failureMessage")), ("InternalError", "no room"));
    assert_eq!(lab.find("state", "failed"), [id.as_str()]);
    assert!(lab.find("state", "available").is_empty());
    lab.world.report = Some(report(made, false));
    assert_eq!(text(&lab.describe(&id), "state"), "available");

    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    lab.world.report = Some(report(made + 1, true));
    assert_eq!(text(&lab.describe(&id), "state"), "deleting");
    lab.world.report = Some(report(made + 1, false));
    assert_eq!(text(&lab.describe(&id), "state"), "deleted");
}

#[test]
fn a_gateway_that_cannot_be_made_is_shown_as_failed() {
    let mut lab = Lab::without_gateway();
    let allocation = lab.allocate();
    let rows = lab.rows();
    let made = lab.create(&[("AllocationId", &allocation), ("PrivateIpAddress", "10.0.1.5")]);
    let id = text(&made, "natGatewayId").to_owned();
    let shown = lab.describe(&id);
    let sentence = format!("Network {} has no Internet gateway attached", lab.vpc);
    for (element, value) in [
        ("state", "failed"),
        ("failureCode", "Gateway.NotAttached"),
        ("failureMessage", &sentence),
        ("allocationId", &allocation),
        ("status", "failed"),
    ] {
        assert_eq!(text(&shown, element), value, "{element}");
    }
    assert_eq!(lab.rows(), rows + 1, "nothing else was made");
    assert_eq!(lab.find("state", "failed"), [id.as_str()]);
    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    assert_eq!(text(&lab.describe(&id), "state"), "deleted");
    assert_eq!(lab.world.code("DeleteNatGateway", &[("NatGatewayId", &id)]), "NatGatewayNotFound");
    // It is in nobody's way, and its time comes.
    lab.create(&[("AllocationId", &allocation)]);
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    lab.world.ok("DeleteSubnet", &[("SubnetId", &subnet)]);
    lab.world.ok("DeleteVpc", &[("VpcId", &vpc)]);
    lab.world.now = Moment(lab.world.now.0 + HOUR_MS + 60_000);
    lab.world.commit(sweep);
    assert_eq!(lab.world.state.nat_gateways.len(), 0);

    let mut lab = Lab::new();
    let allocation = lab.allocate();
    lab.create(&[("AllocationId", &allocation)]);
    let failure = |lab: &mut Lab, made: &str| {
        let shown = lab.describe(text(made, "natGatewayId"));
        (text(&shown, "failureCode").to_owned(), text(&shown, "failureMessage").to_owned())
    };
    let made = lab.create(&[("AllocationId", &allocation)]);
    let sentence = format!("Elastic IP address [{allocation}] is already associated");
    assert_eq!(failure(&mut lab, &made), ("Resource.AlreadyAssociated".to_owned(), sentence));
    lab.private(&[("SecondaryPrivateIpAddressCount", "7")]);
    let (_, made) = lab.private(&[("SecondaryPrivateIpAddressCount", "2")]);
    assert_eq!(failure(&mut lab, &made).0, "InsufficientFreeAddressesInSubnet");
    assert_eq!(lab.free_addresses(), "2");
}

#[test]
fn what_creation_cannot_make_true_is_refused() {
    let mut lab = Lab::new();
    for (name, value, parameter) in [
        ("AvailabilityMode", "regional", "AvailabilityMode"),
        ("AvailabilityZoneAddress.1.AvailabilityZone", "us-east-1a", "AvailabilityZoneAddress"),
        ("VpcId", "vpc-1", "VpcId"),
    ] {
        let parameters = [("SubnetId", lab.subnet.as_str()), ("ConnectivityType", "private"), (name, value)];
        let error = lab.world.call("CreateNatGateway", &parameters).expect_err(name);
        assert_eq!(error.code(), "UnsupportedOperation");
        assert_eq!(error.to_string(), format!("The parameter {parameter} is not supported."));
    }
    let allocation = lab.allocate();
    let (public, private) = (("AllocationId", allocation.as_str()), ("ConnectivityType", "private"));
    let other = lab.allocate();
    let mut check = |parameters: &[(&str, &str)], expect: &str| {
        assert_eq!(lab.refused(parameters), expect, "{parameters:?}");
    };
    check(&[], "MissingParameter");
    check(&[("ConnectivityType", "secret")], "InvalidParameterValue");
    check(&[("AllocationId", "eipalloc-00000000000000000")], "InvalidElasticIpID.NotFound");
    check(&[("AllocationId", "eipalloc-x")], "InvalidElasticIpID.Malformed");
    check(&[private, public], "InvalidParameterCombination");
    check(&[private, ("SecondaryAllocationId.1", &other)], "InvalidParameterCombination");
    check(&[private, ("SecondaryPrivateIpAddressCount", "-1")], "InvalidParameterValue");
    let named = ("SecondaryPrivateIpAddress.1", "10.0.1.6");
    check(&[private, named, ("SecondaryPrivateIpAddressCount", "1")], "InvalidParameterCombination");
    check(&[public, ("SecondaryPrivateIpAddressCount", "1")], "InvalidParameterCombination");
    check(&[public, named], "InvalidParameterCombination");
    check(&[public, ("SecondaryAllocationId.1", &allocation)], "InvalidParameterValue");
    check(&[private, ("PrivateIpAddress", "10.0.2.5")], "InvalidParameterValue");
    check(&[private, ("PrivateIpAddress", "10.0.1.3")], "InvalidParameterValue");
    check(&[private, ("PrivateIpAddress", "10.0.1.6"), named], "InvalidIPAddress.InUse");
    check(&[private, ("SecondaryPrivateIpAddressCount", "8")], "PrivateIpAddressLimitExceeded");
    check(&[private, ("DryRun", "true")], "DryRunOperation");
    check(&[private, ("TagSpecification.1.ResourceType", "nat-gateway")], "InvalidParameterValue");
    assert_eq!(lab.world.code("CreateNatGateway", &[private]), "MissingParameter");
    let nowhere = [private, ("SubnetId", "subnet-00000000000000000")];
    assert_eq!(lab.world.code("CreateNatGateway", &nowhere), "InvalidSubnetID.NotFound");

    let six = lab.world.ok("CreateVpc", &[("CidrBlock", "10.1.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]);
    let block = text(&six, "ipv6CidrBlock").replace("/56", "/64");
    let native = [("VpcId", text(&six, "vpcId")), ("Ipv6Native", "true"), ("Ipv6CidrBlock", &block)];
    lab.subnet = text(&lab.world.ok("CreateSubnet", &native), "subnetId").to_owned();
    assert_eq!(lab.refused(&[private]), "InvalidParameterValue");
}

#[test]
fn a_gateway_lies_on_a_node_of_its_zone() {
    let mut lab = Lab::new();
    let allocation = lab.allocate();
    lab.world.commit(|tx| {
        let row = tx.state().nodes.iter().next().expect("a node").as_ref().clone();
        let zones = vec!["us-east-1a".to_owned()];
        tx.put(crate::state::node::Node { zones, ..row.clone() });
        let (id, zones) = (tx.mint(), vec!["us-east-1b".to_owned()]);
        tx.put(crate::state::node::Node { id, name: "second".to_owned(), zones, ..row });
    });
    lab.create(&[("AllocationId", &allocation)]);
    let gateway = lab.world.state.nat_gateways.iter().next().expect("a gateway").clone();
    assert_eq!(lab.world.state.nodes.get(&gateway.node).expect("a node").name, "second");
    let place = [("VpcId", lab.vpc.as_str()), ("CidrBlock", "10.0.2.0/28"), ("AvailabilityZone", "us-east-1c")];
    lab.subnet = text(&lab.world.ok("CreateSubnet", &place), "subnetId").to_owned();
    assert_eq!(lab.refused(&[("ConnectivityType", "private")]), "InsufficientInstanceCapacity");
}

#[test]
fn a_gateways_interface_changes_with_it_alone() {
    let mut lab = Lab::new();
    let (id, made) = lab.public();
    let interface = text(&made, "networkInterfaceId").to_owned();
    let allocation = text(&made, "allocationId").to_owned();
    let shown = lab.interface_of(&id);
    let (attachment, association) = (text(&shown, "attachmentId"), text(&shown, "associationId"));
    let (other, subnet) = (lab.allocate(), lab.subnet.clone());
    let run = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1"), ("InstanceType", "m5.large")];
    let instance =
        text(&lab.world.ok("RunInstances", &[&run[..], &[("SubnetId", &subnet)]].concat()), "instanceId").to_owned();
    let itself = ("NetworkInterfaceId", interface.as_str());
    let taken = [("NetworkInterface.1.DeviceIndex", "0"), ("NetworkInterface.1.NetworkInterfaceId", &interface)];
    for (action, parameters) in [
        ("AttachNetworkInterface", vec![itself, ("InstanceId", &instance), ("DeviceIndex", "1")]),
        ("DetachNetworkInterface", vec![("AttachmentId", attachment), ("Force", "true")]),
        ("DeleteNetworkInterface", vec![itself]),
        ("ModifyNetworkInterfaceAttribute", vec![itself, ("SourceDestCheck.Value", "true")]),
        ("AssignPrivateIpAddresses", vec![itself, ("SecondaryPrivateIpAddressCount", "1")]),
        ("UnassignPrivateIpAddresses", vec![itself, ("PrivateIpAddress.1", "10.0.1.5")]),
        ("AssociateAddress", vec![itself, ("AllocationId", &other)]),
        ("RunInstances", [&run[..], &taken].concat()),
    ] {
        assert_eq!(lab.world.code(action, &parameters), "OperationNotPermitted", "{action}");
    }
    for (action, parameters) in [
        ("DisassociateAddress", vec![("AssociationId", association)]),
        ("AssociateAddress", vec![("InstanceId", &instance), ("AllocationId", &allocation)]),
        ("ReleaseAddress", vec![("AllocationId", &allocation)]),
    ] {
        assert_eq!(lab.world.code(action, &parameters), "AuthFailure", "{action}");
    }
    // Nor is a private address of its taken away by giving it to another interface.
    let secondary = [("NatGatewayId", id.as_str()), ("AllocationId.1", &other)];
    let more = lab.world.ok("AssociateNatGatewayAddress", &secondary);
    let mine = text(&lab.world.ok("CreateNetworkInterface", &[("SubnetId", &subnet)]), "networkInterfaceId").to_owned();
    let take = [
        ("NetworkInterfaceId", mine.as_str()),
        ("PrivateIpAddress.1", text(&more, "privateIp")),
        ("AllowReassignment", "true"),
    ];
    assert_eq!(lab.world.code("AssignPrivateIpAddresses", &take), "OperationNotPermitted");
}

#[test]
fn gateways_interfaces_are_found_by_what_they_are() {
    let mut lab = Lab::new();
    let (_, made) = lab.public();
    let interface = text(&made, "networkInterfaceId").to_owned();
    lab.world.ok("CreateNetworkInterface", &[("SubnetId", &lab.subnet.clone())]);
    let attachment = format!("ela-attach-{}", &interface["eni-".len()..]);
    for (name, value) in [
        ("interface-type", "nat_gateway"),
        ("requester-managed", "true"),
        ("requester-id", "amazon-aws"),
        ("status", "in-use"),
        ("source-dest-check", "false"),
        ("attachment.instance-owner-id", "amazon-aws"),
        ("attachment.attachment-id", &attachment),
        ("attachment.status", "attached"),
        ("attachment.device-index", "1"),
    ] {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", value)];
        let found = strings(texts(&lab.world.ok("DescribeNetworkInterfaces", &filter), "networkInterfaceId"));
        assert_eq!(found, [interface.as_str()], "{name}");
    }
    for name in ["attachment.instance-id", "group-id"] {
        let filter = [("Filter.1.Name", name), ("Filter.1.Value.1", "*"), ("NetworkInterfaceId.1", &interface)];
        let found = lab.world.ok("DescribeNetworkInterfaces", &filter);
        assert_eq!(text(&found, "networkInterfaceSet"), "", "{name}");
    }
}

#[test]
fn a_public_gateway_takes_more_elastic_ips() {
    let mut lab = Lab::new();
    let (first, second) = (lab.allocate(), lab.allocate());
    let made = lab.create(&[
        ("AllocationId", &first),
        ("PrivateIpAddress", "10.0.1.5"),
        ("SecondaryAllocationId.1", &second),
        ("SecondaryPrivateIpAddress.1", "10.0.1.6"),
    ]);
    let id = text(&made, "natGatewayId").to_owned();
    assert_eq!(texts(&made, "allocationId"), [&first, &second]);
    assert_eq!(texts(&made, "privateIp"), ["10.0.1.5", "10.0.1.6"]);
    assert_eq!(texts(&made, "isPrimary"), ["true", "false"]);

    let (third, fourth) = (lab.allocate(), lab.allocate());
    let parameters = [
        ("NatGatewayId", id.as_str()),
        ("AllocationId.1", &third),
        ("AllocationId.2", &fourth),
        ("PrivateIpAddress.1", "10.0.1.7"),
        ("PrivateIpAddress.2", "10.0.1.8"),
    ];
    let answer = lab.world.ok("AssociateNatGatewayAddress", &parameters);
    assert_eq!(texts(&answer, "privateIp"), ["10.0.1.7", "10.0.1.8"]);
    assert_eq!(texts(&answer, "isPrimary"), ["false", "false"]);
    let shown = lab.describe(&id);
    assert_eq!(texts(&shown, "allocationId"), [&first, &second, &third, &fourth]);
    let associations = strings(texts(&shown, "associationId"));
    let interface = lab.interface_of(&id);
    assert_eq!(texts(text(&interface, "privateIpAddressesSet"), "associationId"), associations);

    let mut code = |action: &str, parameters: &[(&str, &str)]| {
        let parameters = [&[("NatGatewayId", id.as_str())], parameters].concat();
        lab.world.code(action, &parameters)
    };
    let associate = "AssociateNatGatewayAddress";
    assert_eq!(code(associate, &[]), "MissingParameter");
    assert_eq!(code(associate, &[("AllocationId.1", &third)]), "Resource.AlreadyAssociated");
    assert_eq!(code(associate, &[("AllocationId.1", "eipalloc-00000000000000000")]), "InvalidElasticIpID.NotFound");
    let zone = [("AllocationId.1", third.as_str()), ("AvailabilityZone", "us-east-1b")];
    assert_eq!(code(associate, &zone), "UnsupportedOperation");
    let zone = [("AllocationId.1", third.as_str()), ("AvailabilityZoneId", "use1-az2")];
    assert_eq!(code(associate, &zone), "UnsupportedOperation");
    assert_eq!(code("AssignPrivateNatGatewayAddress", &[("PrivateIpAddressCount", "1")]), "InvalidParameterValue");
    let disassociate = "DisassociateNatGatewayAddress";
    assert_eq!(code(disassociate, &[]), "MissingParameter");
    assert_eq!(code(disassociate, &[("AssociationId.1", &associations[0])]), "InvalidParameterValue");
    let unknown = [("AssociationId.1", "eipassoc-00000000000000000")];
    assert_eq!(code(disassociate, &unknown), "InvalidAssociationID.NotFound");
    for seconds in ["0", "4001"] {
        let drain = [("AssociationId.1", associations[1].as_str()), ("MaxDrainDurationSeconds", seconds)];
        assert_eq!(code(disassociate, &drain), "InvalidParameterValue");
    }

    let parameters = [
        ("NatGatewayId", id.as_str()),
        ("AssociationId.1", &associations[1]),
        ("AssociationId.2", &associations[3]),
        ("MaxDrainDurationSeconds", "60"),
    ];
    let answer = lab.world.ok(disassociate, &parameters);
    assert_eq!(texts(&answer, "status"), ["disassociating"; 2]);
    assert_eq!(texts(&answer, "allocationId"), [&second, &fourth]);
    // Connections go on for as long as the call says.
    let until = lab.world.now.0 + 60_000;
    for now in [0, until - 2] {
        lab.world.now = Moment(lab.world.now.0.max(now));
        lab.world.commit(sweep);
        let shown = lab.describe(&id);
        assert_eq!(texts(&shown, "allocationId"), [&first, &second, &third, &fourth]);
        assert_eq!(texts(&shown, "status"), ["succeeded", "disassociating", "succeeded", "disassociating"]);
        assert_eq!(texts(&shown, "associationId"), associations);
        assert_eq!(lab.world.code("ReleaseAddress", &[("AllocationId", &second)]), "AuthFailure");
    }
    assert_eq!(due(&lab.world.state), Some(Moment(until)));
    lab.world.commit(sweep);
    assert_eq!(due(&lab.world.state), None);
    let shown = lab.describe(&id);
    assert_eq!(texts(&shown, "allocationId"), [&first, &third]);
    assert_eq!(texts(&shown, "privateIp"), ["10.0.1.5", "10.0.1.7"]);
    lab.world.ok("ReleaseAddress", &[("AllocationId", &second)]);
    // An address that is free again is chosen where none is named.
    let one = [("NatGatewayId", id.as_str()), ("AllocationId.1", &fourth)];
    lab.world.ok(associate, &one);
    assert_eq!(texts(&lab.describe(&id), "allocationId"), [&first, &third, &fourth]);
}

#[test]
fn a_private_gateway_takes_more_addresses() {
    let mut lab = Lab::without_gateway();
    let (id, made) = lab.private(&[("PrivateIpAddress", "10.0.1.5"), ("SecondaryPrivateIpAddressCount", "1")]);
    assert_eq!(texts(&made, "status"), ["assigning"; 2]);
    for absent in ["allocationId", "associationId", "publicIp"] {
        assert!(!made.contains(&format!("<{absent}>")), "{absent}");
    }
    let mut code = |action: &str, parameters: &[(&str, &str)]| {
        let parameters = [&[("NatGatewayId", id.as_str())], parameters].concat();
        lab.world.call(action, &parameters).map_err(|it| it.code())
    };
    let (assign, unassign) = ("AssignPrivateNatGatewayAddress", "UnassignPrivateNatGatewayAddress");
    let named = [("PrivateIpAddress.1", "10.0.1.10"), ("PrivateIpAddress.2", "10.0.1.11")];
    let answer = code(assign, &named).unwrap();
    assert_eq!(texts(&answer, "privateIp"), ["10.0.1.10", "10.0.1.11"]);
    assert_eq!(texts(&answer, "status"), ["assigning"; 2]);
    assert_eq!(code(assign, &named).unwrap_err(), "InvalidIPAddress.InUse");
    let both = [named[0], ("PrivateIpAddressCount", "1")];
    assert_eq!(code(assign, &both).unwrap_err(), "InvalidParameterCombination");
    assert_eq!(code(assign, &[]).unwrap_err(), "MissingParameter");
    for count in ["0", "-1", "32"] {
        assert_eq!(code(assign, &[("PrivateIpAddressCount", count)]).unwrap_err(), "InvalidParameterValue");
    }
    assert_eq!(code(assign, &[("PrivateIpAddressCount", "5")]).unwrap_err(), "PrivateIpAddressLimitExceeded");
    assert_eq!(texts(&code(assign, &[("PrivateIpAddressCount", "4")]).unwrap(), "privateIp").len(), 4);

    assert_eq!(code(unassign, &[("PrivateIpAddress.1", "10.0.1.5")]).unwrap_err(), "InvalidParameterValue");
    assert_eq!(code(unassign, &[("PrivateIpAddress.1", "10.0.1.200")]).unwrap_err(), "InvalidParameterValue");
    assert_eq!(code(unassign, &[]).unwrap_err(), "MissingParameter");
    let drain = [named[0], ("MaxDrainDurationSeconds", "0")];
    assert_eq!(code(unassign, &drain).unwrap_err(), "InvalidParameterValue");
    let associate = [("AllocationId.1", "eipalloc-00000000000000000")];
    assert_eq!(code("AssociateNatGatewayAddress", &associate).unwrap_err(), "InvalidParameterValue");
    let disassociate = [("AssociationId.1", "eipassoc-00000000000000000")];
    assert_eq!(code("DisassociateNatGatewayAddress", &disassociate).unwrap_err(), "InvalidParameterValue");
    let answer = code(unassign, &named).unwrap();
    assert_eq!(texts(&answer, "status"), ["unassigning"; 2]);
    assert_eq!(texts(&lab.describe(&id), "privateIp").len(), 6);
    assert_eq!(lab.free_addresses(), "5");

    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &id)]);
    for (action, parameters) in [(assign, [("PrivateIpAddressCount", "1")]), (unassign, [named[0]])] {
        let parameters = [&[("NatGatewayId", id.as_str())], &parameters[..]].concat();
        assert_eq!(lab.world.code(action, &parameters), "NatGatewayNotFound", "{action}");
    }
}

#[test]
fn quotas_hold_only_where_they_are_wanted() {
    let mut lab = Lab::new();
    lab.world.commit(|tx| {
        let public_pools = tx.get::<Settings>(&()).expect("settings").public_pools.clone();
        tx.put(Settings { public_pools, quotas: true });
    });
    let allocations: Vec<String> = (0..3).map(|_| lab.allocate()).collect();
    let three = [
        ("AllocationId", allocations[0].as_str()),
        ("SecondaryAllocationId.1", &allocations[1]),
        ("SecondaryAllocationId.2", &allocations[2]),
    ];
    assert_eq!(lab.refused(&three), "AddressLimitExceeded");
    lab.create(&three[..2]);
    for _ in 0..4 {
        lab.private(&[]);
    }
    assert_eq!(lab.refused(&[("ConnectivityType", "private")]), "NatGatewayLimitExceeded");
    let place = [("VpcId", lab.vpc.as_str()), ("CidrBlock", "10.0.2.0/28"), ("AvailabilityZone", "us-east-1c")];
    lab.subnet = text(&lab.world.ok("CreateSubnet", &place), "subnetId").to_owned();
    lab.private(&[]);
}

#[test]
fn gateways_are_found_by_what_they_are() {
    let mut lab = Lab::new();
    let (one, _) = lab.public();
    lab.world.assert_filters("DescribeNatGateways");
    let (vpc, subnet) = (lab.vpc.clone(), lab.subnet.clone());
    let place = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.2.0/28"), ("AvailabilityZone", "us-east-1c")];
    lab.subnet = text(&lab.world.ok("CreateSubnet", &place), "subnetId").to_owned();
    let tag = [
        ("TagSpecification.1.ResourceType", "natgateway"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "two"),
    ];
    let (two, _) = lab.private(&tag);
    lab.world.ok("DeleteNatGateway", &[("NatGatewayId", &two)]);
    for (name, value, expect) in [
        ("nat-gateway-id", one.as_str(), &one),
        ("state", "available", &one),
        ("state", "deleted", &two),
        ("subnet-id", &subnet, &one),
        ("tag:Name", "tw?", &two),
        ("tag-key", "Name", &two),
    ] {
        assert_eq!(lab.find(name, value), [expect.as_str()], "{name}");
    }
    assert_eq!(lab.find("vpc-id", &vpc).len(), 2);
    let both = [("Filter.1.Name", "state"), ("Filter.1.Value.1", "pending"), ("Filter.1.Value.2", "available")];
    assert_eq!(texts(&lab.world.ok("DescribeNatGateways", &both), "natGatewayId"), [&one]);
    assert_eq!(lab.find("nat-gateway-id", "nonsense"), [""; 0]);

    let mut code = |action: &str, name: &str, value: &str| lab.world.code(action, &[(name, value)]);
    let unknown = "nat-00000000000000000";
    assert_eq!(code("DescribeNatGateways", "NatGatewayId.1", unknown), "NatGatewayNotFound");
    assert_eq!(code("DescribeNatGateways", "NatGatewayId.1", "nat"), "NatGatewayMalformed");
    assert_eq!(code("DeleteNatGateway", "NatGatewayId", unknown), "NatGatewayNotFound");
    assert_eq!(code("DeleteNatGateway", "NatGatewayId", "vpc-00000000000000000"), "NatGatewayMalformed");
    lab.world.become_account(2);
    assert_eq!(lab.world.code("DescribeNatGateways", &[("NatGatewayId.1", &one)]), "NatGatewayNotFound");
    assert_eq!(lab.world.code("DeleteNatGateway", &[("NatGatewayId", &one)]), "NatGatewayNotFound");
    assert_eq!(lab.find("vpc-id", &vpc), [""; 0]);
}

#[test]
fn a_call_sent_again_with_its_token_makes_nothing_new() {
    let mut lab = Lab::new();
    let token = [("ClientToken", "t")];
    let (id, _) = lab.private(&token);
    assert_eq!(lab.private(&token).0, id);
    assert_eq!(lab.world.state.nat_gateways.len(), 1);
    let other = [("ConnectivityType", "private"), ("ClientToken", "t"), ("PrivateIpAddress", "10.0.1.9")];
    assert_eq!(lab.refused(&other), "IdempotentParameterMismatch");
}

#[test]
fn pages_show_every_gateway_once() {
    let mut lab = Lab::new();
    let mut all: Vec<String> = (0..7).map(|_| lab.private(&[]).0).collect();
    all.sort();
    let first = lab.world.ok("DescribeNatGateways", &[("MaxResults", "5")]);
    let token = text(&first, "nextToken").to_owned();
    let second = lab.world.ok("DescribeNatGateways", &[("MaxResults", "5"), ("NextToken", &token)]);
    assert_eq!(strings([texts(&first, "natGatewayId"), texts(&second, "natGatewayId")].concat()), all);
    assert!(texts(&second, "nextToken").is_empty());
}
