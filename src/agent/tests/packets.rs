//! What passes and what does not.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use imbl::OrdMap;

use super::lab::*;
use crate::agent::{namespace, process};
use crate::plan::config::{Instance, Namespace, NamespaceId, NodeConfig, Peer, Route, RouteKey, RoutingRule};
use crate::plan::ruleset::{Data, Element, Field, Key, Set, Statement, Verdict};

#[test]
fn an_open_port_takes_datagrams_and_a_closed_one_does_not() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    for family in [0, 1] {
        assert!(lab.arrives(1, 2, family, PORT), "family {family}");
        assert!(lab.arrives(1, 2, family, PORT - 10), "family {family}");
        assert!(!lab.reaches(1, 2, family, CLOSED_PORT), "family {family}");
        assert!(!lab.reaches(1, 2, family, PORT - 11), "family {family}");
        assert!(!lab.reaches(2, 1, family, PORT), "family {family}");
    }
}

#[test]
fn a_stream_opens_where_its_port_is_open() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    edit(&mut want, |router| {
        let set = Arc::make_mut(router.firewall.sets.get_mut("in-2-4").unwrap());
        let (mut key, element) = set.elements.get_min().map(|(key, it)| (key.clone(), it.clone())).unwrap();
        let mut last = element.last.unwrap();
        (key.0[4], last.0[4]) = (6, 6);
        set.elements.insert(key, Element { last: Some(last), data: Data::None });
    });
    lab.realise(&want);
    let listener = lab.inside(2, || std::net::TcpListener::bind(("10.0.0.2", PORT)).unwrap());
    let connect = |port| {
        lab.inside(1, move || {
            let address = SocketAddr::new(addresses(2)[0], port);
            std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(500))
        })
    };
    assert_eq!(connect(CLOSED_PORT).unwrap_err().kind(), ErrorKind::TimedOut);
    connect(PORT).unwrap();
    listener.accept().unwrap();
}

#[test]
fn a_source_that_is_not_the_interfaces_own_is_dropped() {
    let mut lab = Lab::new();
    let mut want = lab.plan(3, &[(1, 2)]);
    let instance = Arc::make_mut(want.instances.get_mut(&lab.id(3)).unwrap());
    instance.namespace.addresses.insert(("eth0".to_string(), "10.0.0.1/32".parse().unwrap()));
    lab.realise(&want);
    let receiver = lab.udp(2, SocketAddr::new(addresses(2)[0], PORT));
    let forger = lab.inside(3, || UdpSocket::bind("10.0.0.1:0").unwrap());
    send_to_router(&forger, SocketAddr::new(addresses(2)[0], PORT), &lab.router(), "eni-3");
    assert!(receiver.recv(&mut [0; 8]).is_err());
    drop(receiver);
    assert!(lab.arrives(1, 2, 0, CLOSED_PORT - 1));
}

#[test]
fn the_next_owner_of_an_address_inherits_no_flow() {
    for family in [0, 1] {
        let mut lab = Lab::new();
        let want = lab.plan(2, &[(1, 2)]);
        lab.realise(&want);
        let [one, two] = [addresses(1)[family], addresses(2)[family]];
        let asker = lab.udp(1, SocketAddr::new(one, 5000));
        let answerer = lab.udp(2, SocketAddr::new(two, PORT));
        deliver(&asker, SocketAddr::new(two, PORT), &answerer);
        // The flow lets answers through that no rule would.
        deliver(&answerer, SocketAddr::new(one, 5000), &asker);

        let mut without = want.clone();
        without.instances.remove(&lab.id(2));
        edit(&mut without, |router| {
            router.links.remove("eni-2");
            retain(&mut router.routes, |key, _| key.destination.addr() != two);
            retain(&mut router.neighbours, |(link, _), _| link != "eni-2");
        });
        lab.realise(&without);
        lab.realise(&want);
        let answerer = lab.udp(2, SocketAddr::new(two, PORT));
        send_to_router(&answerer, SocketAddr::new(one, 5000), &lab.router(), "eni-2");
        assert_eq!(asker.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock, "family {family}");
    }
}

