//! Typed resource ids: EC2's prefix and 17 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use super::index::Least;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed id")]
pub struct Malformed;

/// A kind of resource id.
pub trait Id: Copy + Ord + fmt::Display + FromStr<Err = Malformed> {
    /// The id with these 68 bits.
    fn from_number(number: u128) -> Self;

    /// The id's 68 bits.
    fn number(self) -> u128;
}

const DIGITS: usize = 17;
const DIGITS_ONCE: usize = 8;

/// Reads the digits behind `prefix`. EC2's older ids have eight: none is given out any more, but they are well-formed.
fn number(prefix: &str, text: &str) -> Result<u128, Malformed> {
    let digits = text.strip_prefix(prefix).ok_or(Malformed)?;
    let hexadecimal = digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    if !hexadecimal || !matches!(digits.len(), DIGITS | DIGITS_ONCE) {
        return Err(Malformed);
    }
    u128::from_str_radix(digits, 16).map_err(|_| Malformed)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl Id for $name {
            fn from_number(number: u128) -> Self {
                $name(number & ((1 << (4 * DIGITS)) - 1))
            }

            fn number(self) -> u128 {
                self.0
            }
        }

        impl Least for $name {
            const LEAST: Self = $name(0);
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{:017x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                number($prefix, text).map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    VpcId "vpc-";
    VpcCidrAssociationId "vpc-cidr-assoc-";
    SubnetId "subnet-";
    SubnetCidrAssociationId "subnet-cidr-assoc-";
    RouteTableId "rtb-";
    RouteTableAssociationId "rtbassoc-";
    NetworkAclId "acl-";
    NetworkAclAssociationId "aclassoc-";
    DhcpOptionsId "dopt-";
    SecurityGroupId "sg-";
    SecurityGroupRuleId "sgr-";
    InterfaceId "eni-";
    AttachmentId "eni-attach-";
    InstanceId "i-";
    ReservationId "r-";
    InternetGatewayId "igw-";
    EgressOnlyInternetGatewayId "eigw-";
    NatGatewayId "nat-";
    AllocationId "eipalloc-";
    AddressAssociationId "eipassoc-";
    PeeringConnectionId "pcx-";
    PrefixListId "pl-";
    SubnetReservationId "scr-";
    KeyPairId "key-";
    InsightsPathId "nip-";
    InsightsAnalysisId "nia-";
    FlowLogId "fl-";
    BlockPublicAccessExclusionId "vpcbpa-exclude-";
    /// There are none, but calls name them.
    VolumeId "vol-";
    /// A node: EC2's dedicated host.
    NodeId "h-";
}

/// A tenant: twelve decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The account with this number, cut to twelve digits of which the first is not zero.
    pub fn from_number(number: u64) -> AccountId {
        AccountId(100_000_000_000 + number % 900_000_000_000)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<AccountId, Malformed> {
        if text.len() != 12 || !text.bytes().all(|it| it.is_ascii_digit()) {
            return Err(Malformed);
        }
        text.parse().map(AccountId).map_err(|_| Malformed)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = VpcId::from_number(0x1_2345_6789_abcd_ef01);
        assert_eq!(id.to_string(), "vpc-123456789abcdef01");
        assert_eq!("vpc-123456789abcdef01".parse(), Ok(id));
        for wrong in
            ["vpc-", "vpc-1", "subnet-123456789abcdef01", "vpc-123456789ABCDEF01", "vpc-123456789abcdef012", ""]
        {
            assert_eq!(wrong.parse::<VpcId>(), Err(Malformed), "{wrong}");
        }
        assert_eq!("eni-attach-123456789abcdef01".parse::<InterfaceId>(), Err(Malformed));
        assert_eq!("vpc-12345678".parse(), Ok(VpcId::from_number(0x1234_5678)), "as EC2's older ids are");
    }
}
