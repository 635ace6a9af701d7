//! `culvert run` and `culvert exec`: a command in the foreground, in a new instance or in one that is there.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::builder::NonEmptyStringValueParser;
use serde::Deserialize;

use super::client::{self, Client, Items, Params, client};
use super::inside::{self, Signals, User};
use super::local;
use super::profile::Flags;
use super::ps::{DescribeInstances, Instance, Reservation};
use super::up::RUN_DIR;
use super::{Usage, privilege};
use crate::agent::namespace::{self, Found};
use crate::state::id::InstanceId;

const WHY: &str = "it enters the instance's network namespace";
/// How long an instance may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);
const TRIES: u32 = 3;

/// Options of `culvert run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The subnet [default: the default subnet of a zone that this node serves]
    #[arg(long, value_name = "SUBNET-ID", value_parser = NonEmptyStringValueParser::new())]
    subnet: Option<String>,
    /// A security group that the instance wears; may be repeated [default: the VPC's default group]
    #[arg(long, value_name = "GROUP-ID", value_parser = NonEmptyStringValueParser::new())]
    security_group: Vec<String>,
    /// The instance's address in the subnet [default: a free one]
    #[arg(long, value_name = "ADDRESS")]
    private_ip: Option<Ipv4Addr>,
    /// The instance's tag `Name`
    #[arg(long)]
    name: Option<String>,
    /// The availability zone, such as us-east-1a
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    zone: Option<String>,
    /// Leaves the instance there when the command has ended
    #[arg(long)]
    keep: bool,
    /// The user as whom the command runs, without a way to more privileges [default: root]
    #[arg(long)]
    user: Option<String>,
    /// Which of several nodes on this machine
    #[arg(long, env = "CULVERT_NODE_NAME", value_name = "NAME")]
    node_name: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Options of `culvert exec`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecArgs {
    /// The instance, which must be on this machine
    #[arg(value_name = "INSTANCE-ID")]
    instance: String,
    /// The user as whom the command runs, without a way to more privileges [default: root]
    #[arg(long)]
    user: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Runs the command in an instance of its own; gives the command's exit code.
pub(crate) fn run(flags: &Flags, args: &RunArgs) -> anyhow::Result<u8> {
    privilege::require(WHY)?;
    let user = args.user.as_deref().map(User::named).transpose()?;
    let client = client(flags)?;
    let run = Path::new(RUN_DIR);
    let node = local::node(&client, run, args.node_name.as_deref())?;
    let image = image(&client)?;
    let signals = Signals::hold()?;
    let instance = launch(&client, parameters(args, &node, &image))?;

    let outcome = parse(&instance.instance_id).and_then(|id| {
        let dir = ready(&signals, &client, run, id)?;
        inside::run(&signals, id, &dir, user.as_ref(), &args.command)
    });
    let id = &instance.instance_id;
    if args.keep {
        eprintln!("culvert: {id} is kept; 'aws ec2 terminate-instances --instance-ids {id}' ends it");
        return outcome;
    }
    match (outcome, terminate(&client, id)) {
        (outcome, Ok(())) => outcome,
        (Err(problem), Err(other)) => Err(problem.context(format!("{id} could not be terminated ({other})"))),
        (Ok(0), Err(problem)) => Err(problem).context(format!("{id} could not be terminated")),
        (Ok(code), Err(problem)) => {
            eprintln!("culvert: {id} could not be terminated: {problem}");
            Ok(code)
        }
    }
}

/// Runs the command in an instance that is there; gives the command's exit code.
pub(crate) fn exec(args: &ExecArgs) -> anyhow::Result<u8> {
    let id: InstanceId = args.instance.parse().map_err(|_| not_an_id(&args.instance))?;
    privilege::require(WHY)?;
    let user = args.user.as_deref().map(User::named).transpose()?;
    let Some(dir) =
        local::instance_dir(Path::new(RUN_DIR), id).filter(|_| namespace::find(&id.to_string()) == Found::Namespace)
    else {
        bail!("{id} does not run on this machine; 'culvert ps' shows its state and on which node it is");
    };
    inside::run(&Signals::hold()?, id, &dir, user.as_ref(), &args.command)
}

pub(super) fn not_an_id(text: &str) -> Usage {
    Usage(format!("'{text}' is not an instance's id; an example is i-0123456789abcdef0"))
}

fn parse(id: &str) -> anyhow::Result<InstanceId> {
    id.parse().with_context(|| format!("the API gave an instance the id '{id}'"))
}

/// The image that stands for a host's own files.
fn image(client: &Client) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct DescribeImages {
        #[serde(default)]
        images_set: Items<Image>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Image {
        image_id: String,
    }
    let images: DescribeImages = client.ec2("DescribeImages", Vec::new())?;
    let ids: Vec<String> = images.images_set.item.into_iter().map(|it| it.image_id).collect();
    let host = ids.iter().find(|it| it.starts_with("ami-host")).or(ids.first());
    host.cloned().context("the API lists no image to run")
}

fn parameters(args: &RunArgs, node: &str, image: &str) -> Params {
    let mut params = Params::new();
    let mut put = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
    put("ImageId", image);
    put("MinCount", "1");
    put("MaxCount", "1");
    put("ClientToken", &uuid::Uuid::new_v4().to_string());
    put("Placement.HostId", node);
    if let Some(zone) = &args.zone {
        put("Placement.AvailabilityZone", zone);
    }
    if let Some(subnet) = &args.subnet {
        put("SubnetId", subnet);
    }
    for (number, group) in (1..).zip(&args.security_group) {
        put(&format!("SecurityGroupId.{number}"), group);
    }
    if let Some(address) = args.private_ip {
        put("PrivateIpAddress", &address.to_string());
    }
    if let Some(name) = &args.name {
        put("TagSpecification.1.ResourceType", "instance");
        put("TagSpecification.1.Tag.1.Key", "Name");
        put("TagSpecification.1.Tag.1.Value", name);
    }
    params
}

/// Makes the instance. An answer that got lost is asked for again: the token makes the calls one.
fn launch(client: &Client, params: Params) -> anyhow::Result<Instance> {
    let reservation: Reservation = repeatedly(|| client.ec2("RunInstances", params.clone()))?;
    reservation.instances_set.item.into_iter().next().context("the API made no instance")
}

fn terminate(client: &Client, id: &str) -> Result<(), client::Error> {
    let params = vec![("InstanceId.1".to_owned(), id.to_owned())];
    repeatedly(|| client.ec2::<serde::de::IgnoredAny>("TerminateInstances", params.clone())).map(drop)
}

/// Makes a call that may be made twice, again if it did not come through.
fn repeatedly<T>(call: impl Fn() -> Result<T, client::Error>) -> Result<T, client::Error> {
    let is_passing = |error: &client::Error| match error {
        client::Error::Unreachable { .. } => true,
        client::Error::Refused { code, .. } => code == "Unavailable" || code == "RequestLimitExceeded",
        _ => false,
    };
    for _ in 1..TRIES {
        match call() {
            Err(error) if is_passing(&error) => std::thread::sleep(Duration::from_secs(1)),
            outcome => return outcome,
        }
    }
    call()
}

/// Waits until the node has realised the instance, and gives the directory in which the node keeps its files.
fn ready(signals: &Signals, client: &Client, run: &Path, id: InstanceId) -> anyhow::Result<PathBuf> {
    let deadline = Instant::now() + PATIENCE;
    // The namespace alone does not do: a command that comes before its links and its resolver file sees no network and
    // this machine's name servers.
    while !is_running(client, id)? {
        signals.pause(GLANCE)?;
        if Instant::now() > deadline {
            bail!("{id} has not come up within {} s; the log of 'culvert up' may say why", PATIENCE.as_secs());
        }
    }
    signals.pause(Duration::ZERO)?;
    local::instance_dir(run, id).with_context(|| format!("{id} runs, but not on this machine"))
}

/// Whether the instance's node has realised it. Fails if the instance is ending, with the API's reason.
fn is_running(client: &Client, id: InstanceId) -> anyhow::Result<bool> {
    let params = vec![("InstanceId.1".to_owned(), id.to_string())];
    let answer: DescribeInstances = repeatedly(|| client.ec2("DescribeInstances", params.clone()))?;
    let mut instances = answer.reservation_set.item.into_iter().flat_map(|it| it.instances_set.item);
    let Some(Instance { instance_state, state_reason, .. }) = instances.next() else { return Ok(false) };
    match instance_state.name.as_str() {
        "running" => Ok(true),
        "pending" => Ok(false),
        other => {
            let reason = state_reason.map(|it| format!(": {}", it.message)).unwrap_or_default();
            bail!("{id} is {other} before its command could start{reason}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    #[test]
    fn options_become_parameters_of_run_instances() {
        let line = "run --subnet subnet-1 --security-group sg-1 --security-group sg-2 --private-ip 10.0.0.9 --name web \
            --zone us-east-1a -- nc -l 80";
        let args = Line::parse_from(line.split_whitespace()).args;
        assert_eq!(args.command, ["nc", "-l", "80"]);
        let params = parameters(&args, "h-1", "ami-host");
        let expect = [
            ("Placement.HostId", "h-1"),
            ("Placement.AvailabilityZone", "us-east-1a"),
            ("SubnetId", "subnet-1"),
            ("SecurityGroupId.1", "sg-1"),
            ("SecurityGroupId.2", "sg-2"),
            ("PrivateIpAddress", "10.0.0.9"),
            ("TagSpecification.1.ResourceType", "instance"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", "web"),
        ];
        let found: Vec<_> = params.iter().skip(4).map(|it| (it.0.as_str(), it.1.as_str())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_answer_of_run_instances_is_a_reservation() {
        let answer = "<RunInstancesResponse><requestId>r</requestId><reservationId>r-1</reservationId><instancesSet><item>\
            <instanceId>i-1</instanceId><instanceState><code>0</code><name>pending</name></instanceState>\
            <stateReason><code>x</code><message>y</message></stateReason></item></instancesSet></RunInstancesResponse>";
        let reservation: Reservation = quick_xml::de::from_str(answer).unwrap();
        assert_eq!(reservation.instances_set.item[0].instance_id, "i-1");
        quick_xml::de::from_str::<serde::de::IgnoredAny>(answer).unwrap();
    }

    #[test]
    fn a_refused_call_is_not_repeated_and_one_that_did_not_come_through_is() {
        let count = std::cell::Cell::new(0);
        let outcome = repeatedly::<()>(|| {
            count.set(count.get() + 1);
            Err(match count.get() {
                1 => client::Error::Unreachable { endpoint: String::new(), problem: String::new() },
                _ => client::Error::Refused { code: "InvalidSubnetID.NotFound".to_owned(), message: String::new() },
            })
        });
        assert!(matches!(outcome, Err(client::Error::Refused { .. })));
        assert_eq!(count.get(), 2);
    }
}