/// The links of all routers have the same numbers, and so have those of all instances.
#[test]
fn what_ends_in_one_vpc_takes_no_link_from_another() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    let mut third = lab.instance(3);
    let second = || NamespaceId::Router("vpc-2".to_string());
    third.namespace.links.get_mut("eth0").unwrap().peer = Peer { namespace: second(), link: "eni-3".to_string() };
    want.instances.insert(lab.id(3), Arc::new(third));
    let mut other = Namespace { forwarding: true, ..Namespace::default() };
    lab.attach(&mut other, 3);
    want.namespaces.insert(second(), Arc::new(other));
    lab.realise(&want);
    assert!(lab.arrives(1, 2, 0, PORT));
    let before = received(&lab.router(), "eni-1");
    assert!(before > 0);

    want.instances.remove(&lab.id(3));
    want.namespaces.insert(second(), Arc::new(Namespace { forwarding: true, ..Namespace::default() }));
    lab.realise(&want);
    edit(&mut want, |router| {
        router.links.get_mut("eni-2").unwrap().mtu -= 10;
    });
    lab.realise(&want);
    assert!(received(&lab.router(), "eni-1") >= before, "the link was made anew");
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

/// Instance 1 of the one VPC and instance 3 of another, behind routers that are joined.
fn plan_of_peers(lab: &Lab) -> NodeConfig {
    let mut want = lab.plan(2, &[(3, 1), (1, 2)]);
    let second = NamespaceId::Router("vpc-2".to_string());
    let mut third = lab.instance(3);
    third.namespace.links.get_mut("eth0").unwrap().peer = Peer { namespace: second.clone(), link: link_name(3) };
    want.instances.insert(lab.id(3), Arc::new(third));
    let mut other = Namespace { forwarding: true, firewall: ruleset(3, &[(1, 3)]), ..Namespace::default() };
    lab.attach(&mut other, 3);
    other.rules.insert(ROUTE_TABLE, RoutingRule { mark: None, from: None, table: ROUTE_TABLE });
    want.namespaces.insert(second.clone(), Arc::new(other));
    join(&mut want, (vpc(), "pcx-1"), (second.clone(), "pcx-1"), [169, 254, 2, 1], [169, 254, 2, 2]);
    for (id, gateway, beyond) in [(vpc(), [169, 254, 2, 2], 3), (second, [169, 254, 2, 1], 1)] {
        let router = Arc::make_mut(want.namespaces.get_mut(&id).unwrap());
        let key = RouteKey { table: ROUTE_TABLE, destination: addresses(beyond)[0].into() };
        router.routes.insert(key, via(gateway, "pcx-1"));
        let chains = &mut router.firewall.chains;
        add_rule(chains, "raw", vec![over(Field::InputLink, "pcx-1"), accept()]);
        add_rule(chains, "to-receiver", vec![over(Field::OutputLink, "pcx-1"), accept()]);
        let receiver = Statement::Verdict(Verdict::Goto("to-receiver".to_string()));
        add_rule(chains, "forward", vec![over(Field::InputLink, "pcx-1"), receiver]);
    }
    want
}

#[test]
fn routers_of_peers_are_joined_and_parted() {
    let mut lab = Lab::new();
    let want = plan_of_peers(&lab);
    lab.realise(&want);
    let probe = |from: u32, to: u32, port: u16| {
        let receiver = lab.udp(to, SocketAddr::new(addresses(to)[0], port));
        let sender = lab.udp(from, SocketAddr::new(addresses(from)[0], 0));
        let router = if from == 3 { format!("culvert-{}-vpc-2", lab.place.tag) } else { lab.router() };
        send_to_router(&sender, SocketAddr::new(addresses(to)[0], port), &router, &link_name(from));
        receiver.recv(&mut [0; 8]).is_ok()
    };
    assert!(probe(1, 3, PORT) && probe(3, 1, PORT));
    assert!(!probe(1, 3, CLOSED_PORT));
    assert!(!probe(3, 2, PORT));
    lab.restart();
    assert_eq!(lab.realise(&want), 0);

    // One end goes from the plan, and from the kernel both.
    let mut parted = want.clone();
    each(&mut parted.namespaces, |namespace| {
        let namespace = Arc::make_mut(namespace);
        namespace.links.remove("pcx-1");
        namespace.addresses.clear();
        retain(&mut namespace.neighbours, |(link, _), _| link != "pcx-1");
        retain(&mut namespace.routes, |_, route| !matches!(route, Route::Via { .. }));
    });
    let before = received(&lab.router(), "eni-1");
    lab.realise(&parted);
    let links = within(lab.router(), || fs::read_to_string("/proc/thread-self/net/dev").unwrap());
    assert!(!links.contains("pcx-1"), "{links}");
    assert!(received(&lab.router(), "eni-1") >= before);
    lab.restart();
    assert_eq!(lab.realise(&parted), 0);
    lab.realise(&want);
    // The lesser router is lost, and made anew with both its links.
    namespace::remove(&lab.router()).unwrap();
    lab.kernel.forget();
    lab.realise(&want);
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_table_that_throws_leaves_it_to_the_next() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    let table = 50;
    edit(&mut want, |router| {
        router.rules.insert(table, RoutingRule { mark: None, from: None, table });
        for everything in ["0.0.0.0/0", "::/0"] {
            router.routes.insert(to(everything, table), Route::Blackhole);
        }
        for own in ["10.0.0.0/24", "fd00::/64"] {
            router.routes.insert(to(own, table), Route::Throw);
        }
    });
    lab.realise(&want);
    assert!(lab.arrives(1, 2, 0, PORT) && lab.arrives(1, 2, 1, PORT));
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
    edit(&mut want, |router| {
        router.routes.insert(to("10.0.0.0/24", table), Route::Blackhole);
        router.routes.insert(to("fd00::/64", table), Route::Blackhole);
    });
    lab.realise(&want);
    assert!(!lab.reaches(1, 2, 0, PORT) && !lab.reaches(1, 2, 1, PORT));
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_gateway_may_be_of_the_other_family() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    let instance = Arc::make_mut(want.instances.get_mut(&lab.id(1)).unwrap());
    let gateway = "fe80::1".parse().unwrap();
    let route = Route::Via { gateway, link: "eth0".to_string(), source: Some(addresses(1)[0]) };
    instance.namespace.routes.insert(to("0.0.0.0/0", MAIN), route);
    lab.realise(&want);
    assert!(lab.arrives(1, 2, 0, PORT));
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
}

