use crate::error::Fault;
use crate::value::{Named, Value};

/// EXT-X-SESSION-DATA: anything that the presentation carries along (RFC 8216bis §4.4.6.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SessionData<'p> {
    /// DATA-ID: what it is.
    pub data_id: &'p str,
    /// VALUE: the data themselves.
    pub value: Option<&'p str>,
    /// URI: where the data are.
    pub uri: Option<&'p str>,
    /// FORMAT: what is there.
    pub format: SessionDataFormat,
    /// LANGUAGE: the language of VALUE.
    pub language: Option<&'p str>,
}

/// What is at the URI of a [`SessionData`].
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SessionDataFormat {
    /// A JSON file.
    #[default]
    Json,
    /// Any bytes.
    Raw,
}

impl<'p> SessionData<'p> {
    pub(super) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let mut data_id = None;
        let (mut data, mut uri, mut language) = (None, None, None);
        let mut format = SessionDataFormat::Json;
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "DATA-ID" => data_id = Some(value.text),
                "VALUE" => data = Some(value.text),
                "URI" => uri = Some(value.text),
                "FORMAT" if value.text == "RAW" => format = SessionDataFormat::Raw,
                "LANGUAGE" => language = Some(value.text),
                _ => {}
            }
        }
        let data_id = data_id.ok_or_else(|| value.missing("DATA-ID"))?;
        Ok(Self { data_id, value: data, uri, format, language })
    }
}

/// EXT-X-CONTENT-STEERING: where to ask which pathway to take (RFC 8216bis §4.4.6.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ContentSteering<'p> {
    /// SERVER-URI: the steering manifest.
    pub server_uri: &'p str,
    /// PATHWAY-ID: which one to take until then.
    pub pathway_id: Option<&'p str>,
}

impl<'p> ContentSteering<'p> {
    pub(super) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let (mut server_uri, mut pathway_id) = (None, None);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "SERVER-URI" => server_uri = Some(value.text),
                "PATHWAY-ID" => pathway_id = Some(value.text),
                _ => {}
            }
        }
        let server_uri = server_uri.ok_or_else(|| value.missing("SERVER-URI"))?;
        Ok(Self { server_uri, pathway_id })
    }
}
