//! Availability zones, which are no rows: what their names mean.

/// The id of the zone of this name, which on AWS is the same for all accounts: `use1-az1` for `us-east-1a`.
pub fn id(zone: &str) -> String {
    let Some((last, letter)) = zone.char_indices().next_back() else { return String::new() };
    let number = u32::from(letter).saturating_sub(u32::from('a')) + 1;
    format!("{}-az{number}", abbreviated(&zone[..last]))
}

/// A region's name as zone ids have it: the first part, the initials of those between, the number.
fn abbreviated(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    let [first, between @ .., last] = parts.as_slice() else { return region.to_owned() };
    let mut short = (*first).to_owned();
    for part in between {
        // A direction between two others has an initial for each: `southeast` is `se`.
        let (side, rest) = part.split_at_checked(5).unwrap_or((part, ""));
        short.extend(side.chars().next());
        if matches!(side, "north" | "south") {
            short.extend(rest.chars().next());
        }
    }
    short.push_str(last);
    short
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn a_zone_id_abbreviates_its_region_as_ec2_does() {
        for (zone, expected) in [
            ("us-east-1a", "use1-az1"),
            ("us-west-2c", "usw2-az3"),
            ("eu-central-1b", "euc1-az2"),
            ("ap-southeast-2a", "apse2-az1"),
            ("ap-northeast-3b", "apne3-az2"),
            ("ap-south-1a", "aps1-az1"),
            ("us-gov-west-1a", "usgw1-az1"),
            ("homea", "home-az1"),
            ("", ""),
        ] {
            assert_eq!(id(zone), expected, "{zone}");
        }
    }
}
