//! Bandwidth limits: what is made, changed, damaged and lifted, with packets that wait and none that are lost.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::lab::*;
use super::repairs::tool;
use crate::net::Bandwidth;
use crate::plan::config::NodeConfig;

const PAYLOAD: usize = 1000;
/// What a packet of that payload is on the link: with the headers of UDP, IPv4 and Ethernet.
const PACKET: usize = PAYLOAD + 8 + 20 + 14;

fn limit(want: &mut NodeConfig, number: u32, text: &str) {
    let bandwidth: Bandwidth = text.parse().unwrap();
    edit(want, |router| router.limits.extend([(link_name(number), bandwidth)]));
}

fn pair(lab: &Lab, from: u32, to: u32) -> (UdpSocket, UdpSocket) {
    let receiver = lab.udp(to, (addresses(to)[0], PORT).into());
    let sender = lab.udp(from, (addresses(from)[0], 0).into());
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    (sender, receiver)
}

/// How long it takes until so many packets, sent at once, have come from one instance to another.
fn duration(lab: &Lab, from: u32, to: u32, packets: usize) -> Duration {
    let (sender, receiver) = pair(lab, from, to);
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let began = Instant::now();
    for _ in 0..packets {
        sender.send(&[0; PAYLOAD]).unwrap();
    }
    for _ in 0..packets {
        receiver.recv(&mut [0; PAYLOAD]).expect("what waits is not lost");
    }
    began.elapsed()
}

/// Whether what goes from one to the other is held to this bandwidth at the least: its burst passes at once.
fn is_limited(lab: &Lab, from: u32, to: u32, text: &str) -> bool {
    let rate = text.parse::<Bandwidth>().unwrap().bytes() as usize;
    // A burst is ten milliseconds' worth; fifty more may wait, of which these take thirty.
    let packets = rate * 40 / 1000 / PACKET;
    (0..5).all(|_| duration(lab, from, to, packets) > Duration::from_millis(25))
}

#[test]
fn a_limit_holds_both_ways_and_concerns_one_link_alone() {
    let mut lab = Lab::new();
    let mut want = lab.plan(3, &[(1, 2), (2, 1), (1, 3), (3, 1), (2, 3)]);
    lab.realise(&want);
    assert!(!is_limited(&lab, 1, 2, "8mbit"));
    limit(&mut want, 2, "8mbit");
    assert!(lab.realise(&want) > 0);
    assert!(is_limited(&lab, 1, 2, "8mbit") && is_limited(&lab, 2, 1, "8mbit"));
    assert!(!is_limited(&lab, 1, 3, "8mbit") && !is_limited(&lab, 3, 1, "8mbit"));
    assert_eq!(lab.realise(&want), 0);
    lab.restart();
    assert_eq!(lab.realise(&want), 0);

    // Who is root in the instance has nothing to lift it by.
    for lifted in ["tc qdisc replace dev eth0 root pfifo", "tc qdisc del dev eth0 root", "tc qdisc add dev eth0 clsact"]
    {
        tool(&lab.id(2), lifted);
    }
    assert!(is_limited(&lab, 1, 2, "8mbit") && is_limited(&lab, 2, 1, "8mbit"));

    let theirs = "filter add dev eni-2 ingress pref 7 protocol ip u32 match ip dport 9 0xffff flowid 1:1";
    tool(&lab.router(), &format!("tc {theirs}"));
    let unlimited = lab.plan(3, &[(1, 2), (2, 1), (1, 3), (3, 1), (2, 3)]);
    assert!(lab.realise(&unlimited) > 0);
    assert!(!is_limited(&lab, 1, 2, "8mbit") && !is_limited(&lab, 2, 1, "8mbit"));
    lab.restart();
    assert_eq!(lab.realise(&unlimited), 0);
    // Again before what was there is swept away.
    assert_good(&lab.kernel.realise(&want));
    assert_good(&lab.kernel.realise(&unlimited));
    assert_good(&lab.kernel.realise(&want));
    for swept in [true, false] {
        lab.realise_while_swept(&unlimited, &want, swept);
        assert!(is_limited(&lab, 1, 2, "8mbit") && is_limited(&lab, 2, 1, "8mbit"));
    }
    // To remove what is not there is an error.
    tool(&lab.router(), "tc filter del dev eni-2 ingress pref 7 protocol ip u32");
}

#[test]
fn another_rate_loses_no_packet() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    limit(&mut want, 1, "20mbit");
    limit(&mut want, 2, "20mbit");
    lab.realise(&want);
    let (sender, receiver) = pair(&lab, 1, 2);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let sending = std::thread::spawn(move || {
        let mut sent = 0;
        while !stopped.load(Ordering::Relaxed) {
            sender.send(&[0; PAYLOAD]).unwrap();
            sent += 1;
            // Slower than any of the rates.
            std::thread::sleep(Duration::from_millis(1));
        }
        sender.send(b"end").unwrap();
        sent
    });
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let counting = std::thread::spawn(move || {
        std::iter::repeat_with(|| receiver.recv(&mut [0; PAYLOAD]).unwrap()).take_while(|it| *it == PAYLOAD).count()
    });
    for rate in ["40mbit", "12mbit", "1gbit", "50gbit", "15mbit"] {
        limit(&mut want, 1, rate);
        limit(&mut want, 2, rate);
        assert!(lab.realise(&want) > 0);
        lab.restart();
        assert_eq!(lab.realise(&want), 0, "{rate}");
    }
    stop.store(true, Ordering::Relaxed);
    let sent = sending.join().unwrap();
    assert!(sent > 0);
    assert_eq!(counting.join().unwrap(), sent);
}

#[test]
fn a_limit_that_others_damage_is_repaired() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2), (2, 1)]);
    limit(&mut want, 2, "8mbit");
    lab.realise(&want);
    for damage in [
        "tc qdisc del dev eni-2 root",
        "tc qdisc replace dev eni-2 root handle 6375: tbf rate 1gbit burst 1mb limit 10mb",
        "tc qdisc replace dev eni-2 root pfifo",
        "tc filter del dev eni-2 ingress",
        "tc qdisc del dev eni-2 clsact",
        "tc qdisc del dev ifb-2 root",
        "ip link set ifb-2 down",
        "ip link del ifb-2",
        "ip link del eni-2",
    ] {
        tool(&lab.router(), damage);
        assert!(lab.kernel.notice(), "{damage}");
        assert!(lab.realise(&want) > 0, "{damage}");
        lab.kernel.forget();
        assert_eq!(lab.realise(&want), 0, "{damage}");
    }
    assert!(is_limited(&lab, 1, 2, "8mbit") && is_limited(&lab, 2, 1, "8mbit"));
    // What others do to links that have no limit is theirs.
    tool(&lab.router(), "tc qdisc add dev eni-1 root pfifo");
    assert!(!lab.kernel.notice());
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_limited_link_leaves_nothing_behind() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[]);
    limit(&mut want, 2, "8mbit");
    lab.realise(&want);
    lab.realise(&lab.plan(1, &[]));
    let links = within(lab.router(), || std::fs::read_to_string("/proc/thread-self/net/dev").unwrap());
    assert!(!links.contains("ifb"), "{links}");
    lab.realise(&want);
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}
