//! Whether a packet passes and what decides, for `culvert explain`.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::ec2::Error;
use crate::reach::{self, Origin, Place, Question, Way, sentence};
use crate::state::State;
use crate::state::id::{AccountId, InterfaceId, SubnetId};
use crate::state::insights::{Component, Header, Part, Payload, Service};
use crate::wire::Params;

/// The port from which a flow begins where none is named: one that every system picks from.
const EPHEMERAL: u16 = 49152;
/// The ICMP types of an echo request.
const ECHO: u8 = 8;
const ECHO6: u8 = 128;

/// The verdict on the packet that the parameters name. An account that asks names and sees what is its own; of what
/// belongs to others it is told only that it is there.
pub(crate) fn explain(state: &State, asker: Option<AccountId>, params: &Params) -> Result<Value, Error> {
    let text = |name: &'static str| params.text(name).ok_or(Error::MissingParameter(name));
    let (from, to) = (text("From")?, text("To")?);
    let asked = reach::question(state, asker, from, to, payload(params)?);
    let mut question = asked.map_err(|unclear| Error::InvalidParameterValue(unclear.to_string()))?;
    if let Some(text) = params.text("Source") {
        question.header.source = written(text, question.header.destination)?;
    }
    let named: Vec<String> = (1..).map_while(|it| params.text(&format!("Forwarder.{it}")).map(str::to_owned)).collect();
    let forwarders = reach::forwarders(state, asker, named.iter().map(String::as_str));
    let forwarders = forwarders.map_err(|unclear| Error::InvalidParameterValue(unclear.to_string()))?;
    let verdict = reach::reach_over(state, &question, &forwarders);
    let sees = |it: &Component| {
        let account = it.vpc.and_then(|vpc| state.vpcs.get(&vpc)).map(|it| it.account);
        asker.is_none() || account.is_none() || account == asker
    };
    Ok(json!({
        "Question": question_of(&question),
        "Passes": verdict.passes(),
        "Decider": verdict.decider().map(|it| component(it, sees(it))),
        "Forward": way(&verdict.forward, &sees),
        "Reply": verdict.back.as_ref().map(|it| way(it, &sees)),
    }))
}

/// The source that the sender writes instead of its own.
fn written(text: &str, destination: IpAddr) -> Result<IpAddr, Error> {
    let source = text.parse().ok().filter(|it: &IpAddr| it.is_ipv4() == destination.is_ipv4());
    source.ok_or_else(|| {
        let what = format!("Value ({text}) for parameter Source is no address of the destination's family.");
        Error::InvalidParameterValue(what)
    })
}

/// What the packet carries.
fn payload(params: &Params) -> Result<Payload, Error> {
    let invalid = |name: &str, text: &str| {
        Error::InvalidParameterValue(format!("Value ({text}) for parameter {name} is invalid."))
    };
    let port =
        |name: &str| params.text(name).map(|text| text.parse::<u16>().map_err(|_| invalid(name, text))).transpose();
    let byte =
        |name: &str| params.text(name).map(|text| text.parse::<u8>().map_err(|_| invalid(name, text))).transpose();
    let name = params.text("Protocol").ok_or(Error::MissingParameter("Protocol"))?;
    let (destination, source) = (port("Port")?, port("SourcePort")?);
    let (kind, code) = (byte("IcmpType")?, byte("IcmpCode")?);
    let number = match name {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        number => number.parse::<u8>().map_err(|_| invalid("Protocol", number))?,
    };
    let of_another =
        |what: &str| Err(Error::InvalidParameterCombination(format!("Packets of protocol {name} have no {what}.")));
    let (has_ports, is_icmp) = (matches!(number, 6 | 17), matches!(number, 1 | 58));
    if !has_ports && (destination.is_some() || source.is_some()) {
        return of_another("ports");
    }
    if !is_icmp && (kind.is_some() || code.is_some()) {
        return of_another("ICMP type and code");
    }
    let ports = || {
        let destination = destination.ok_or(Error::MissingParameter("Port"))?;
        Ok::<_, Error>((source.unwrap_or(EPHEMERAL), destination))
    };
    Ok(match number {
        6 => ports().map(|(source, destination)| Payload::Tcp { source, destination })?,
        17 => ports().map(|(source, destination)| Payload::Udp { source, destination })?,
        1 => Payload::Icmp { kind: kind.unwrap_or(ECHO), code: code.unwrap_or(0) },
        58 => Payload::Icmpv6 { kind: kind.unwrap_or(ECHO6), code: code.unwrap_or(0) },
        other => Payload::Other(other),
    })
}

