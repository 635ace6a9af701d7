//! Answers as XML: the writer, the trait of what can be written, the documents of success and of failure.
//!
//! Nothing is read here, and nothing is decided: codes and sentences come from the caller. Whatever text goes in,
//! what comes out is well-formed.

use super::query::is_xml;
use super::timestamp::{Blob, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::{Display, Write};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A value that an answer can carry.
pub(crate) trait Encode {
    /// Writes what stands between the tags.
    fn content(&self, xml: &mut Xml);

    /// Writes the whole element, or nothing for an absent value.
    fn element(&self, name: &str, xml: &mut Xml) {
        xml.open(name);
        self.content(xml);
        xml.close(name);
    }
}

/// An XML document that grows at its end.
#[derive(Debug, Default)]
pub(crate) struct Xml {
    out: String,
}

impl Xml {
    fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Appends text; a character that XML cannot carry becomes U+FFFD.
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // A parser reads a bare carriage return as a line feed.
                '\r' => self.out.push_str("&#13;"),
                _ if is_xml(character) => self.out.push(character),
                _ => self.out.push('\u{FFFD}'),
            }
        }
    }

    fn plain(&mut self, value: impl Display) {
        write!(self.out, "{value}").expect("a string takes everything");
    }

    fn text_element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.text(text);
        self.close(name);
    }
}

/// What stands inside an answer's root element, apart from the request id: for an answer that is kept.
pub(crate) fn content(output: &impl Encode) -> String {
    let mut xml = Xml::default();
    output.content(&mut xml);
    xml.out
}

/// A content that was written before; see [`content`].
#[derive(Debug)]
pub(crate) struct Written(pub(crate) String);

impl Encode for Written {
    fn content(&self, xml: &mut Xml) {
        xml.out.push_str(&self.0);
    }
}

/// The answer of an EC2 action that succeeded.
pub(crate) fn response(action: &str, version: &str, request_id: &str, output: &impl Encode) -> String {
    let mut xml = Xml { out: DECLARATION.to_owned() };
    xml.out.push('<');
    xml.text(action);
    xml.out.push_str("Response xmlns=\"http://ec2.amazonaws.com/doc/");
    xml.text(version);
    xml.out.push_str("/\">");
    xml.text_element("requestId", request_id);
    output.content(&mut xml);
    xml.out.push_str("</");
    xml.text(action);
    xml.out.push_str("Response>");
    xml.out
}

/// The answer of an EC2 action that failed.
pub(crate) fn ec2_error(code: &str, message: &str, request_id: &str) -> String {
    let mut xml = Xml { out: DECLARATION.to_owned() };
    xml.out.push_str("<Response><Errors><Error>");
    xml.text_element("Code", code);
    xml.text_element("Message", message);
    xml.out.push_str("</Error></Errors>");
    xml.text_element("RequestID", request_id);
    xml.out.push_str("</Response>");
    xml.out
}

/// The answer of an STS action that failed; `Sender` says that the caller is at fault.
pub(crate) fn sts_error(fault: Fault, code: &str, message: &str, request_id: &str) -> String {
    let mut xml = Xml { out: DECLARATION.to_owned() };
    xml.out.push_str("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>");
    xml.text_element("Type", if fault == Fault::Sender { "Sender" } else { "Receiver" });
    xml.text_element("Code", code);
    xml.text_element("Message", message);
    xml.out.push_str("</Error>");
    xml.text_element("RequestId", request_id);
    xml.out.push_str("</ErrorResponse>");
    xml.out
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The caller: repeating the request is useless.
    Sender,
    /// The server: repeating the request may help.
    Receiver,
}

impl<T: Encode> Encode for Option<T> {
    fn content(&self, xml: &mut Xml) {
        if let Some(value) = self {
            value.content(xml);
        }
    }

    fn element(&self, name: &str, xml: &mut Xml) {
        if let Some(value) = self {
            value.element(name, xml);
        }
    }
}