/// Under load, since what makes a link ready is work that the kernel puts off.
#[test]
fn a_new_link_carries_its_first_packet() {
    const LINKS: u32 = 5;
    let mut lab = Lab::new();
    let (stop, threads) = (Arc::new(AtomicBool::new(false)), 4);
    let load: Vec<_> = (0..threads)
        .map(|_| {
            let stop = stop.clone();
            std::thread::spawn(move || while !stop.load(Ordering::Relaxed) {})
        })
        .collect();
    let others = 2..=LINKS + 1;
    let open: Vec<_> = others.clone().map(|it| (it, 1)).collect();
    let many = lab.plan(LINKS + 1, &open);
    // The instances stay, so that sockets are there before the links are.
    let mut few = lab.plan(1, &[]);
    for number in others.clone() {
        let instance = Instance { namespace: Namespace::default(), ..lab.instance(number) };
        few.instances.insert(lab.id(number), Arc::new(instance));
    }
    lab.realise(&few);
    let target = SocketAddr::new(addresses(1)[0], PORT);
    let receiver = lab.udp(1, target);
    receiver.set_read_timeout(Some(GLANCE)).unwrap();
    let senders: Vec<_> = others.map(|it| lab.udp(it, "0.0.0.0:0".parse().unwrap())).collect();
    let mut arrived = 0;
    for _ in 0..40 {
        assert_good(&lab.kernel.realise(&many));
        // Those that were made last first.
        for sender in senders.iter().rev() {
            sender.send_to(b"first", target).unwrap();
        }
        arrived += senders.iter().filter(|_| receiver.recv(&mut [0; 8]).is_ok()).count();
        lab.realise(&few);
    }
    stop.store(true, Ordering::Relaxed);
    load.into_iter().for_each(|it| it.join().unwrap());
    assert_eq!(arrived, 200);
}

#[test]
fn a_neighbours_change_leaves_other_flows_alone() {
    let mut lab = Lab::new();
    let want = lab.plan(3, &[(1, 2)]);
    lab.realise(&want);
    let asker = lab.udp(1, "10.0.0.1:5000".parse().unwrap());
    let answerer = lab.udp(2, format!("10.0.0.2:{PORT}").parse().unwrap());
    deliver(&asker, format!("10.0.0.2:{PORT}").parse().unwrap(), &answerer);
    let mut fewer = lab.plan(2, &[]);
    edit(&mut fewer, |_| ());
    lab.realise(&fewer);
    deliver(&answerer, "10.0.0.1:5000".parse().unwrap(), &asker);
}

