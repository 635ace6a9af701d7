//! The numbers of the nftables netlink protocol (`linux/netfilter/nf_tables.h`) that are used here.

pub const SUBSYSTEM: u16 = 10;
pub const BATCH_BEGIN: u16 = 16;
pub const BATCH_END: u16 = 17;
pub const FAMILY_INET: u8 = 1;

pub const NEW_TABLE: u16 = SUBSYSTEM << 8;
pub const DEL_TABLE: u16 = NEW_TABLE + 2;
pub const NEW_CHAIN: u16 = NEW_TABLE + 3;
pub const GET_CHAIN: u16 = NEW_TABLE + 4;
pub const DEL_CHAIN: u16 = NEW_TABLE + 5;
pub const NEW_RULE: u16 = NEW_TABLE + 6;
pub const GET_RULE: u16 = NEW_TABLE + 7;
pub const DEL_RULE: u16 = NEW_TABLE + 8;
pub const NEW_SET: u16 = NEW_TABLE + 9;
pub const GET_SET: u16 = NEW_TABLE + 10;
pub const DEL_SET: u16 = NEW_TABLE + 11;
pub const NEW_ELEMENTS: u16 = NEW_TABLE + 12;
pub const GET_ELEMENTS: u16 = NEW_TABLE + 13;
pub const DEL_ELEMENTS: u16 = NEW_TABLE + 14;

pub const GET_GENERATION: u16 = NEW_TABLE + 16;

pub const GENERATION_ID: u16 = 1;

pub const LIST_ELEM: u16 = 1;

pub const TABLE_NAME: u16 = 1;

pub const CHAIN_TABLE: u16 = 1;
pub const CHAIN_NAME: u16 = 3;
pub const CHAIN_HOOK: u16 = 4;
pub const CHAIN_POLICY: u16 = 5;
pub const CHAIN_TYPE: u16 = 7;
pub const HOOK_NUMBER: u16 = 1;
pub const HOOK_PRIORITY: u16 = 2;

pub const RULE_TABLE: u16 = 1;
pub const RULE_CHAIN: u16 = 2;
pub const RULE_EXPRESSIONS: u16 = 4;
pub const RULE_USERDATA: u16 = 7;

pub const SET_TABLE: u16 = 1;
pub const SET_NAME: u16 = 2;
pub const SET_FLAGS: u16 = 3;
pub const SET_KEY_TYPE: u16 = 4;
pub const SET_KEY_LEN: u16 = 5;
pub const SET_DATA_TYPE: u16 = 6;
pub const SET_DATA_LEN: u16 = 7;
pub const SET_DESC: u16 = 9;
pub const SET_ID: u16 = 10;
pub const SET_DESC_SIZE: u16 = 1;
pub const SET_DESC_CONCAT: u16 = 2;
pub const SET_FIELD_LEN: u16 = 1;

pub const SET_ANONYMOUS: u32 = 0x1;
pub const SET_CONSTANT: u32 = 0x2;
pub const SET_INTERVAL: u32 = 0x4;
pub const SET_MAP: u32 = 0x8;
pub const SET_COUNTS: u32 = 0x20;
pub const SET_CONCAT: u32 = 0x80;

pub const ELEM_LIST_TABLE: u16 = 1;
pub const ELEM_LIST_SET: u16 = 2;
pub const ELEM_LIST_ELEMENTS: u16 = 3;
pub const ELEM_LIST_SET_ID: u16 = 4;
pub const ELEM_KEY: u16 = 1;
pub const ELEM_DATA: u16 = 2;
pub const ELEM_EXPRESSION: u16 = 7;
pub const ELEM_KEY_END: u16 = 10;

pub const DATA_VALUE: u16 = 1;
pub const DATA_VERDICT: u16 = 2;
pub const VERDICT_CODE: u16 = 1;
pub const VERDICT_CHAIN: u16 = 2;
pub const DATA_IS_VERDICT: u32 = 0xffff_ff00;

pub const NF_DROP: i32 = 0;
pub const NF_ACCEPT: i32 = 1;
pub const NFT_JUMP: i32 = -3;
pub const NFT_GOTO: i32 = -4;
pub const NFT_RETURN: i32 = -5;

