//! `culvert account`: tenants, which EC2 has no calls for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Client;
use super::table::{print, table};

/// What is to be done with accounts.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Creates an account and prints its keys as JSON; they are shown this once
    #[command(after_help = "Example:\n  culvert account create team-a")]
    Create {
        /// What people call it
        name: String,
    },
    /// Lists the accounts
    #[command(after_help = "Example:\n  culvert account list --json")]
    List {
        /// Prints an array of objects for programs
        #[arg(long)]
        json: bool,
    },
    /// Deletes an account that has no resources left
    #[command(after_help = "Example:\n  culvert account delete 123456789012")]
    Delete {
        /// Its twelve digits
        #[arg(value_name = "ACCOUNT-ID")]
        id: String,
    },
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    account_id: String,
    access_key_id: String,
    secret_access_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    accounts: Vec<Value>,
}

pub(crate) fn account(client: &Client, command: &Command) -> anyhow::Result<()> {
    let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let text = match command {
        Command::Create { name } => {
            let created: Created = client.culvert("CreateAccount", one("Name", name))?;
            serde_json::to_string(&created)? + "\n"
        }
        Command::List { json } => {
            let listed: Listed = client.culvert("ListAccounts", Vec::new())?;
            if *json { serde_json::to_string_pretty(&listed.accounts)? + "\n" } else { shown(&listed.accounts) }
        }
        Command::Delete { id } => {
            let _: Value = client.culvert("DeleteAccount", one("AccountId", id))?;
            String::new()
        }
    };
    Ok(print(&text)?)
}

fn shown(accounts: &[Value]) -> String {
    let text = |account: &Value, key: &str| account[key].as_str().unwrap_or("-").to_owned();
    let rows: Vec<_> = accounts.iter().map(|it| [text(it, "AccountId"), text(it, "Name")]).collect();
    table(["ACCOUNT", "NAME"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_account_is_printed_as_programs_expect_it() {
        let answer = r#"{"AccountId":"1","AccessKeyId":"A","SecretAccessKey":"s","Name":"x"}"#;
        let created: Created = serde_json::from_str(answer).unwrap();
        let printed = r#"{"AccountId":"1","AccessKeyId":"A","SecretAccessKey":"s"}"#;
        assert_eq!(serde_json::to_string(&created).unwrap(), printed);
    }

    #[test]
    fn accounts_are_listed_by_id_and_name() {
        let accounts = [serde_json::json!({"AccountId": "123456789012", "Name": "team-a"})];
        assert_eq!(shown(&accounts), "ACCOUNT       NAME\n123456789012  team-a\n");
    }
}
