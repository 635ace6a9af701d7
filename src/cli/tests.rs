//! The command line as a whole: what it takes, what it refuses and with which exit code.

use clap::CommandFactory;

use super::*;

/// Says what comes of a line: nothing if it is understood, else the complaint.
fn check(line: &str, expect: &str) {
    let complaint = match Line::try_parse_from(line.split_whitespace()) {
        Ok(_) => String::new(),
        Err(error) => complaint(&error.render().to_string()),
    };
    assert!(complaint.contains(expect) && complaint.is_empty() == expect.is_empty(), "{line}: {complaint}");
    assert!(!complaint.contains('\n'), "{line}: {complaint}");
}

#[test]
fn the_command_line_is_consistent() {
    Line::command().debug_assert();
}

#[test]
fn commands_take_their_options_and_nothing_else() {
    check("culvert up --data-dir d --listen 127.0.0.1:1 --region us-east-1 --region eu-west-1 --ack committed", "");
    check("culvert up --zone us-east-1a --node-name n --instance-user nobody --config c --log debug", "");
    check("culvert up --join http://a --token t --public-pool 192.0.2.0/24 --underlay-address 10.0.0.1", "");
    check("culvert up --listen nowhere", "invalid value 'nowhere' for '--listen <ADDRESS:PORT>'");
    check("culvert up --ack perhaps", "possible values: enforced, committed");
    check("culvert up --nonesuch", "unexpected argument '--nonesuch'");
    check("culvert server --listen 127.0.0.1:1 x", "");
    check("culvert agent", "");
    check("culvert run --subnet s --security-group a --security-group b --keep --region r -- sh -c x --y", "");
    check("culvert run", "arguments were not provided: <CMD>");
    check("culvert run sh", "unexpected argument 'sh'");
    check("culvert run --private-ip 10.0.0 -- sh", "invalid value '10.0.0'");
    check("culvert exec i-0123456789abcdef0 --user nobody -- id", "");
    check("culvert exec i-0123456789abcdef0", "arguments were not provided: <CMD>");
    check("culvert ps --json --all --endpoint-url http://a --profile p", "");
    check("culvert logs i-0123456789abcdef0 --follow", "");
    check("culvert wait --revision 7 --timeout 3", "");
    check("culvert wait", "--revision <N>");
    check("culvert wait --revision 7 --timeout 301", "301 is not in 0..=300");
    check("culvert wait --revision -1", "unexpected argument '-1'");
    check("culvert account create a --region r", "");
    check("culvert account list --json", "");
    check("culvert account delete 123456789012", "");
    check("culvert account create", "<NAME>");
    check("culvert down --data-dir d", "");
    check("culvert plan --json", "");
    check("culvert explain --from a --to b --protocol tcp --port 443 --source-port 1024 --json", "");
    check("culvert explain --from a --to b --protocol icmp --icmp-type 8 --icmp-code 0", "");
    check("culvert explain --from a --to b", "--protocol <PROTOCOL>");
    check("culvert explain --from a --to b --protocol tcp --port 65536", "65536 is not in 0..=65535");
    check("culvert explain --from a --to b --protocol sctp", "invalid value 'sctp' for '--protocol <PROTOCOL>'");
    check("culvert pss", "unrecognized subcommand 'pss' (a similar subcommand exists: 'ps')");
}

#[test]
fn exit_codes_tell_usage_from_failure_through_any_context() {
    let exit = || Exit { code: 127, message: "not found".to_owned() };
    assert_eq!(exit_code(&anyhow::anyhow!("x")), 1);
    assert_eq!(exit_code(&Usage("x".to_owned()).into()), 2);
    assert_eq!(exit_code(&anyhow::Error::from(Usage("x".to_owned())).context("y")), 2);
    assert_eq!(exit_code(&anyhow::Error::from(exit()).context("y")), 127);
    assert_eq!(exit_code(&dispatch(Command::Server(Unavailable { _rest: Vec::new() })).unwrap_err()), 2);
    let client_error = client::Error::Refused { code: "A".to_owned(), message: "b".to_owned() };
    assert_eq!(exit_code(&client_error.into()), 1);
}

#[test]
fn every_command_has_a_sentence_and_an_example() {
    fn look(command: &clap::Command) {
        for command in command.get_subcommands().filter(|it| it.get_name() != "help") {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            assert!(command.get_after_help().is_some(), "{}", command.get_name());
            look(command);
        }
    }
    look(&Line::command());
}
