//! Passes over what is there already, over what was disturbed, and after restarts of the agent.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use super::lab::*;
use crate::agent::kernel::Kernel;
use crate::agent::namespace;
use crate::plan::config::{NodeConfig, Route};

/// Disturbs what a pass made; then one pass repairs it, and a second finds nothing to do.
#[track_caller]
fn check(disturb: impl Fn(&Lab)) {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    disturb(&lab);
    lab.kernel.forget();
    assert!(lab.realise(&want) > 0, "the pass saw nothing");
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0, "the pass did not repair all");
    for family in [0, 1] {
        assert!(lab.arrives(1, 2, family, PORT), "family {family} {}", std::panic::Location::caller());
        assert!(!lab.reaches(1, 2, family, CLOSED_PORT));
    }
}

/// Runs a tool of the machine in the namespace.
pub fn tool(namespace: &str, line: &str) {
    let mut words = line.split_whitespace();
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, words.next().unwrap()]).args(words);
    assert!(command.status().unwrap().success(), "{line}");
}

#[test]
fn one_pass_repairs_what_was_disturbed() {
    check(|lab| tool(&lab.router(), "ip route del 10.0.0.2/32 table 100"));
    check(|lab| tool(&lab.router(), "ip -6 route replace fd00::2 dev lo table 100 proto 67"));
    check(|lab| tool(&lab.router(), "ip rule del pref 100"));
    check(|lab| tool(&lab.router(), "ip neigh del 10.0.0.2 dev eni-2"));
    check(|lab| tool(&lab.router(), "ip link del eni-2"));
    check(|lab| tool(&lab.router(), "ip link set eni-2 down"));
    check(|lab| tool(&lab.router(), "ip link set eni-2 mtu 1300"));
    check(|lab| tool(&lab.router(), "nft flush table inet culvert"));
    check(|lab| tool(&lab.router(), "nft delete table inet culvert"));
    check(|lab| tool(&lab.router(), "nft flush map inet culvert src4"));
    check(|lab| tool(&lab.router(), "nft add rule inet culvert in-2 accept"));
    check(|lab| tool(&lab.router(), "sysctl -qw net.ipv4.ip_forward=0"));
    check(|lab| tool(&lab.id(1), "ip address del 10.0.0.1/32 dev eth0"));
    check(|lab| tool(&lab.id(1), "ip link set lo down"));
    check(|lab| tool(&lab.id(1), "ip link del eth0"));
    check(|lab| namespace::remove(&lab.id(1)).unwrap());
    check(|lab| namespace::remove(&lab.router()).unwrap());
    check(|lab| {
        fs::remove_file(lab.place.run_dir.join(&lab.place.tag).join("instances").join(lab.id(2)).join("launch"))
            .unwrap()
    });
}

#[test]
fn what_was_disturbed_is_repaired_when_its_turn_has_come() {
    let mut lab = Lab::new();
    let want = lab.plan(3, &[(1, 2)]);
    lab.realise(&want);
    let round = |lab: &mut Lab| {
        let mut changes = 0;
        loop {
            let over = lab.kernel.forget_some(1);
            changes += lab.realise(&want);
            if over {
                return changes;
            }
        }
    };
    assert_eq!(round(&mut lab), 0, "there was nothing to repair");
    for (number, damage) in
        [(1, "ip address del 10.0.0.1/32 dev eth0"), (2, "ip link del eth0"), (2, "ip link set lo down")]
    {
        tool(&lab.id(number), damage);
        assert!(round(&mut lab) > 0, "nobody saw: {damage}");
        assert_eq!(round(&mut lab), 0, "not repaired: {damage}");
        assert!(lab.arrives(1, 2, 0, PORT), "{damage}");
    }
    // What is not known to be there is looked for at the end of a round. A pass that comes upon its links before may
    // fail, and says so; the next one looks.
    namespace::remove(&lab.id(3)).unwrap();
    let router = lab.router();
    let links = || within(router.clone(), || fs::read_to_string("/proc/thread-self/net/dev").unwrap());
    eventually("its link is gone", || !links().contains("eni-3"));
    let mut passes = Vec::new();
    for _ in 0..2 {
        while !lab.kernel.forget_some(1) {
            passes.push(lab.kernel.realise(&want));
        }
    }
    passes.push(lab.kernel.realise(&want));
    assert!(passes.iter().any(|it| it.changes > 0));
    assert_good(passes.last().unwrap());
    assert_eq!(round(&mut lab), 0);
    assert!(lab.arrives(1, 2, 0, PORT));
}