/// A list always has its element: clients take an absent list for a missing key.
impl<T: Encode> Encode for Vec<T> {
    fn content(&self, xml: &mut Xml) {
        for item in self {
            item.element("item", xml);
        }
    }
}

/// An action without a result says that it was done.
impl Encode for () {
    fn content(&self, xml: &mut Xml) {
        true.element("return", xml);
    }
}

impl Encode for String {
    fn content(&self, xml: &mut Xml) {
        xml.text(self);
    }
}

impl Encode for bool {
    fn content(&self, xml: &mut Xml) {
        xml.plain(self);
    }
}

impl Encode for i32 {
    fn content(&self, xml: &mut Xml) {
        xml.plain(self);
    }
}

impl Encode for i64 {
    fn content(&self, xml: &mut Xml) {
        xml.plain(self);
    }
}

impl Encode for f64 {
    fn content(&self, xml: &mut Xml) {
        xml.plain(self);
    }
}

impl Encode for Timestamp {
    fn content(&self, xml: &mut Xml) {
        xml.plain(self);
    }
}

impl Encode for Blob {
    fn content(&self, xml: &mut Xml) {
        xml.out.push_str(&STANDARD.encode(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::shapes::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_is_laid_out_as_ec2_does() {
        let tag = Tag { key: Some("Name".to_owned()), value: Some("<&>".to_owned()) };
        let vpc = Vpc { vpc_id: Some("vpc-1".to_owned()), is_default: Some(false), tags: vec![tag], ..Vpc::default() };
        let output = DescribeVpcsResult { vpcs: vec![vpc], ..DescribeVpcsResult::default() };
        assert_eq!(
            response("DescribeVpcs", "2016-11-15", "r-1", &output),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>r-1</requestId>\
             <vpcSet><item><cidrBlockAssociationSet></cidrBlockAssociationSet>\
             <ipv6CidrBlockAssociationSet></ipv6CidrBlockAssociationSet><isDefault>false</isDefault>\
             <tagSet><item><key>Name</key><value>&lt;&amp;&gt;</value></item></tagSet><vpcId>vpc-1</vpcId></item>\
             </vpcSet></DescribeVpcsResponse>"
        );
        assert!(
            response("DescribeVpcs", "2016-11-15", "r", &DescribeVpcsResult::default()).contains("<vpcSet></vpcSet>")
        );
        assert!(
            response("DeleteVpc", "2016-11-15", "r", &()).contains("</requestId><return>true</return></DeleteVpcR")
        );
    }

    #[test]
    fn a_failure_is_laid_out_as_its_service_does() {
        assert_eq!(
            ec2_error("InvalidVpcID.NotFound", "The vpc ID 'a' does not exist", "r-1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>\
             <Code>InvalidVpcID.NotFound</Code><Message>The vpc ID 'a' does not exist</Message></Error></Errors>\
             <RequestID>r-1</RequestID></Response>"
        );
        assert_eq!(
            sts_error(Fault::Sender, "AccessDenied", "No", "r-1"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>AccessDenied</Code><Message>No</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
    }

    proptest! {
        #[test]
        fn whatever_goes_in_comes_out_well_formed_and_whole(text in any::<String>()) {
            let document = ec2_error("Code", &text, "r");
            prop_assert!(document.chars().all(is_xml));
            let mut reader = quick_xml::Reader::from_str(&document);
            let mut depth = 0;
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Start(_)) => depth += 1,
                    Ok(quick_xml::events::Event::End(_)) => depth -= 1,
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => (),
                    Err(error) => panic!("{error}"),
                }
            }
            prop_assert_eq!(depth, 0);
            if text.chars().all(is_xml) {
                let shown = quick_xml::escape::unescape(&content(&text)).unwrap().into_owned();
                prop_assert_eq!(shown, text);
            }
        }
    }
}
