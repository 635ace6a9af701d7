//! A subnet in which the tests run instances, and the tests by file.

mod attribute;
mod describe;
mod lifecycle;
mod metadata;
mod name;
mod run;

use crate::ec2::fixture::{World, text, texts};
use crate::ec2::image::HOST_IMAGE;

const ONE: [(&str, &str); 3] = [("ImageId", HOST_IMAGE), ("MinCount", "1"), ("MaxCount", "1")];
const HOUR_MS: i64 = 3_600_000;

/// A VPC of 10.0.0.0/16 with a subnet of 10.0.1.0/28 in the first zone.
struct Lab {
    world: World,
    vpc: String,
    subnet: String,
}

impl Lab {
    fn new() -> Lab {
        let mut world = World::new();
        let vpc = text(&world.ok("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").to_owned();
        let mut lab = Lab { world, vpc, subnet: String::new() };
        lab.subnet = lab.subnet("10.0.1.0/28", "us-east-1a");
        lab
    }

    fn subnet(&mut self, block: &str, zone: &str) -> String {
        let parameters = [("VpcId", self.vpc.as_str()), ("CidrBlock", block), ("AvailabilityZone", zone)];
        text(&self.world.ok("CreateSubnet", &parameters), "subnetId").to_owned()
    }

    fn interface(&mut self) -> String {
        let answer = self.world.ok("CreateNetworkInterface", &[("SubnetId", &self.subnet)]);
        text(&answer, "networkInterfaceId").to_owned()
    }

    /// Launches one instance in the subnet and answers the document.
    fn launch(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.ok("RunInstances", &[&ONE, &[("SubnetId", subnet.as_str())][..], parameters].concat())
    }

    /// Launches one instance in the subnet and answers its id.
    fn instance(&mut self, parameters: &[(&str, &str)]) -> String {
        text(&self.launch(parameters), "instanceId").to_owned()
    }

    /// The code with which one instance in the subnet is refused.
    fn refused(&mut self, parameters: &[(&str, &str)]) -> String {
        let subnet = self.subnet.clone();
        self.world.code("RunInstances", &[&ONE, &[("SubnetId", subnet.as_str())][..], parameters].concat())
    }

    fn describe(&mut self, id: &str) -> String {
        self.world.ok("DescribeInstances", &[("InstanceId.1", id)])
    }

    /// The instance's state, by code and name.
    fn state(&mut self, id: &str) -> (String, String) {
        let shown = self.describe(id);
        let state = text(&shown, "instanceState");
        (text(state, "code").to_owned(), text(state, "name").to_owned())
    }

    /// The ids of the instances that a filter finds.
    fn find(&mut self, name: &str, value: &str) -> Vec<String> {
        let answer = self.world.ok("DescribeInstances", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        ids(&answer)
    }

    fn attribute(&mut self, id: &str, name: &str) -> String {
        self.world.ok("DescribeInstanceAttribute", &[("InstanceId", id), ("Attribute", name)])
    }

    fn modify(&mut self, id: &str, parameters: &[(&str, &str)]) -> Result<(), String> {
        let parameters = [&[("InstanceId", id)], parameters].concat();
        self.world.call("ModifyInstanceAttribute", &parameters).map(|_| ()).map_err(|it| it.code())
    }
}

/// The ids of the instances in a document of DescribeInstances, in order.
fn ids(answer: &str) -> Vec<String> {
    let items = texts(answer, "instancesSet").into_iter().flat_map(|it| texts(it, "instanceId"));
    items.map(str::to_owned).collect()
}