#[test]
fn damage_by_others_is_noticed_and_repaired_and_nothing_else() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    for damage in [
        "ip route del 10.0.0.2/32 table 100",
        "ip route replace blackhole 10.0.0.2/32 table 100",
        "ip -6 route del fd00::2 table 100",
        "ip rule del pref 100",
        "ip neigh del 10.0.0.2 dev eni-2",
        "ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev eni-2",
        "ip link del eni-2",
        "ip link set eni-2 down",
        "ip link set eni-2 mtu 1300",
        "nft flush table inet culvert",
        "nft delete table inet culvert",
        "nft flush map inet culvert src4",
        "nft add rule inet culvert in-2 accept",
    ] {
        tool(&lab.router(), damage);
        assert!(if damage.starts_with("nft") { lab.kernel.look() } else { lab.kernel.notice() }, "{damage}");
        // Nothing else was thrown away, and the pass finds all of it.
        assert!(lab.realise(&want) > 0, "{damage}");
        lab.kernel.forget();
        assert_eq!(lab.realise(&want), 0, "{damage}");
    }
    assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
    for other in [
        "ip link add other type veth peer name rehto",
        "ip link set other up",
        "ip address add 192.0.2.1/24 dev other",
        "ip route add 198.51.100.0/24 dev other table 100",
        "ip link del other",
    ] {
        tool(&lab.router(), other);
        assert!(!lab.kernel.notice(), "{other}");
    }
}

#[test]
fn a_second_pass_changes_nothing() {
    let mut lab = Lab::new();
    let want = lab.plan(3, &[(1, 2), (2, 3)]);
    assert!(lab.realise(&want) > 0);
    assert_eq!(lab.realise(&want), 0);
    // Also when the plan was made again, so that no pointer is the same.
    assert_eq!(lab.realise(&lab.plan(3, &[(1, 2), (2, 3)])), 0);
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_restarted_agent_adopts_what_it_finds_and_loses_no_packet() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    let receiver = lab.udp(2, format!("10.0.0.2:{PORT}").parse().unwrap());
    let sender = lab.udp(1, "10.0.0.1:0".parse().unwrap());
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = stop.clone();
    let sending = std::thread::spawn(move || {
        let mut sent = 0_u64;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            sender.send_to(&[0; 8], format!("10.0.0.2:{PORT}")).unwrap();
            sent += 1;
            std::thread::sleep(std::time::Duration::from_micros(500));
        }
        sent
    });
    let counting = std::thread::spawn(move || {
        let mut count = 0_u64;
        while receiver.recv(&mut [0; 8]).is_ok() {
            count += 1;
        }
        count
    });
    for _ in 0..5 {
        lab.restart();
        assert_eq!(lab.realise(&want), 0);
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let sent = sending.join().unwrap();
    assert!(sent > 0);
    assert_eq!(counting.join().unwrap(), sent);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    let foreign = format!("foreign-{}", lab.place.tag);
    namespace::create(&foreign, || ()).unwrap();
    let router = lab.router();
    tool(&router, "ip link add other type veth peer name rehto");
    tool(&router, "ip link set other up");
    tool(&router, "ip address add 192.0.2.1/24 dev other");
    tool(&router, "ip route add 198.51.100.0/24 dev other table 100");
    tool(&router, "ip rule add pref 5 fwmark 9 lookup 9");
    tool(&router, "nft add table inet other");
    tool(&lab.id(1), "ip link add other type bridge");

    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
    lab.realise(&lab.plan(1, &[]));
    tool(&router, "ip route del 198.51.100.0/24 dev other table 100");
    tool(&router, "ip address del 192.0.2.1/24 dev other");
    tool(&router, "ip rule del pref 5 fwmark 9 lookup 9");
    tool(&router, "nft delete table inet other");
    tool(&router, "ip link del other");
    tool(&lab.id(1), "ip link del other");
    assert_eq!(lab.kernel.remove_all().failures.len(), 0);
    assert_eq!(namespace::find(&foreign), namespace::Found::Namespace);
    namespace::remove(&foreign).unwrap();
}

#[test]
fn a_name_that_is_taken_fails_alone() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[]);
    namespace::create(&lab.id(1), || ()).unwrap();
    let pass = lab.kernel.realise(&want);
    assert!(pass.failures.iter().any(|it| it.object == lab.id(1)), "{:?}", pass.failures);
    assert_eq!(namespace::find(&lab.id(2)), namespace::Found::Namespace);
    assert!(received(&lab.router(), "eni-2") < u64::MAX);
    namespace::remove(&lab.id(1)).unwrap();
    lab.realise(&want);
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn removal_leaves_nothing_and_may_be_repeated() {
    let mut lab = Lab::new();
    lab.realise(&lab.plan(3, &[]));
    assert_eq!(namespaces(&lab).len(), 4);
    let marked = lab.place.run_dir.join(&lab.place.tag);
    assert!(marked.is_dir());
    let mut later = Kernel::open(lab.place.clone()).unwrap();
    assert_good(&later.remove_all());
    assert_eq!(namespaces(&lab).len(), 0);
    assert!(!marked.exists());
    let pass = later.remove_all();
    assert_good(&pass);
    assert_eq!(pass.changes, 0);
}

