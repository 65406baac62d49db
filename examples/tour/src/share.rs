//! The sharer's side: answers the viewer's requests.

use std::io;
use std::sync::Arc;

use quinn::{Connection, RecvStream, SendStream};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use crate::request::{Head, MAX_REQUEST, Request};
use crate::source::Source;

/// Answers requests until the connection ends. Quinn lets the viewer open only so many streams at
/// once, which is what bounds the number of tasks here.
pub(crate) async fn serve(connection: Connection, source: Arc<Source>) {
    while let Ok((answer, request)) = connection.accept_bi().await {
        let source = Arc::clone(&source);
        // An error is one of the stream or of the disk; the viewer sees the stream end too early.
        tokio::spawn(async move { answer_one(&source, request, answer).await.ok() });
    }
}

async fn answer_one(
    source: &Source,
    mut request: RecvStream,
    mut answer: SendStream,
) -> io::Result<()> {
    let request = match request.read_to_end(MAX_REQUEST).await {
        Ok(request) => Request::parse(&request),
        Err(_) => return Ok(()),
    };
    match request {
        Ok(Request::Playlist) => {
            let bytes = source.playlist();
            let digest = Sha256::digest(bytes).into();
            let head = Head::Found { length: bytes.len() as u64, digest };
            answer.write_all(head.to_string().as_bytes()).await?;
            answer.write_all(bytes).await?;
        }
        Ok(Request::File { uri, range }) => {
            // Two passes over the file, so that it need not fit into memory.
            let digest = match source.content(&uri, range).await {
                Ok(content) => content.digest().await?,
                Err(why) => return refuse(answer, &why.to_string()).await,
            };
            let content = match source.content(&uri, range).await {
                Ok(content) => content,
                Err(why) => return refuse(answer, &why.to_string()).await,
            };
            let head = Head::Found { length: content.length(), digest };
            answer.write_all(head.to_string().as_bytes()).await?;
            tokio::io::copy(&mut content.into_reader(), &mut answer).await?;
        }
        Err(malformed) => return refuse(answer, &malformed.to_string()).await,
    }
    answer.shutdown().await
}

async fn refuse(mut answer: SendStream, why: &str) -> io::Result<()> {
    answer.write_all(Head::Refused(why.to_owned()).to_string().as_bytes()).await?;
    answer.shutdown().await
}
