//! `culvert explain`: whether a packet and its reply pass, what they meet on their ways, and what stops them.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

use super::Usage;
use super::client::{Params, client};
use super::profile::Flags;
use super::table::{print, table};

/// Options of `culvert explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Who sends: an interface (eni-…), an instance (i-…), or an IP address, which may be one outside
    #[arg(long, value_name = "ID|ADDRESS")]
    from: String,
    /// Who is to get it, likewise
    #[arg(long, value_name = "ID|ADDRESS")]
    to: String,
    /// tcp, udp, icmp, icmpv6 or the number of another IP protocol
    #[arg(long, value_parser = protocol)]
    protocol: Protocol,
    /// The source that is written instead of the sender's own
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,
    /// The destination port, for tcp and udp
    #[arg(long)]
    port: Option<u16>,
    /// The source port, for tcp and udp: network ACLs see it as the destination of the reply [default: 49152]
    #[arg(long, value_name = "PORT")]
    source_port: Option<u16>,
    /// The ICMP type [default: that of an echo request]
    #[arg(long, value_name = "TYPE")]
    icmp_type: Option<u8>,
    /// The ICMP code [default: 0]
    #[arg(long, value_name = "CODE")]
    icmp_code: Option<u8>,
    /// A middlebox that passes on what it gets, as it is; may be given several times
    #[arg(long, value_name = "ID")]
    forwarder: Vec<String>,
    /// Prints an object for programs
    #[arg(long)]
    json: bool,
}

/// An IP protocol by its number.
#[derive(Debug, Clone, Copy)]
struct Protocol(u8);

fn protocol(text: &str) -> Result<Protocol, String> {
    match text {
        "icmp" => Ok(Protocol(1)),
        "tcp" => Ok(Protocol(6)),
        "udp" => Ok(Protocol(17)),
        "icmpv6" => Ok(Protocol(58)),
        number => number.parse().map(Protocol).map_err(|_| "tcp, udp, icmp, icmpv6 or a number up to 255".to_owned()),
    }
}

pub(crate) fn explain(flags: &Flags, args: &Args) -> anyhow::Result<()> {
    let params = params(args)?;
    let answer: Value = client(flags)?.culvert("Explain", params)?;
    let text = match args.json {
        true => serde_json::to_string_pretty(&answer)? + "\n",
        false => shown(&serde_json::from_value(answer)?),
    };
    Ok(print(&text)?)
}