#[test]
fn a_set_of_one_field_with_ranges_and_every_kind_of_statement_load() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    edit(&mut want, |router| {
        let key = |last: u8| Key(vec![10, 0, 0, last]);
        let element = Element { last: Some(key(1)), data: Data::None };
        let elements = OrdMap::unit(key(0), element);
        let sources = Set {
            key: vec![Field::Source4],
            interval: true,
            data: set(&[], crate::plan::ruleset::DataKind::None).data,
            elements,
        };
        router.firewall.sets.insert("sources".to_string(), Arc::new(sources));
        let chain = Arc::make_mut(router.firewall.chains.get_mut("in-2").unwrap());
        let all = vec![
            Statement::Family(2),
            Statement::InSet { fields: vec![Field::Source4], set: "sources".to_string() },
            Statement::Equals { field: Field::Protocol, value: vec![17] },
            Statement::Equals { field: Field::DestinationPort, value: CLOSED_PORT.to_be_bytes().to_vec() },
            Statement::Masked { field: Field::Source4, mask: vec![255, 255, 255, 0], value: vec![10, 0, 0, 0] },
            Statement::Equals { field: Field::Identity, value: 1_u32.to_ne_bytes().to_vec() },
            Statement::Equals { field: Field::InputLink, value: link_key("eni-1") },
            Statement::FlowState(8),
            Statement::SetFlowMark { and: 0, or: 0xbeef },
            Statement::Equals { field: Field::FlowMark, value: 0xbeef_u32.to_ne_bytes().to_vec() },
            Statement::Equals { field: Field::Direction, value: vec![0] },
            Statement::Counter,
            Statement::Verdict(Verdict::Accept),
        ];
        chain.rules.insert(0, all);
        let echo = vec![
            Statement::Family(2),
            Statement::Equals { field: Field::Protocol, value: vec![1] },
            Statement::Equals { field: Field::IcmpTypeCode, value: vec![8, 0] },
            Statement::Verdict(Verdict::Return),
        ];
        chain.rules.insert(0, echo);
    });
    lab.realise(&want);
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
    assert!(lab.arrives(1, 2, 0, CLOSED_PORT));
    assert!(!lab.reaches(1, 2, 0, CLOSED_PORT + 1));
    assert!(!lab.reaches(1, 2, 1, CLOSED_PORT));
}

#[test]
fn chains_and_sets_change_in_kind_under_one_name() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    // The port leaves the key of the set, so the set is another and the chain that names it too.
    edit(&mut want, |router| {
        let fields = vec![Field::Source4, Field::Protocol];
        let old = Arc::make_mut(router.firewall.sets.get_mut("in-2-4").unwrap());
        let cut = |key: &Key| Key(key.0[..8].to_vec());
        let elements = old
            .elements
            .iter()
            .map(|(key, it)| (cut(key), Element { last: it.last.as_ref().map(cut), data: Data::None }));
        *old = Set { key: fields.clone(), elements: elements.collect(), ..old.clone() };
        let chain = Arc::make_mut(router.firewall.chains.get_mut("in-2").unwrap());
        chain.rules[0][1] = Statement::InSet { fields, set: "in-2-4".to_string() };
    });
    lab.realise(&want);
    assert!(lab.arrives(1, 2, 0, CLOSED_PORT));
    // A base chain changes its priority, a verdict map leads elsewhere, a chain and its set go.
    edit(&mut want, |router| {
        let forward = Arc::make_mut(router.firewall.chains.get_mut("forward").unwrap());
        forward.hook.as_mut().unwrap().priority = 10;
        let map = Arc::make_mut(router.firewall.sets.get_mut("sg_in").unwrap());
        each(&mut map.elements, |it| it.data = Data::Verdict(Verdict::Drop));
        router.firewall.chains.remove("in-2");
        router.firewall.sets.remove("in-2-4");
        router.firewall.sets.remove("in-2-6");
    });
    lab.realise(&want);
    assert!(!lab.reaches(1, 2, 0, PORT));
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_firewall_that_the_kernel_refuses_names_the_object_and_leaves_the_old_one() {
    let mut lab = Lab::new();
    let good = lab.plan(2, &[(1, 2)]);
    lab.realise(&good);
    let mut bad = lab.plan(3, &[(1, 2)]);
    edit(&mut bad, |router| {
        let chain = Arc::make_mut(router.firewall.chains.get_mut("in-1").unwrap());
        chain.rules.push(vec![Statement::Verdict(Verdict::Jump("nowhere".to_string()))]);
    });
    let pass = lab.kernel.realise(&bad);
    let texts: Vec<_> = pass.failures.iter().map(|it| it.source.to_string()).collect();
    assert!(texts.iter().any(|it| it.contains("in-1, rule 4")), "{texts:?}");
    assert!(lab.arrives(1, 2, 0, PORT));
    // The new interface is not let in before its filter.
    let want = lab.router();
    let links = within(want, || fs::read_to_string("/proc/thread-self/net/dev").unwrap());
    assert!(!links.contains("eni-3"), "{links}");
    lab.realise(&good);
}