pub const EXPR_NAME: u16 = 1;
pub const EXPR_DATA: u16 = 2;
pub const IMMEDIATE_DREG: u16 = 1;
pub const IMMEDIATE_DATA: u16 = 2;
pub const BITWISE_SREG: u16 = 1;
pub const BITWISE_DREG: u16 = 2;
pub const BITWISE_LEN: u16 = 3;
pub const BITWISE_MASK: u16 = 4;
pub const BITWISE_XOR: u16 = 5;
pub const CMP_SREG: u16 = 1;
pub const CMP_OP: u16 = 2;
pub const CMP_DATA: u16 = 3;
pub const CMP_EQ: u32 = 0;
pub const CMP_NEQ: u32 = 1;
pub const CMP_LTE: u32 = 3;
pub const CMP_GTE: u32 = 5;
pub const LOOKUP_SET: u16 = 1;
pub const LOOKUP_SREG: u16 = 2;
pub const LOOKUP_DREG: u16 = 3;
pub const LOOKUP_SET_ID: u16 = 4;
pub const LOOKUP_FLAGS: u16 = 5;
pub const LOOKUP_INVERTED: u32 = 1;
pub const DYNSET_SET: u16 = 1;
pub const DYNSET_OPERATION: u16 = 3;
pub const DYNSET_ADD: u32 = 0;
pub const DYNSET_SREG: u16 = 4;
pub const DYNSET_EXPRESSION: u16 = 7;
pub const COUNTER_BYTES: u16 = 1;
pub const COUNTER_PACKETS: u16 = 2;
pub const PAYLOAD_DREG: u16 = 1;
pub const PAYLOAD_BASE: u16 = 2;
pub const PAYLOAD_OFFSET: u16 = 3;
pub const PAYLOAD_LEN: u16 = 4;
pub const NETWORK_HEADER: u32 = 1;
pub const TRANSPORT_HEADER: u32 = 2;
pub const META_DREG: u16 = 1;
pub const META_KEY: u16 = 2;
pub const META_SREG: u16 = 3;
pub const META_MARK: u32 = 3;
pub const META_IIFNAME: u32 = 6;
pub const META_OIFNAME: u32 = 7;
pub const META_NFPROTO: u32 = 15;
pub const META_L4PROTO: u32 = 16;
pub const NAT_TYPE: u16 = 1;
pub const NAT_FAMILY: u16 = 2;
pub const NAT_ADDRESS: u16 = 3;
pub const NAT_FIRST_PORT: u16 = 5;
pub const NAT_LAST_PORT: u16 = 6;
pub const NAT_SOURCE: u32 = 0;
pub const NAT_DESTINATION: u32 = 1;
pub const FAMILY_IPV4: u32 = 2;
pub const HASH_SREG: u16 = 1;
pub const HASH_DREG: u16 = 2;
pub const HASH_LEN: u16 = 3;
pub const HASH_MODULUS: u16 = 4;
pub const HASH_SEED: u16 = 5;
pub const HASH_TYPE: u16 = 7;
pub const HASH_JENKINS: u32 = 0;
pub const REJECT_TYPE: u16 = 1;
pub const REJECT_TCP_RESET: u32 = 1;
pub const CT_DREG: u16 = 1;
pub const CT_KEY: u16 = 2;
pub const CT_DIRECTION_OF_KEY: u16 = 3;
pub const CT_SREG: u16 = 4;
pub const CT_STATE: u32 = 0;
pub const CT_DIRECTION: u32 = 1;
pub const CT_MARK: u32 = 3;
pub const CT_ZONE: u32 = 17;
pub const CT_SRC_IP: u32 = 19;
pub const CT_SRC_IP6: u32 = 21;
pub const FIB_DREG: u16 = 1;
pub const FIB_RESULT: u16 = 2;
pub const FIB_FLAGS: u16 = 3;
pub const FIB_OIFNAME: u32 = 2;
pub const FIB_DESTINATION: u32 = 1 << 1;
pub const FIB_MARK: u32 = 1 << 2;

/// The register of verdicts, and the first of the sixteen for data.
pub const VERDICT_REGISTER: u32 = 0;
pub const REGISTER: u32 = 8;

/// Types that nft prints; a concatenation packs them, six bits each.
pub const TYPE_BITS: u32 = 6;
pub const TYPE_INTEGER: u32 = 4;
pub const TYPE_IPV4: u32 = 7;
pub const TYPE_IPV6: u32 = 8;
pub const TYPE_LINK: u32 = 41;
pub const TYPE_MARK: u32 = 19;

/// What follows a lone field in the keys of a set with ranges.
pub const PADDING: [u8; 4] = [0; 4];

/// The type under which a rule's user data holds its digest; nft skips types that it does not know.
pub const DIGEST_TYPE: u8 = 0xc5;
