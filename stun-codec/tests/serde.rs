//! The value types in JSON, which people read, and in CBOR, which they do not.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use stun_codec::demux::Protocol;
use stun_codec::shape::{
    AddressFamily, AttributeTypes, ChangeRequest, Icmp, NetworkInfo, PasswordAlgorithm,
    TransmitCounter,
};
use stun_codec::{AttributeType, Class, ErrorCode, MessageType, Method, TransactionId};

fn cbor<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// In JSON `value` is `json`, and both formats give it back.
fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    assert_eq!(ciborium::from_reader::<T, _>(&cbor(&value)[..]).unwrap(), value);
}

#[test]
fn values_in_json_and_back() {
    holds(Class::Request, r#""request""#);
    holds(Class::Error, r#""error""#);
    holds(Method::BINDING, r#""binding""#);
    holds(Method::CREATE_PERMISSION, r#""create_permission""#);
    holds(Method::new(0xABC).unwrap(), r#""0xabc""#);
    holds(
        MessageType::new(Class::Success, Method::ALLOCATE),
        r#"{"class":"success","method":"allocate"}"#,
    );
    holds(TransactionId::new(*b"abcdefghijkl"), r#""6162636465666768696a6b6c""#);
    holds(AttributeType::new(0xC057), r#""0xc057""#);
    holds(AddressFamily::V6, r#""ipv6""#);
    holds(PasswordAlgorithm::Sha256, r#""sha256""#);
    holds(Protocol::ChannelData, r#""channel_data""#);
    let types: AttributeTypes = [6, 0x7001].map(AttributeType::new).into_iter().collect();
    holds(types, r#"["0x0006","0x7001"]"#);
    holds(ChangeRequest { ip: true, port: false }, r#"{"ip":true,"port":false}"#);
    holds(TransmitCounter { request: 3, response: 1 }, r#"{"request":3,"response":1}"#);
    holds(NetworkInfo { id: 1, cost: 900 }, r#"{"id":1,"cost":900}"#);
    let icmp = Icmp { icmp_type: 3, code: 4, error_data: 1400 };
    holds(icmp, r#"{"icmp_type":3,"code":4,"error_data":1400}"#);
    for value in 0..=0xFFF {
        let method = Method::new(value).unwrap();
        holds(method, &serde_json::to_string(&method).unwrap());
    }
}

#[test]
fn error_codes_borrow_their_reason() {
    let json = r#"{"code":438,"reason":"Stale Nonce"}"#;
    assert_eq!(serde_json::to_string(&ErrorCode::STALE_NONCE).unwrap(), json);
    assert_eq!(serde_json::from_str::<ErrorCode<'_>>(json).unwrap(), ErrorCode::STALE_NONCE);
    let short = ErrorCode::STALE_NONCE.without_reason();
    assert_eq!(serde_json::to_string(&short).unwrap(), r#"{"code":438}"#);
    assert_eq!(serde_json::from_str::<ErrorCode<'_>>(r#"{"code":438}"#).unwrap(), short);
}

#[test]
fn machines_get_numbers_and_bytes() {
    assert_eq!(cbor(&Method::ALLOCATE), [3]);
    assert_eq!(cbor(&AttributeType::new(0x8022)), [0x19, 0x80, 0x22]);
    assert_eq!(cbor(&TransactionId::new([1; 12])), [&[0x8C][..], &[1; 12]].concat());
}

#[test]
fn what_is_no_value_is_an_error() {
    fn refused<T: DeserializeOwned>(texts: &[&str]) {
        for text in texts {
            assert!(serde_json::from_str::<T>(text).is_err(), "{text}");
        }
    }
    refused::<Class>(&[r#""Request""#, "0"]);
    refused::<Method>(&[r#""unbinding""#, r#""""#, r#""0x1000""#, r#""0x+1""#, r#""0x""#, "1"]);
    refused::<AttributeType>(&[r#""0x10000""#, r#""0x-1""#, r#""PRIORITY""#, "6"]);
    refused::<TransactionId>(&[
        r#""6162636465666768696a6b""#,
        r#""6162636465666768696a6b6c6d""#,
        r#""6162636465666768696a6b6x""#,
        r#""+162636465666768696a6b6c""#,
    ]);
    assert!(serde_json::from_str::<ErrorCode<'_>>(r#"{"code":299,"reason":""}"#).is_err());
    assert!(serde_json::from_str::<ErrorCode<'_>>(r#"{"code":700,"reason":""}"#).is_err());
    let seventeen: Vec<String> = (0..17).map(|value| format!("\"0x{value:04x}\"")).collect();
    refused::<AttributeTypes>(&[&format!("[{}]", seventeen.join(",")), r#"["0x0001","0x0001"]"#]);
    assert!(ciborium::from_reader::<Method, _>(&cbor(&0x1000_u16)[..]).is_err());
    assert!(ciborium::from_reader::<TransactionId, _>(&cbor(&[1_u8; 11])[..]).is_err());
}