/// One instance whose main process is this script.
fn with_main(lab: &Lab, script: &str) -> NodeConfig {
    let mut want = lab.plan(1, &[]);
    let instance = Arc::make_mut(want.instances.get_mut(&lab.id(1)).unwrap());
    instance.main = Some(script.as_bytes().into());
    want
}

#[test]
fn a_main_process_runs_once_unprivileged_with_the_instances_own_files() {
    let mut lab = Lab::new();
    let script = "#!/bin/sh\nid -u; id -G; grep NoNewPrivs /proc/self/status; cat /etc/resolv.conf; tail -n 1 /etc/hosts\n\
        pwd; echo $INSTANCE_ID; ls /proc/self/fd | wc -l; cat /proc/net/dev | grep -c eth0; echo done\n";
    let want = with_main(&lab, script);
    lab.realise(&want);
    let text = || fs::read_to_string(log(&lab, 1)).unwrap();
    eventually("the script ends", || text().ends_with("done\n"));
    let user = lab.place.user;
    let expect = format!(
        "{}\n{}\nNoNewPrivs:\t1\nsearch ec2.internal\nnameserver 10.0.0.2\n\
         10.0.0.1 ip-10-0-0-1.ec2.internal ip-10-0-0-1\n/\n{}\n4\n1\ndone\n",
        user.uid,
        user.gid,
        lab.id(1)
    );
    assert_eq!(text(), expect);
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
    assert_eq!(fs::read_to_string(log(&lab, 1)).unwrap(), expect);
}

/// What its owner did wrong is no failure of the node.
#[test]
fn a_script_that_cannot_be_run_is_told_in_its_log() {
    let mut lab = Lab::new();
    let want = with_main(&lab, "#!/no/such/interpreter\n");
    lab.realise(&want);
    assert!(fs::read_to_string(log(&lab, 1)).unwrap().contains("the user data cannot be run"));
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
}

#[test]
fn a_main_process_outlives_the_agent_and_ends_with_its_launch() {
    let mut lab = Lab::new();
    let mut want =
        with_main(&lab, "#!/bin/sh\ntrap 'echo asked; exit' TERM\necho ready\nwhile :; do sleep 0.02; done\n");
    lab.realise(&want);
    let text = |lab: &Lab| fs::read_to_string(log(lab, 1)).unwrap();
    eventually("the script starts", || text(&lab) == "ready\n");
    lab.restart();
    assert_eq!(lab.realise(&want), 0);
    let directory = lab.place.run_dir.join(&lab.place.tag).join("instances").join(lab.id(1));
    let first = process::recorded(&directory).expect("it still runs");

    Arc::make_mut(want.instances.get_mut(&lab.id(1)).unwrap()).launch = 2;
    lab.realise(&want);
    eventually("the script is asked to end and starts again", || {
        text(&lab).contains("asked\n") && text(&lab).ends_with("ready\n")
    });
    assert_ne!(process::recorded(&directory), Some(first));
    lab.realise(&NodeConfig::default());
    assert_eq!(process::recorded(&directory), None);
}

#[test]
fn processes_that_will_not_end_are_killed() {
    let mut lab = Lab::new();
    let want = with_main(&lab, "#!/bin/sh\ntrap '' TERM\n(while :; do sleep 1; done) &\nwhile :; do sleep 1; done\n");
    lab.realise(&want);
    let inode = namespace::inode(&lab.id(1)).unwrap();
    lab.realise(&NodeConfig::default());
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(entry.path().join("ns/net")).is_ok_and(|it| it.ino() == inode)
    });
    assert_eq!(left.count(), 0);
}

#[test]
fn a_command_enters_an_instance() {
    let mut lab = Lab::new();
    lab.realise(&lab.plan(1, &[]));
    let directory = lab.place.run_dir.join(&lab.place.tag).join("instances").join(lab.id(1));
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "id -u; cat /etc/resolv.conf; grep -c eth0 /proc/net/dev"]);
    process::enter(&mut command, &namespace::path(&lab.id(1)), &directory, None).unwrap();
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\nsearch ec2.internal\nnameserver 10.0.0.2\n1\n");
}