#[test]
fn what_a_pass_has_put_down_is_swept_away_by_whoever_comes_next() {
    let links = |lab: &Lab| within(lab.router(), || fs::read_to_string("/proc/thread-self/net/dev").unwrap());
    let mut lab = Lab::new();
    let (both, one) = (lab.plan(2, &[(1, 2)]), lab.plan(1, &[]));
    lab.realise(&both);
    assert_good(&lab.kernel.realise(&one));
    assert_eq!(lab.kernel.leaving(), 1);
    // Killed in between.
    lab.restart();
    assert_eq!(lab.kernel.realise(&one).changes, 0);
    assert!(lab.kernel.leaving() > 0 || !links(&lab).contains("eni-2"));
    lab.realise(&one);
    assert!(!links(&lab).contains("eni-2"));
    assert_eq!(lab.kernel.leaving(), 0);

    // Wanted again before it is gone.
    lab.realise(&both);
    assert_good(&lab.kernel.realise(&one));
    assert_good(&lab.kernel.realise(&both));
    assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
    assert_eq!(lab.kernel.leaving(), 1);
    lab.realise(&both);
    assert!(!links(&lab).contains("gone"));
    for swept in [true, false] {
        lab.realise_while_swept(&one, &both, swept);
        assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
        assert!(!links(&lab).contains("gone"));
    }
    lab.restart();
    assert_eq!(lab.realise(&both), 0);
}

/// An interface that leaves a running instance, and comes back as another device.
#[test]
fn a_link_that_is_put_down_in_an_instance_leaves_its_routes_to_the_next() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    let mut moved = want.clone();
    let instance = Arc::make_mut(moved.instances.get_mut(&lab.id(1)).unwrap());
    let device = |name: &str| name.replace("eth0", "eth1");
    let namespace = std::mem::take(&mut instance.namespace);
    let new = &mut instance.namespace;
    new.links = namespace.links.into_iter().map(|(name, link)| (device(&name), link)).collect();
    new.addresses = namespace.addresses.into_iter().map(|(name, address)| (device(&name), address)).collect();
    let neighbours = namespace.neighbours.into_iter();
    new.neighbours = neighbours.map(|((name, address), mac)| ((device(&name), address), mac)).collect();
    let routes = namespace.routes.into_iter().map(|(key, route)| match route {
        Route::Via { gateway, source, .. } => (key, Route::Via { gateway, link: "eth1".to_string(), source }),
        other => (key, other),
    });
    new.routes = routes.collect();
    edit(&mut moved, |router| router.links.get_mut("eni-1").unwrap().peer.link = "eth1".to_string());
    for want in [&moved, &want] {
        assert_good(&lab.kernel.realise(want));
        assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
        lab.realise(want);
        lab.restart();
        assert_eq!(lab.realise(want), 0);
    }
}

#[test]
fn instances_and_routers_come_and_go_one_by_one() {
    let mut lab = Lab::new();
    for count in [1, 4, 2, 3, 0, 2] {
        let mut want = lab.plan(count, &[(1, 2)].into_iter().filter(|_| count >= 2).collect::<Vec<_>>());
        if count == 0 {
            want = NodeConfig::default();
        }
        lab.realise(&want);
        assert_eq!(namespaces(&lab).len(), want.instances.len() + want.namespaces.len());
        assert_eq!(lab.realise(&want), 0);
        lab.kernel.forget();
        assert_eq!(lab.realise(&want), 0);
    }
    assert!(lab.arrives(1, 2, 0, PORT));
}

#[test]
fn another_launch_is_another_namespace() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    // Held, or the next may have its number.
    let _held = namespace::open(&lab.id(2)).unwrap();
    let before = namespace::inode(&lab.id(2)).unwrap();
    Arc::make_mut(want.instances.get_mut(&lab.id(2)).unwrap()).launch = 2;
    lab.realise(&want);
    assert_ne!(namespace::inode(&lab.id(2)).unwrap(), before);
    assert!(lab.arrives(1, 2, 0, PORT));
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn routes_change_in_kind_and_link() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    for (destination, other) in [("10.0.0.2/32", "10.0.0.1"), ("fd00::2/128", "fd00::1")] {
        for route in [
            Route::Blackhole,
            Route::Via { gateway: other.parse().unwrap(), link: "eni-1".to_string(), source: None },
            Route::Link { link: "eni-2".to_string(), source: None },
        ] {
            edit(&mut want, |router| {
                let key = router.routes.keys().find(|it| it.destination == destination.parse().unwrap()).copied();
                router.routes.insert(key.unwrap(), route);
            });
            assert!(lab.realise(&want) > 0);
            lab.kernel.forget();
            assert_eq!(lab.realise(&want), 0, "{destination}");
        }
    }
    assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
}
