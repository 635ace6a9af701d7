//! Many elements, and how long things take. Times are printed, not judged: `cargo test scale -- --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lab::*;
use crate::agent::kernel::Pass;
use crate::plan::ruleset::{Data, Element, Key, Ruleset};

fn element(number: u32) -> (Key, Element) {
    let [_, _, high, low] = number.to_be_bytes();
    let key = |port: u16| {
        let [a, b] = port.to_be_bytes();
        Key(vec![172, 16, high, low, 17, 0, 0, 0, a, b, 0, 0])
    };
    (key(PORT), Element { last: Some(key(PORT + 9)), data: Data::None })
}

fn add(ruleset: &mut Ruleset, numbers: std::ops::Range<u32>) {
    let set = Arc::make_mut(ruleset.sets.get_mut("in-2-4").unwrap());
    set.elements.extend(numbers.map(element));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn ten_thousand_ranges_load_and_one_more_is_one_more_element() {
    let mut lab = Lab::new();
    let mut want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    edit(&mut want, |router| add(&mut router.firewall, 0..10_000));
    let start = Instant::now();
    lab.realise(&want);
    eprintln!("load 10,000 ranges: {:?}", start.elapsed());

    let mut times = Vec::new();
    for number in 10_000..10_020 {
        edit(&mut want, |router| add(&mut router.firewall, number..number + 1));
        let start = Instant::now();
        assert_eq!(lab.realise(&want), 1);
        times.push(start.elapsed());
    }
    eprintln!("add one element to 10,000 ranges: {:?}", median(times));
    assert!(lab.arrives(1, 2, 0, PORT));

    lab.restart();
    let start = Instant::now();
    assert_eq!(lab.realise(&want), 0);
    eprintln!("adopt 10,000 ranges: {:?}", start.elapsed());
    edit(&mut want, |router| {
        let set = Arc::make_mut(router.firewall.sets.get_mut("in-2-4").unwrap());
        retain(&mut set.elements, |_, it| it.last.as_ref().is_some_and(|last| last.0[0] == 10));
    });
    lab.realise(&want);
    lab.kernel.forget();
    assert_eq!(lab.realise(&want), 0);
    assert!(lab.arrives(1, 2, 0, PORT));
}

#[test]
fn interfaces_attach_and_detach() {
    let mut lab = Lab::new();
    let last = 60;
    let mut attach = Vec::new();
    let mut before = lab.plan(1, &[]);
    lab.realise(&before);
    for count in 2..=last {
        let want = shared(lab.plan(count, &[]), &before);
        let start = Instant::now();
        lab.realise(&want);
        attach.push(start.elapsed());
        before = want;
    }
    eprintln!("attach one instance: {:?}", median(attach));

    let mut want = before;
    let mut times = Vec::new();
    for from in 2..=30 {
        edit(&mut want, |router| {
            let open = ruleset(last, &[(from, 1)]).sets["in-1-4"].clone();
            router.firewall.sets.insert("in-1-4".to_string(), open);
        });
        let start = Instant::now();
        lab.realise(&want);
        times.push(start.elapsed());
    }
    eprintln!("change one small set's element: {:?}", median(times));

    let mut before = want;
    let (mut passes, mut sweeps) = (Vec::new(), Vec::new());
    for count in (last - 10..last).rev() {
        let want = shared(lab.plan(count, &[]), &before);
        let start = Instant::now();
        assert_good(&lab.kernel.realise(&want));
        passes.push(start.elapsed());
        let start = Instant::now();
        lab.kernel.sweep(&mut Pass::default());
        sweeps.push(start.elapsed());
        before = want;
    }
    eprintln!("detach one instance: {:?}, and sweep it away: {:?}", median(passes), median(sweeps));
    let want = shared(lab.plan(1, &[]), &before);
    let start = Instant::now();
    assert_good(&lab.kernel.realise(&want));
    let pass = start.elapsed();
    lab.kernel.sweep(&mut Pass::default());
    eprintln!("detach {} at once: {pass:?}, and sweep them away: {:?}", last - 11, start.elapsed() - pass);
}
