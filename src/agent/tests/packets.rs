//! What passes and what does not.

use super::lab::*;

#[test]
fn an_open_port_takes_datagrams_and_a_closed_one_does_not() {
    let mut lab = Lab::new();
    let want = lab.plan(2, &[(1, 2)]);
    lab.realise(&want);
    for family in [0, 1] {
        assert!(lab.reaches(1, 2, family, PORT), "family {family}");
        assert!(!lab.reaches(1, 2, family, CLOSED_PORT), "family {family}");
        assert!(!lab.reaches(2, 1, family, PORT), "family {family}");
    }
}