/// The parameters of the call, if the options go together.
fn params(args: &Args) -> Result<Params, Usage> {
    let number = args.protocol.0;
    let (has_ports, is_icmp) = (matches!(number, 6 | 17), matches!(number, 1 | 58));
    let usage = |text: &str| Err(Usage(text.to_owned()));
    if has_ports && args.port.is_none() {
        return usage("tcp and udp need --port");
    }
    if !has_ports && (args.port.is_some() || args.source_port.is_some()) {
        return usage("only tcp and udp have ports");
    }
    if !is_icmp && (args.icmp_type.is_some() || args.icmp_code.is_some()) {
        return usage("only icmp and icmpv6 have a type and a code");
    }
    let mut params = vec![
        ("From".to_owned(), args.from.clone()),
        ("To".to_owned(), args.to.clone()),
        ("Protocol".to_owned(), number.to_string()),
    ];
    let mut add = |name: &str, value: Option<String>| params.extend(value.map(|it| (name.to_owned(), it)));
    add("Source", args.source.map(|it| it.to_string()));
    add("Port", args.port.map(|it| it.to_string()));
    add("SourcePort", args.source_port.map(|it| it.to_string()));
    add("IcmpType", args.icmp_type.map(|it| it.to_string()));
    add("IcmpCode", args.icmp_code.map(|it| it.to_string()));
    params.extend(args.forwarder.iter().zip(1..).map(|(it, number)| (format!("Forwarder.{number}"), it.clone())));
    Ok(params)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    question: Question,
    passes: bool,
    decider: Option<Component>,
    forward: Way,
    reply: Option<Way>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Question {
    sender: String,
    source: String,
    destination: String,
    carries: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Way {
    delivered: Option<Delivered>,
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delivered {
    to: String,
    middlebox: bool,
    sources: Vec<String>,
    destination: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    kind: String,
    id: String,
    passes: bool,
    explanation: String,
}

fn shown(answer: &Answer) -> String {
    let Question { sender, source, destination, carries } = &answer.question;
    let mut text = format!("{carries} from {source} ({sender}) to {destination}\n\n");
    text += &way("THERE", &answer.forward);
    if let Some(reply) = &answer.reply {
        text += "\n";
        text += &way("BACK", reply);
    }
    let verdict = match (&answer.decider, answer.passes) {
        (_, true) if answer.reply.is_some() => "The packet passes, and its reply.".to_owned(),
        (_, true) => "The packet passes; there is no reply to it.".to_owned(),
        (Some(it), false) => {
            let which = if answer.forward.delivered.is_some() { "reply" } else { "packet" };
            format!("The {which} does not pass: {} {}: {}.", it.kind, it.id, it.explanation)
        }
        (None, false) => "It is for the middlebox to pass it on: name it with --forwarder if it does.".to_owned(),
    };
    text + "\n" + &verdict + "\n"
}

fn way(name: &str, way: &Way) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for it in &way.components {
        let mark = if it.passes { "" } else { "STOPS HERE: " };
        rows.push([it.kind.clone(), it.id.clone(), format!("{mark}{}", it.explanation)]);
    }
    if let Some(it) = &way.delivered {
        let to = if it.middlebox { "delivered to middlebox" } else { "delivered" };
        let what = format!("sees {} to {}", it.sources.join(" or "), it.destination);
        rows.push([to.to_owned(), it.to.clone(), what]);
    }
    table([name, "WHICH", "WHAT IT DOES"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(kind: &str, passes: bool) -> Value {
        serde_json::json!({ "Kind": kind, "Id": format!("{kind}-1"), "Passes": passes, "Explanation": "says so" })
    }

    fn answer(passes: bool) -> Answer {
        let delivered = serde_json::json!({
            "To": "eni-2", "Middlebox": false, "Source": "10.0.0.1", "Sources": ["10.0.0.1"], "Destination": "10.0.0.2",
        });
        let decider = component("network-acl", false);
        let answer = serde_json::json!({
            "Question": { "Sender": "eni-1", "Source": "10.0.0.1", "Destination": "10.0.0.2", "Carries": "tcp port 80" },
            "Passes": passes,
            "Decider": if passes { Value::Null } else { decider.clone() },
            "Forward": { "Arrives": true, "Delivered": delivered, "Components": [component("route-table", true)] },
            "Reply": {
                "Arrives": passes,
                "Delivered": if passes { delivered.clone() } else { Value::Null },
                "Components": if passes { vec![] } else { vec![decider] },
            },
        });
        serde_json::from_value(answer).expect("an answer")
    }

    #[test]
    fn a_verdict_is_a_list_of_what_was_met_and_a_sentence() {
        let expected = "\
tcp port 80 from 10.0.0.1 (eni-1) to 10.0.0.2

THERE        WHICH          WHAT IT DOES
route-table  route-table-1  says so
delivered    eni-2          sees 10.0.0.1 to 10.0.0.2

BACK         WHICH          WHAT IT DOES
network-acl  network-acl-1  STOPS HERE: says so

The reply does not pass: network-acl network-acl-1: says so.
";
        assert_eq!(shown(&answer(false)), expected);
        assert!(shown(&answer(true)).ends_with("\n\nThe packet passes, and its reply.\n"));
    }

    #[test]
    fn options_that_do_not_go_together_are_a_mistake_of_usage() {
        let args = |number: u8, port: Option<u16>, icmp_type: Option<u8>| Args {
            from: "a".to_owned(),
            source: None,
            to: "b".to_owned(),
            protocol: Protocol(number),
            port,
            source_port: None,
            icmp_type,
            icmp_code: None,
            forwarder: Vec::new(),
            json: false,
        };
        let refused = |args: Args| params(&args).map_or_else(|usage| usage.to_string(), |_| String::new());
        assert_eq!(refused(args(6, Some(80), None)), "");
        let over = Args { forwarder: vec!["i-1".to_owned(), "eni-2".to_owned()], ..args(1, None, None) };
        let params = params(&over).expect("they go together");
        assert_eq!(params[3..], [("Forwarder.1", "i-1"), ("Forwarder.2", "eni-2")].map(|(a, b)| (a.into(), b.into())));
        assert_eq!(refused(args(1, None, Some(8))), "");
        assert_eq!(refused(args(47, None, None)), "");
        assert_eq!(refused(args(17, None, None)), "tcp and udp need --port");
        assert_eq!(refused(args(47, Some(80), None)), "only tcp and udp have ports");
        assert_eq!(refused(args(6, Some(80), Some(8))), "only icmp and icmpv6 have a type and a code");
    }
}