fn question_of(question: &Question) -> Value {
    let sender = match question.origin {
        Origin::Interface(id) => id.to_string(),
        Origin::Outside => "outside".to_owned(),
    };
    let Header { source, destination, payload } = question.header;
    json!({ "Sender": sender, "Source": source, "Destination": destination, "Carries": sentence::carried(payload) })
}

fn way(way: &Way, sees: &impl Fn(&Component) -> bool) -> Value {
    let delivered = way.delivered.as_ref().map(|it| {
        let place = match it.place {
            Place::Interface(id) | Place::Middlebox(id) => id.to_string(),
            Place::Service(Service::Dns) => "dns".to_owned(),
            Place::Service(Service::Metadata) => "metadata".to_owned(),
            Place::Outside => "outside".to_owned(),
        };
        json!({
            "To": place,
            "Middlebox": matches!(it.place, Place::Middlebox(_)),
            "Source": it.header.source,
            "Sources": it.sources,
            "Destination": it.header.destination,
        })
    });
    let components: Vec<Value> = way.components.iter().map(|it| component(it, sees(it))).collect();
    json!({ "Arrives": way.arrives(), "Delivered": delivered, "Components": components })
}

fn component(it: &Component, is_seen: bool) -> Value {
    if !is_seen {
        let explanation = "belongs to another account";
        return json!({ "Kind": "hidden", "Id": "-", "Passes": it.refusal.is_none(), "Explanation": explanation });
    }
    let translated = it.translated.map(|it| json!({ "Source": it.source, "Destination": it.destination }));
    let (interface, subnet) = place(&it.part);
    json!({
        "Kind": sentence::kind(&it.part),
        "Id": sentence::id(it),
        "Vpc": it.vpc,
        "Subnet": subnet,
        "Interface": interface,
        "Passes": it.refusal.is_none(),
        "Refusal": it.refusal.map(|it| format!("{it:?}")),
        "Source": it.header.source,
        "Destination": it.header.destination,
        "Translated": translated,
        "Explanation": sentence::explanation(it),
    })
}

/// The interface whose component it is, and the subnet.
fn place(part: &Part) -> (Option<InterfaceId>, Option<SubnetId>) {
    match part {
        Part::Interface { id, subnet, .. } => (Some(*id), Some(*subnet)),
        Part::SecurityGroups { interface, .. } => (Some(*interface), None),
        Part::NetworkAcl { subnet, .. } | Part::RouteTable { subnet, .. } => (None, Some(*subnet)),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a packet with these parameters carries, or the code of the error.
    fn check(parameters: &str, expect: &str) {
        let params = Params::parse(b"", parameters.as_bytes()).expect("a form");
        let told = payload(&params).map_or_else(|it| it.code(), sentence::carried);
        assert_eq!(told, expect, "{parameters}");
    }

    #[test]
    fn a_packet_is_named_by_its_protocol_and_what_that_has() {
        check("Protocol=tcp&Port=443", "tcp port 443");
        check("Protocol=17&Port=53&SourcePort=1024", "udp port 53");
        check("Protocol=icmp", "icmp type 8 code 0");
        check("Protocol=icmp&IcmpType=3&IcmpCode=4", "icmp type 3 code 4");
        check("Protocol=icmpv6", "icmpv6 type 128 code 0");
        check("Protocol=47", "protocol 47");
        check("Protocol=tcp", "MissingParameter");
        check("Port=80", "MissingParameter");
        check("Protocol=tcp&Port=65536", "InvalidParameterValue");
        check("Protocol=tpc&Port=1", "InvalidParameterValue");
        check("Protocol=256", "InvalidParameterValue");
        check("Protocol=icmp&Port=80", "InvalidParameterCombination");
        check("Protocol=47&SourcePort=80", "InvalidParameterCombination");
        check("Protocol=tcp&Port=80&IcmpType=8", "InvalidParameterCombination");
    }
}
