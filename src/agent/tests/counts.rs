//! Sets that count: what is in them is the kernel's to change and nobody's to repair, and leaves them without a loss.

use std::os::fd::AsFd;
use std::sync::Arc;

use super::lab::*;
use crate::agent::netlink::{self, Conversation};
use crate::agent::{namespace, nft};
use crate::plan::config::NodeConfig;
use crate::plan::ruleset::*;

const COUNTED: &str = "counted";

/// Two instances; what comes to the second is counted by its port.
fn plan(lab: &Lab, open: &[(u32, u32)]) -> NodeConfig {
    let mut want = lab.plan(2, open);
    edit(&mut want, |router| {
        let fields = vec![Field::OutputLink, Field::Ports, Field::Constant(7)];
        router.firewall.sets.insert(COUNTED.to_string(), Arc::new(set(&fields, DataKind::Count)));
        let chain = Arc::make_mut(router.firewall.chains.get_mut("in-2").unwrap());
        let udp = Statement::Equals { field: Field::Protocol, value: vec![17] };
        let ports = vec![Field::OutputLink, Field::DestinationPort, Field::Constant(7)];
        chain.rules.insert(0, vec![udp, Statement::Count { fields: ports, set: COUNTED.to_string() }]);
    });
    want
}

fn asking(lab: &Lab) -> Conversation {
    let home = namespace::home().unwrap();
    namespace::within(&lab.router(), home.as_fd(), || Conversation::open(netlink::NETFILTER)).unwrap().unwrap()
}

/// The packets that were counted, by port.
fn packets(conversation: &mut Conversation) -> Vec<(u16, u64)> {
    let counts = nft::counts(conversation, nft::TABLE, COUNTED).unwrap();
    let mut found: Vec<_> =
        counts.iter().map(|it| (u16::from_be_bytes([it.key[16], it.key[17]]), it.packets)).collect();
    found.sort();
    found
}

#[test]
fn counts_survive_passes_and_agents_and_are_no_damage() {
    let mut lab = Lab::new();
    lab.realise(&plan(&lab, &[(1, 2)]));
    let mut conversation = asking(&lab);
    for _ in 0..3 {
        assert!(lab.arrives(1, 2, 0, PORT));
    }
    assert!(!lab.reaches(1, 2, 0, CLOSED_PORT));
    assert_eq!(packets(&mut conversation), [(PORT, 3), (CLOSED_PORT, 1)]);
    lab.restart();
    assert_eq!(lab.realise(&plan(&lab, &[(1, 2)])), 0, "what was counted is repaired");
    assert!(lab.realise(&plan(&lab, &[(1, 2), (2, 1)])) > 0);
    assert!(lab.arrives(1, 2, 0, PORT));
    assert_eq!(packets(&mut conversation), [(PORT, 4), (CLOSED_PORT, 1)]);
}

#[test]
fn what_is_taken_out_tells_what_it_had_come_to() {
    let mut lab = Lab::new();
    lab.realise(&plan(&lab, &[(1, 2)]));
    let mut conversation = asking(&lab);
    assert!(lab.arrives(1, 2, 0, PORT));
    let before = nft::counts(&mut conversation, nft::TABLE, COUNTED).unwrap();
    assert!(lab.arrives(1, 2, 0, PORT));
    let site = lab.kernel.site();
    let mut removals = site.removals.lock().unwrap();
    let last = nft::remove(&mut conversation, nft::TABLE, COUNTED, &[&before[0].key]).unwrap();
    *removals.entry(vpc()).or_default() += 1;
    drop(removals);
    assert_eq!((before[0].packets, last[0].packets, last[0].bytes), (1, 2, 2 * before[0].bytes));
    assert_eq!(packets(&mut conversation), []);
    assert!(!lab.kernel.look(), "what was taken out on purpose is taken for damage");
    assert!(lab.arrives(1, 2, 0, PORT));
    assert_eq!(packets(&mut conversation), [(PORT, 1)], "a packet after that is counted anew");
    assert!(nft::remove(&mut conversation, nft::TABLE, COUNTED, &[&[0; 24]]).is_err(), "there is no such key");

    nft::remove(&mut conversation, nft::TABLE, COUNTED, &[&before[0].key]).unwrap();
    assert!(lab.kernel.look(), "what others take out is seen");
}
