//! A small file server for the built page: this machine only, GET and HEAD, under any sub-path.
//!
//! It sends the policy that `index.html` states and the right type for WebAssembly. It is not meant to face a network.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::{Result, csp};

/// The longest request head that is read, in bytes.
const HEAD_BYTES_MAX: u64 = 16 * 1024;
/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is served: the files of a folder, under a path that begins and ends with a slash.
struct Site {
    folder: PathBuf,
    base: String,
    policy: String,
}

/// A server that holds its port and is about to answer.
pub struct Server {
    listener: TcpListener,
    site: Arc<Site>,
}

/// An answer without its body: status, type and what else the head says.
enum Answer {
    File { path: PathBuf, mime: &'static str },
    Redirect(String),
    Refusal { status: &'static str },
}

impl Server {
    /// Takes a port of this machine (0: any free one) for the files of `folder` under `base`.
    pub fn bind(folder: &Path, port: u16, base: &str) -> Result<Server> {
        if !base.starts_with('/') || !base.ends_with('/') {
            return Err(format!("the base \"{base}\" must begin and end with a slash"));
        }
        let index = std::fs::read_to_string(folder.join("index.html"))
            .map_err(|error| format!("there is no built page ({error}); run `cargo xtask dist`"))?;
        let policy = csp::policy(&index)?.to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| format!("port {port} cannot be used: {error}; choose another with --port"))?;
        let site = Site { folder: folder.to_path_buf(), base: base.to_string(), policy };
        Ok(Server { listener, site: Arc::new(site) })
    }

    /// The address to open.
    pub fn address(&self) -> Result<String> {
        let socket = self.listener.local_addr().map_err(|error| error.to_string())?;
        Ok(format!("http://{socket}{}", self.site.base))
    }

    /// Answers until the program ends, each connection on a thread of its own.
    pub fn run(self) {
        for stream in self.listener.incoming().flatten() {
            let site = Arc::clone(&self.site);
            // A client that goes away in the middle of an answer is no concern of ours.
            std::thread::spawn(move || site.answer(stream).ok());
        }
    }

    /// Answers on a thread of its own while the program goes on.
    pub fn spawn(self) {
        std::thread::spawn(move || self.run());
    }
}

impl Site {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let (method, target) = read_head(&stream)?;
        let answer = match method.as_str() {
            "GET" | "HEAD" => self.locate(&target),
            _ => Answer::Refusal { status: "405 Method Not Allowed" },
        };
        let (status, extra, body) = match answer {
            Answer::File { path, mime } => ("200 OK", format!("Content-Type: {mime}\r\n"), std::fs::read(path)?),
            Answer::Redirect(to) => ("308 Permanent Redirect", format!("Location: {to}\r\n"), Vec::new()),
            Answer::Refusal { status } => (status, "Content-Type: text/plain\r\n".to_string(), status.into()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{extra}Content-Length: {}\r\nContent-Security-Policy: {}\r\n\
             X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
            body.len(),
            self.policy
        )?;
        if method == "GET" {
            stream.write_all(&body)?;
        }
        stream.flush()
    }

    /// The file that a request's target names, without leaving the folder.
    fn locate(&self, target: &str) -> Answer {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if format!("{path}/") == self.base {
            return Answer::Redirect(self.base.clone());
        }
        let not_found = Answer::Refusal { status: "404 Not Found" };
        let Some(inside) = path.strip_prefix(&self.base) else { return not_found };
        let inside = if inside.is_empty() { "index.html" } else { inside };
        // Our files have plain names, so whatever would need decoding or goes upwards is not one of them.
        let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['%', '\\', ':']);
        let file = self.folder.join(inside);
        if !inside.split('/').all(plain) || !file.is_file() {
            return not_found;
        }
        Answer::File { mime: mime(inside), path: file }
    }
}

/// The method and target of a request; the header fields are read and not needed.
fn read_head(stream: &TcpStream) -> std::io::Result<(String, String)> {
    let mut reader = BufReader::new(stream.take(HEAD_BYTES_MAX));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && !line.trim_end().is_empty() {
        line.clear();
    }
    let mut words = first.split_whitespace().map(str::to_string);
    Ok((words.next().unwrap_or_default(), words.next().unwrap_or_default()))
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, expected: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let site = Site { folder, base: "/a/b/".to_string(), policy: String::new() };
        let found = match site.locate(target) {
            Answer::File { mime, .. } => mime.to_string(),
            Answer::Redirect(to) => format!("to {to}"),
            Answer::Refusal { status } => status.to_string(),
        };
        assert_eq!(found, expected, "{target}");
    }

    #[test]
    fn targets_are_found_under_the_base_and_never_above_it() {
        check("/a/b/tools/package.json?x=1", "application/json");
        check("/a/b", "to /a/b/");
        check("/a/b/nothing.wasm", "404 Not Found");
        check("/tools/package.json", "404 Not Found");
        check("/a/b/../xtask/tools/package.json", "404 Not Found");
        check("/a/b/%2e%2e/Cargo.toml", "404 Not Found");
        check("/a/b//etc/passwd", "404 Not Found");
        check("", "404 Not Found");
    }
}
